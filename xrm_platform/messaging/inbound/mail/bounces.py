"""What a server tells of a mail that we sent: delivery status notifications (RFC 3464). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from xrm_platform.providers import message_of_draft

from .headers import UNREADABLE, ids_of, octets_as_text, text_of, word_of
from .parsing import HEAD

MAX_RECIPIENTS = 1000
STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b(?!\.)")
"""An enhanced code, and not a part of an address of the Internet."""

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
"""What holds the fields of a report (RFC 3464), with addresses that are not ASCII the second (RFC 6533)."""

RETURNED_TYPES = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"}
)
"""What holds the mail that comes back, or its headers."""

_HEX = re.compile(r"\+([0-9A-F]{2})")

ADDRESS_ITSELF = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
"""No such mailbox, no such domain, no address at all, moved without a trace, no mail there (RFC 3463, RFC 7505). Other
failures say nothing about the address: a full mailbox is emptied, a policy is about the sender."""


@dataclass(frozen=True, slots=True)
class RecipientReport:
    """`addresses` are those that the server names: the one it tried and the one it was given. `action` is `failed`,
    `delayed`, `delivered`, `relayed` or `expanded`, `status` an enhanced code (RFC 3463), `detail` the other server's
    words."""

    addresses: tuple[str, ...]
    action: str
    status: str
    detail: str


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """`envelope_id` is what we gave to the server with the mail, `message_id` that of the mail itself. A `loose` one
    was read from a letter: it is about those only whom it names as we wrote them."""

    envelope_id: str | None
    message_id: str | None
    recipients: tuple[RecipientReport, ...]
    loose: bool = False


def report_of(message: Message) -> DeliveryReport | None:
    """The report in a mail, None when there is none that can be read."""
    blocks: Sequence[Message] = ()
    message_id = None
    for part in _parts(message):
        kind = part.get_content_type()
        if kind in STATUS_TYPES and not blocks:
            blocks = _blocks(part)
        elif kind in RETURNED_TYPES and message_id is None:
            message_id = _id_of_returned(part)
    if not blocks:
        return None
    envelope_id = _HEX.sub(lambda found: chr(int(found[1], 16)), text_of(blocks[0], "Original-Envelope-Id"))
    recipients = tuple(_recipient(block) for block in blocks[: MAX_RECIPIENTS + 1] if word_of(block, "Action"))
    return DeliveryReport(envelope_id or None, message_id, recipients)


def _parts(message: Message) -> Iterator[Message]:
    payload = message.get_payload()
    for part in payload if isinstance(payload, list) else ():
        if isinstance(part, Message):
            yield part


def _blocks(part: Message) -> Sequence[Message]:
    """The groups of fields: one about the message, then one about each recipient."""
    found = list(_parts(part))
    try:
        # Of a type that it does not know, the standard library takes the first group for the headers of a mail.
        if part.get_content_type() == "message/delivery-status" and found:
            return found
        octets = (found[0] if found else part).get_payload(decode=True)
        text = octets_as_text(octets[:HEAD] if isinstance(octets, bytes) else b"", "")
        return found + [HeaderParser().parsestr(block) for block in re.split(r"\r?\n\r?\n", text) if block.strip()]
    except UNREADABLE:
        return ()


def _id_of_returned(part: Message) -> str | None:
    inner = next(_parts(part), None)
    try:
        returned = inner if inner is not None else HeaderParser().parsestr(str(part.get_payload())[:HEAD].lstrip())
    except UNREADABLE:
        return None
    before = ids_of(returned, "References")
    draft = message_of_draft(before[-1]) if before else None  # with more after it, it is an answer to our mail
    return draft or next(iter(ids_of(returned, "Message-ID")), None)


def _recipient(block: Message) -> RecipientReport:
    named = (text_of(block, name).rpartition(";")[2].strip(" <>") for name in ("Final-Recipient", "Original-Recipient"))
    status = STATUS.search(text_of(block, "Status"))
    diagnostic = text_of(block, "Diagnostic-Code").rpartition("smtp;")[2].strip()
    return RecipientReport(
        tuple(dict.fromkeys(address for address in named if "@" in address)),
        word_of(block, "Action").split(" ")[0],
        status[0] if status else "",
        diagnostic[:500],
    )
