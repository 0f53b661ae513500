"""Reports of servers that do not write them as RFC 3464 says: qmail, older versions of Exim and Exchange, and others
that send a letter. Pure.

Less is believed of a letter than of a standard report: it has to say that something failed, and to name the address as
we wrote it. Libraries for this (flufl.bounce) find the addresses only, and neither the code nor which mail it was.
"""

from __future__ import annotations

import re
from email.message import Message

from .bounces import STATUS, DeliveryReport, RecipientReport
from .headers import addresses_of, ids_of

MAX_LETTER = 20_000
"""Characters of a letter before what it returns."""

MAX_RETURNED = 200_000

_RETURNED = re.compile(
    r"^(?:-+ ?(?:this is a copy|below this line|original message|message d['’]origine|the header)"
    r"|received: |return-path: )",
    re.IGNORECASE | re.MULTILINE,
)
_FAILED = re.compile(
    r"could ?n[o']t be delivered|could not deliver|undeliver(?:able|ed)|delivery.{0,40}failed|failed permanently"
    r"|permanent(?:ly)? (?:fatal )?(?:error|fail)|unable to deliver|returned to sender|i wasn't able to deliver"
    r"|n['’]a pas pu être (?:remis|distribué|délivré)|non (?:remis|distribué)|échec de (?:la )?remise",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"not yet been delivered|delivery.{0,40}delayed|will (?:be retried|keep trying|continue to (?:try|attempt))"
    r"|warning message only|remise.{0,40}(?:retardée|différée)",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^\s*<?([^\s<>:;,\"]{1,64}@[^\s<>:;,\"]{1,190})>?\s*:?\s*(.*)$")
_MESSAGE_ID = re.compile(r"^[> ]*Message-ID:\s*(<[^<>\s]{1,500}>)", re.IGNORECASE | re.MULTILINE)


def loose_report_of(message: Message, text: str) -> DeliveryReport | None:
    """The report in a server's letter, whose `text` is given; None when it says nothing that can be relied on."""
    found = _RETURNED.search(text)
    letter = text[: found.start() if found else MAX_LETTER][:MAX_LETTER]
    delayed = _DELAYED.search(letter) is not None
    if not delayed and _FAILED.search(letter) is None:
        return None
    reasons = _reasons(letter)
    exim = {address.email: "" for address in addresses_of(message, "X-Failed-Recipients")}
    recipients = tuple(
        _recipient(address, reasons.get(address, reason), delayed=delayed)
        for address, reason in (exim or reasons).items()
    )
    if not recipients:
        return None
    return DeliveryReport(None, _returned_id(message, text), recipients, loose=True)


def _reasons(letter: str) -> dict[str, str]:
    """The addresses that begin a line, each with what follows until the next blank line."""
    reasons: dict[str, str] = {}
    current = ""
    for line in letter.splitlines():
        named = _NAMED.match(line)
        if named:
            current = named[1]
            reasons.setdefault(current, named[2])
        elif not line.strip():
            # A blank line between the address and the reason is Exchange's way.
            current = current if current and not reasons[current] else ""
        elif current and len(reasons[current]) < 1000:
            reasons[current] = f"{reasons[current]} {line.strip()}".strip()
    return reasons


def _recipient(address: str, reason: str, *, delayed: bool) -> RecipientReport:
    status = STATUS.search(reason)
    return RecipientReport((address,), "delayed" if delayed else "failed", status[0] if status else "", reason[:500])


def _returned_id(message: Message, text: str) -> str | None:
    """The id of the mail that comes back with the letter, in it or beside it."""
    payload = message.get_payload()
    for part in payload if isinstance(payload, list) else ():
        inner = part.get_payload() if isinstance(part, Message) and part.get_content_maintype() == "message" else None
        if isinstance(inner, list) and inner and isinstance(inner[0], Message):
            return next(iter(ids_of(inner[0], "Message-ID")), None)
    found = _MESSAGE_ID.search(text[:MAX_RETURNED])
    return found[1] if found else None
