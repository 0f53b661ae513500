"""Which mails no person wrote: reports of servers, answers of machines, lists (RFC 3834 and what programs do). Pure."""

from __future__ import annotations

import re
from email.message import Message
from enum import StrEnum

from .headers import addresses_of, has, text_of, word_of


class Kind(StrEnum):
    """`automatic` is the answer of a machine, `bulk` a newsletter, a list or a notification, `report` a server's word
    on delivery. Only `message` counts as an answer of somebody."""

    MESSAGE = "message"
    AUTOMATIC = "automatic"
    BULK = "bulk"
    REPORT = "report"


_SERVERS = re.compile(r"(?:mailer-daemon|postmaster|mail-daemon)@", re.IGNORECASE)
_SUBJECT = re.compile(
    r"(?:(?:automatic reply|auto-?reply|out of (?:the )?office|r[ée]ponse automatique|absence du bureau"
    r"|message d['’]absence|absent[e]? du bureau|automatische antwort|abwesenheit\w*|respuesta autom[áa]tica"
    r"|risposta automatica)\b)",
    re.IGNORECASE,
)
_REPORT = "multipart/report"


def kind_of(message: Message) -> Kind:
    """What kind of mail this is, by its headers."""
    if message.get_content_type() == _REPORT:
        return Kind.REPORT if _report_type(message) == "delivery-status" else Kind.AUTOMATIC
    submitted = word_of(message, "Auto-Submitted")
    precedence = word_of(message, "Precedence")
    from_nobody = has(message, "Return-Path") and text_of(message, "Return-Path").strip("<> ") == ""
    if any(_SERVERS.match(address.email) for address in addresses_of(message, "From")):
        return Kind.REPORT
    if (
        submitted.startswith("auto-replied")
        or precedence == "auto_reply"
        or from_nobody
        or has(message, "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")
        or _SUBJECT.match(text_of(message, "Subject"))
    ):
        return Kind.AUTOMATIC
    if (submitted and not submitted.startswith("no")) or precedence in {"bulk", "list", "junk"}:
        return Kind.BULK
    return Kind.BULK if has(message, "List-Id", "List-Unsubscribe") else Kind.MESSAGE


def _report_type(message: Message) -> str:
    found = re.search(r"report-type\s*=\s*\"?([\w-]+)", text_of(message, "Content-Type"), re.IGNORECASE)
    return found[1].lower() if found else ""
