"""Drafts in the person's mailbox by IMAP. Everything here blocks, and runs in a thread."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from xrm_platform.providers import OutcomeUnknown, Whereabouts, draft_id
from xrm_smtp.access import Access, mapped
from xrm_smtp.folders import DRAFTS, SENT, folder_for, quoted, shown_name
from xrm_smtp.imap_session import Session, answers, close, opened, told

from .eml import REFERENCE

NOT_ASKED = "not asked"

FLAGS = r"(\Draft \Seen)"
"""RFC 9051 §2.3.2: a draft, and nothing new to read."""


def put_draft(access: Access, octets: bytes, message_id: str, reference: str) -> str:
    """Put a draft into the folder for drafts, unless the mail lies there or among the sent mail already; the folder is
    made where there is none. The folder's name as people read it.

    Raises `OutcomeUnknown` when the draft was on its way and the answer got lost, `Unsupported` when the server does
    not take it, and else what a session raises.
    """
    with _session(access) as session:
        name, known = folder_for(DRAFTS, session)
        if (known and _lies_in(session, name, message_id, reference)) or _was_sent(session, message_id, reference):
            return shown_name(name)
        _append(session, name, octets)
        session.logout()
    return shown_name(name)


def whereabouts(access: Access, message_ids: Mapping[str, str]) -> dict[str, Whereabouts]:
    """Where these mails lie, by their reference; what lies in neither folder is left out."""
    found: dict[str, Whereabouts] = {}
    with _session(access) as session:
        for purpose, where in ((DRAFTS, Whereabouts.DRAFTS), (SENT, Whereabouts.SENT)):
            name, known = folder_for(purpose, session)
            if not known or session.select(quoted(name), readonly=True)[0] != "OK":
                continue
            for reference, message_id in message_ids.items():
                if _found(session, message_id, reference):
                    found[reference] = where
        session.logout()
    return found


def drafts_folder(access: Access) -> str:
    """Look for the folder of drafts; its name, also where it would have to be made."""
    with _session(access) as session:
        name, _ = folder_for(DRAFTS, session)
        session.logout()
    return shown_name(name)


@contextmanager
def _session(access: Access) -> Iterator[Session]:
    with mapped(access):
        session = opened(access)
        try:
            with answers():
                yield session
        finally:
            close(session)


def _append(session: Session, name: str, octets: bytes) -> None:
    state, data = _appended(session, name, octets)
    if state != "OK" and any(isinstance(piece, bytes) and b"TRYCREATE" in piece for piece in data):
        told(session.create(quoted(name)))
        state, data = _appended(session, name, octets)
    told((state, data))


def _appended(session: Session, name: str, octets: bytes) -> tuple[str, list[bytes]]:
    """Only after the server asked for the octets (RFC 9051 §6.3.12) can it have them."""
    session.continuation_response = NOT_ASKED
    try:
        return session.append(quoted(name), FLAGS, "", octets)
    except (imaplib.IMAP4.abort, OSError) as error:
        if session.continuation_response == NOT_ASKED:
            raise
        raise OutcomeUnknown("draft_answer_lost", detail=str(error)) from error


def _was_sent(session: Session, message_id: str, reference: str) -> bool:
    name, known = folder_for(SENT, session)
    return known and _lies_in(session, name, message_id, reference)


def _lies_in(session: Session, name: str, message_id: str, reference: str) -> bool:
    return session.select(quoted(name), readonly=True)[0] == "OK" and _found(session, message_id, reference)


def _found(session: Session, message_id: str, reference: str) -> bool:
    """Whether a mail with that Message-ID or reference, or made from that draft, lies in the open folder."""
    named = f"OR HEADER {REFERENCE} {quoted(reference)} HEADER References {quoted(draft_id(message_id))}"
    wanted = f"OR HEADER Message-ID {quoted(message_id)} {named}"
    answer = told(session.uid("SEARCH", wanted))
    return any(isinstance(piece, bytes) and piece.strip() for piece in answer)
