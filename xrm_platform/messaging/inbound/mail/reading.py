"""From the octets of a mail to what the platform keeps of it. Pure, and called off the event loop."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message

from xrm_platform.providers import Address

from .automatic import Kind, kind_of
from .bodies import Bodies, ReceivedFile, bodies_of
from .bounces import DeliveryReport, report_of
from .headers import UNREADABLE, addresses_of, date_of, ids_of, text_of
from .html import html_as_text
from .loose_bounces import loose_report_of
from .parsing import parsed, parsed_head

MAX_BYTES = 50 * 1024 * 1024
"""Octets of a mail. Larger ones are named in the inbox and stay with the server."""

ORIGINAL = "message.eml"


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail that came in. `references` are the ids of the mails before it, oldest first, the one that it answers last.
    `whole` is False when it could not be taken apart: then the mail itself is its only file."""

    digest: str
    message_id: str | None = None
    references: tuple[str, ...] = ()
    sender: Address | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    subject: str = ""
    sent_at: datetime | None = None
    kind: Kind = Kind.MESSAGE
    text: str = ""
    html: str | None = None
    files: tuple[ReceivedFile, ...] = ()
    calendar: str | None = field(default=None, repr=False)
    calendar_method: str = ""
    report: DeliveryReport | None = None
    whole: bool = True


def read_mail(octets: bytes) -> ReadMail:
    """Never raises for what is in `octets`."""
    try:
        message = parsed(octets)
        return _read(octets, message, bodies_of(message))
    except UNREADABLE:
        pass  # what cannot be taken apart is kept as it is
    original = Bodies(files=[ReceivedFile(ORIGINAL, "message/rfc822", octets)])
    try:
        return _read(octets, parsed_head(octets), original, whole=False)
    except UNREADABLE:
        return ReadMail(_digest(octets), files=tuple(original.files), whole=False)


def _read(octets: bytes, message: Message, bodies: Bodies, *, whole: bool = True) -> ReadMail:
    html = "\n".join(bodies.htmls) if bodies.htmls else None
    text = "\n".join(bodies.texts)
    kind = kind_of(message)
    replied = ids_of(message, "In-Reply-To")
    references = dict.fromkeys((*(one for one in ids_of(message, "References") if one not in replied), *replied[:1]))
    return ReadMail(
        digest=_digest(octets),
        message_id=next(iter(ids_of(message, "Message-ID")), None),
        references=tuple(references),
        sender=next(iter(addresses_of(message, "From")), None) or next(iter(addresses_of(message, "Sender")), None),
        to=addresses_of(message, "To"),
        cc=addresses_of(message, "Cc"),
        reply_to=next(iter(addresses_of(message, "Reply-To")), None),
        subject=text_of(message, "Subject"),
        sent_at=date_of(message),
        kind=kind,
        text=text if text.strip() or html is None else html_as_text(html),
        html=html,
        files=tuple(bodies.files),
        calendar=bodies.calendar,
        calendar_method=bodies.method,
        report=(report_of(message) or loose_report_of(message, text)) if kind is Kind.REPORT and whole else None,
        whole=whole,
    )


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
