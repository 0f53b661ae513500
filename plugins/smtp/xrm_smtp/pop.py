"""A mailbox by POP3. Everything stays on the server; what it calls a mail (UIDL) is its key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parsedate_to_datetime

from xrm_platform.providers import InboundMail, MailEntry, MailListing, TransientError, Unsupported

from .access import FIRST, Access, mapped
from .pop_session import PopSession, RefusedError, refused

HEADERS = 256 * 1024
"""Octets of a mail's headers, where the server has no keys of its own."""

CHANGING = (b"status:", b"x-status:", b"x-uidl:", b"x-keywords:", b"content-length:", b"lines:", b"x-mozilla-")
"""Headers that servers write anew while a mail lies with them."""


class PopMailbox:
    """Every call is a session: a POP server locks the mailbox for as long as one lasts."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def listing(self, cursor: str | None) -> MailListing:
        """All that lies there and was young when the mailbox was first looked at; POP knows no place to go on from.
        `cursor` is the key of the last mail that was old."""
        with self._session() as session:
            sizes = _numbered(session.lines("LIST"))
            numbers = self._numbers(session)
            keys = list(numbers)
            # It is not there the first time, and when that mail is gone.
            known = cursor is not None and cursor in numbers
            old = keys.index(str(cursor)) + 1 if known else _count_of_old(session, list(numbers.values()))
        entries = tuple(MailEntry(key, _size(sizes.get(numbers[key], ""))) for key in keys[old:])
        return MailListing(entries, keys[old - 1] if old else None)

    def fetch(self, keys: Sequence[str], max_bytes: int) -> list[InboundMail]:
        """As the contract says."""
        mails: list[InboundMail] = []
        with self._session() as session:
            numbers = self._numbers(session)
            for key in keys:
                if key not in numbers:
                    continue
                content = session.octets(f"RETR {numbers[key]}", max_bytes)
                mails.append(InboundMail(key, content))
                if content is None:
                    break
        return mails

    def check(self) -> None:
        """Sign in and look."""
        with self._session() as session:
            session.command("STAT")

    def _numbers(self, session: PopSession) -> dict[str, str]:
        """Keys with the numbers that they have in this session."""
        try:
            told = _numbered(session.lines("UIDL"))
        except RefusedError:
            return {_key(session, number): number for number in _numbered(session.lines("LIST"))}
        return {key: number for number, key in told.items()}

    @contextmanager
    def _session(self) -> Iterator[PopSession]:
        with mapped(self._access):
            try:
                with PopSession(self._access) as session:
                    yield session
            except RefusedError as error:
                raise refused(error) from error


def _count_of_old(session: PopSession, numbers: Sequence[str]) -> int:
    """How many of the mails, which lie in the order in which they came, are older than `FIRST`. Looked for from the
    newest on, in steps, so that few headers are read of a mailbox of twenty years."""
    since = datetime.now(UTC) - FIRST
    young, old = len(numbers), 0  # what is known of the place where young mails begin
    step = 1
    try:
        while young > old:
            looked = max(old, young - step)
            came = _came(session, numbers[looked])
            if came is None or came >= since:
                young, step = looked, step * 2
            else:
                old, step = looked + 1, 1 if young - looked <= 2 else (young - looked) // 2
    except RefusedError:  # it has no TOP: who knows
        return 0
    return young


def _came(session: PopSession, number: str) -> datetime | None:
    """When a mail came, by what the last server wrote above it, else when it says that it was written."""
    headers = session.octets(f"TOP {number} 0", HEADERS)
    if headers is None:
        raise TransientError("mailbox_connection_lost")
    message = BytesHeaderParser(policy=compat32).parsebytes(headers)
    written = str(message.get("Received", "")).rpartition(";")[2] or str(message.get("Date", ""))
    try:
        came = parsedate_to_datetime(written.strip())
        return came.replace(tzinfo=UTC) if came.tzinfo is None else came
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _key(session: PopSession, number: str) -> str:
    """A key made from the headers of a mail: its Message-ID and how it came."""
    try:
        headers = session.octets(f"TOP {number} 0", HEADERS)
    except RefusedError as error:
        raise Unsupported("mailbox_without_keys", detail=str(error)) from error
    if headers is None:
        raise TransientError("mailbox_connection_lost")
    stable = [line for line in headers.splitlines() if not line.lower().startswith(CHANGING)]
    return "top-" + hashlib.sha256(b"\n".join(stable)).hexdigest()[:40]


def _numbered(lines: Sequence[str]) -> dict[str, str]:
    """`number word` on each line, after which a server may say more (RFC 1939 §5, §7)."""
    parts = (line.split() for line in lines)
    return {part[0]: part[1] for part in parts if len(part) > 1 and part[0].isdecimal()}


def _size(word: str) -> int:
    """Octets; what is no number says nothing, and shows when the mail is loaded."""
    return int(word) if word.isdecimal() and len(word) < 20 else 0
