"""A mailbox by IMAP: what comes in is read from INBOX, what was sent goes into the folder for it."""

from __future__ import annotations

import imaplib
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from xrm_platform.providers import BadResponse, InboundMail, MailEntry, MailListing, NotFound, TransientError

from .access import FIRST, Access
from .folders import SENT, Purpose, folder_for, quoted
from .imap_session import imap_session, told

AT_ONCE = 500
"""Mails whose sizes are asked for in one command."""

_CURSOR = re.compile(r"(\d{1,10})\.(\d{1,10})")
_SIZE = re.compile(rb"\bUID (\d+)\b.*\bRFC822\.SIZE (\d+)|\bRFC822\.SIZE (\d+)\b.*\bUID (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ImapMailbox:
    """A key is `UIDVALIDITY.UID`, a cursor that of the newest mail seen (RFC 3501 §2.3.1.1). When the server gives out
    other UIDs, everything young is listed again."""

    def __init__(self, access: Access) -> None:
        self.access = access

    def listing(self, cursor: str | None) -> MailListing:
        """What came into INBOX after `cursor`."""
        with imap_session(self.access) as session:
            validity, _ = open_inbox(session)
            last = _last(cursor, validity)
            # Asked for first: what comes between the two is listed now, or the next time.
            floor = _newest(session) if last is None else last
            uids = newer(session, cursor, validity)
            entries = tuple(
                MailEntry(f"{validity}.{uid}", size)
                for start in range(0, len(uids), AT_ONCE)
                for uid, size in _sizes(session, uids[start : start + AT_ONCE])
            )
            newest = max(uids, default=floor)
        return MailListing(entries, f"{validity}.{newest}")

    def fetch(self, keys: Sequence[str], max_bytes: int) -> list[InboundMail]:
        """As the contract says."""
        mails: list[InboundMail] = []
        with imap_session(self.access) as session:
            validity, _ = open_inbox(session)
            for key in keys:
                uid = _last(key, validity)
                if uid is None:
                    continue
                answer = told(session.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{max_bytes + 1}>)"))
                content = _literal(answer)
                if content is not None:
                    mails.append(InboundMail(key, content if len(content) <= max_bytes else None))
        return mails

    def check(self) -> None:
        """Sign in and look into INBOX."""
        with imap_session(self.access) as session:
            open_inbox(session)

    def check_sent(self) -> None:
        """Look for the folder of sent mail."""
        with imap_session(self.access) as session:
            folder_for(SENT, session)

    def file_sent(self, octets: bytes, message_id: str) -> None:
        """Put a mail into the folder of sent mail, unless it lies there already."""
        self.put(SENT, octets, message_id, r"(\Seen)")

    def put(self, purpose: Purpose, octets: bytes, message_id: str, flags: str) -> str:
        """Put a mail into the folder for `purpose`, unless it lies there already; the folder is made where there is
        none. The name of the folder on the wire."""
        with imap_session(self.access) as session:
            name, known = folder_for(purpose, session)
            if known and lies_in(session, name, message_id):
                return name
            state, data = session.append(quoted(name), flags, "", octets)
            if state != "OK" and any(isinstance(piece, bytes) and b"TRYCREATE" in piece for piece in data):
                told(session.create(quoted(name)))
                state, data = session.append(quoted(name), flags, "", octets)
            told((state, data))
        return name


def open_inbox(session: imaplib.IMAP4) -> tuple[str, int]:
    """The UIDVALIDITY of INBOX and how many mails are in it, opened so that nothing in it changes."""
    state, data = session.select("INBOX", readonly=True)
    if state != "OK":
        raise NotFound("folder_gone", folder="INBOX", detail=b" ".join(piece or b"" for piece in data).decode())
    _, found = session.response("UIDVALIDITY")
    if not found or not isinstance(found[0], bytes) or not found[0].isdigit():
        raise BadResponse("mailbox_without_keys")
    count = data[0] if data and isinstance(data[0], bytes) else b""
    return found[0].decode(), int(count) if count.isdigit() else 0


def newer(session: imaplib.IMAP4, cursor: str | None, validity: str) -> list[int]:
    """The UIDs after `cursor` in INBOX, which is open, in ascending order; those of young mails where it is of another
    numbering."""
    last = _last(cursor, validity)
    if last is None:
        day = datetime.now(UTC) - FIRST
        wanted = f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}"
    else:
        wanted = f"UID {last + 1}:*"  # which names the last one even if that is older
    return [uid for uid in _numbers(told(session.uid("SEARCH", wanted))) if uid > (last or 0)]


def lies_in(session: imaplib.IMAP4, folder: str, message_id: str) -> bool:
    """Whether a mail with that Message-ID lies in `folder`, a name on the wire."""
    state, _ = session.select(quoted(folder), readonly=True)
    if state != "OK":
        return False
    return bool(_numbers(told(session.uid("SEARCH", f'HEADER Message-ID "{message_id}"'))))


def _last(cursor: str | None, validity: str) -> int | None:
    """The UID in a cursor or key; None when it is of another numbering."""
    parts = _CURSOR.fullmatch(cursor or "")
    return int(parts[2]) if parts and parts[1] == validity else None


def _newest(session: imaplib.IMAP4) -> int:
    return max(_numbers(told(session.uid("SEARCH", "UID *"))), default=0)


def _numbers(data: Sequence[object]) -> list[int]:
    """What SEARCH found, in ascending order."""
    words = b" ".join(piece for piece in data if isinstance(piece, bytes)).split()
    return sorted(int(word) for word in words if word.isdigit())


def _sizes(session: imaplib.IMAP4, uids: Sequence[int]) -> list[tuple[int, int]]:
    """UID and octets, in the order of `uids`; some may be gone."""
    answer = told(session.uid("FETCH", ",".join(map(str, uids)), "(RFC822.SIZE)"))
    found: dict[int, int] = {}
    for line in answer:
        match = _SIZE.search(line) if isinstance(line, bytes) else None
        if match:
            uid, size = (match[1], match[2]) if match[1] else (match[4], match[3])
            found[int(uid)] = int(size)
    if uids and not found and any(isinstance(line, bytes) for line in answer):
        raise TransientError("mailbox_connection_lost", detail="sizes cannot be read")
    return [(uid, found[uid]) for uid in uids if uid in found]


def _literal(answer: Sequence[object]) -> bytes | None:
    """The octets in an answer to FETCH, None when there are none: the mail is gone."""
    for piece in answer:
        if isinstance(piece, tuple) and b"BODY[" in piece[0].upper():
            return bytes(piece[1])
    return None
