"""A mail of the platform as one message in the form of RFC 5322. Pure, and called off the event loop.

multipart/mixed                       with files, or a calendar part
└── multipart/alternative             with HTML, or a calendar part
    ├── text/plain
    ├── multipart/related             with images that the HTML shows
    │   ├── text/html
    │   └── image/png …
    └── text/calendar; method=…       an invitation, last, which is where mail programs look for it
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime

import idna

from xrm_platform.providers import Address, Attachment, InvalidRecipient, OutgoingMail, PermanentError

from .headers import addresses, identifiers, is_field_name, unstructured
from .parts import AttachmentEncoder, Chunks, calendar_part, multipart, text_part

IDENTIFIER_HEADERS = frozenset(
    {
        "in-reply-to",
        "references",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
        "auto-submitted",
        "precedence",
    }
)
"""Headers of a mail that hold identifiers or fixed words, never text for people."""

OWN_HEADERS = frozenset(
    {"from", "sender", "to", "cc", "bcc", "reply-to", "subject", "date", "message-id", "mime-version", "return-path"}
)
"""Headers that are fields of a mail; with `Content-…` they cannot be given among its other headers."""

_LOCAL = r"[^\s\x00-\x1f\x7f<>()\[\]\\,;:@\"]+"
_MAILBOX = re.compile(rf"({_LOCAL})@({_LOCAL})")


@dataclass(frozen=True, slots=True)
class ComposedMail:
    """A message ready to go: `chunks` joined are its octets. `recipients` holds, by the address that the platform
    wrote, the one that is said to the server; `unspeakable` those that cannot be said to any. `needs_utf8`: only a
    server with SMTPUTF8 (RFC 6531) can take it."""

    id: str
    sender: str
    recipients: dict[str, str]
    unspeakable: dict[str, InvalidRecipient]
    chunks: Chunks
    size: int
    needs_utf8: bool


def compose(mail: OutgoingMail, encoder: AttachmentEncoder) -> ComposedMail:
    """`mail` as octets. Raises `PermanentError` that names the field which cannot be written."""
    sender = _spoken("from", mail.sender)
    to, cc = [_spoken("to", address) for address in mail.to], [_spoken("cc", address) for address in mail.cc]
    reply_to = [] if mail.reply_to is None else [_spoken("reply_to", mail.reply_to)]
    recipients, unspeakable = _envelope(mail.envelope)
    named = [sender, *to, *cc, *reply_to]
    head = b"".join(
        [
            addresses("From", [sender]),
            addresses("To", to) or b"To: undisclosed-recipients:;\r\n",
            addresses("Cc", cc),
            addresses("Reply-To", reply_to),
            unstructured("Subject", mail.subject),
            identifiers("Date", format_datetime(mail.date)),
            identifiers("Message-ID", mail.message_id),
            *(_other_header(name, value) for name, value in mail.headers.items()),
            b"MIME-Version: 1.0\r\n",
        ]
    )
    chunks = (head, *_body(mail, encoder))
    if not chunks[-1].endswith(b"\r\n"):
        chunks = (*chunks, b"\r\n")
    return ComposedMail(
        id=mail.id,
        sender=sender.email,
        recipients=recipients,
        unspeakable=unspeakable,
        chunks=chunks,
        size=sum(map(len, chunks)),
        needs_utf8=not all(text.isascii() for text in [*(address.email for address in named), *recipients.values()]),
    )


def ascii_domain(email: str) -> str:
    """`email` with its domain in the form that the DNS knows (UTS 46). Raises `ValueError` if it is no address."""
    parts = _MAILBOX.fullmatch(email)
    if parts is None:
        raise ValueError("not an address")
    local, domain = parts.groups()
    return email if domain.isascii() else f"{local}@{idna.encode(domain, uts46=True).decode()}"


def _spoken(field: str, address: Address) -> Address:
    try:
        return Address(ascii_domain(address.email), address.name)
    except ValueError as error:
        raise PermanentError("bad_address", field=field) from error


def _envelope(envelope: Sequence[str]) -> tuple[dict[str, str], dict[str, InvalidRecipient]]:
    recipients, unspeakable = {}, {}
    for address in envelope:
        try:
            recipients[address] = ascii_domain(address)
        except ValueError:
            unspeakable[address] = InvalidRecipient()
    return recipients, unspeakable


def _other_header(name: str, value: str) -> bytes:
    if not is_field_name(name) or name.lower() in OWN_HEADERS or name.lower().startswith("content-"):
        raise PermanentError("bad_header", field=name)
    if name.lower() in IDENTIFIER_HEADERS:
        return identifiers(name, value)
    return unstructured(name, value)


def _body(mail: OutgoingMail, encoder: AttachmentEncoder) -> Chunks:
    shown = [attachment for attachment in mail.attachments if _is_shown(attachment, mail.html)]
    files = [attachment for attachment in mail.attachments if attachment not in shown]
    if mail.calendar is not None:
        files.append(Attachment("invite.ics", "application/ics", mail.calendar.text.encode()))
    body = text_part("plain", mail.text)
    alternatives = [body]
    if mail.html is not None:
        html = text_part("html", mail.html)
        if shown:
            images = [encoder.part(image, inline=True) for image in shown]
            html = multipart("related", [html, *images], options='; type="text/html"')
        alternatives.append(html)
    if mail.calendar is not None:
        alternatives.append(calendar_part(mail.calendar))
    if len(alternatives) > 1:
        body = multipart("alternative", alternatives)
    if files:
        body = multipart("mixed", [body, *(encoder.part(file, inline=False) for file in files)])
    return body


def _is_shown(attachment: Attachment, html: str | None) -> bool:
    """Whether the HTML shows it: a picture with a name that nothing refers to would be seen nowhere (RFC 2392)."""
    return attachment.cid is not None and html is not None and f"cid:{attachment.cid}" in html
