"""Whether a request can become a message: every fault of it at once, each with its field. Pure."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Address

from .mail.addresses import mail_address
from .requests import AttachmentGiven, MailRequest, SmsRequest
from .sms.numbers import mobile_number
from .sms.segments import Segments, segment

MAX_RECIPIENTS = 100
"""Of one message. More people are written to with one message each."""

MAX_SUBJECT = 500
MAX_BODY = 1_000_000
MAX_ATTACHED_BYTES = 25 * 1024 * 1024
MAX_ATTACHMENTS = 50
MAX_FILENAME = 200
MAX_SMS_PARTS = 8
MAX_PRIORITY = 100
MAX_AHEAD = timedelta(days=366)
LATE_BY = timedelta(minutes=1)
"""How far a time may lie in the past and still mean "now": clocks differ."""

_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_LINE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
_FILENAME = re.compile(r"[\x00-\x1f\x7f/\\\u2028\u2029]")
_CONTENT_TYPE = re.compile(r"[a-zA-Z0-9][\w.+-]*/[a-zA-Z0-9][\w.+-]*")

Faults = dict[str, Fault | str]


@dataclass(frozen=True, slots=True)
class CheckedRecipient:
    kind: str
    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CheckedMail:
    recipients: tuple[CheckedRecipient, ...]
    reply_to: str | None
    content_types: tuple[str, ...]


def check_mail(request: MailRequest, now: datetime) -> CheckedMail:
    """Raises `Invalid` with all that is wrong."""
    faults: Faults = {}
    recipients = tuple(_mail_recipients(request, faults))
    if not request.to and not request.cc and not request.bcc:
        faults["to"] = Fault("no_recipient")
    if len(recipients) > MAX_RECIPIENTS:
        faults["to"] = Fault("too_many_recipients", {"limit": MAX_RECIPIENTS})
    reply_to = _reply_to(request.reply_to, faults)
    _check_line("subject", request.subject, MAX_SUBJECT, faults)
    _check_body("text", request.text, faults)
    _check_body("html", request.html or "", faults)
    if not request.text.strip() and not (request.html or "").strip():
        faults["text"] = Fault("empty_body")
    content_types = _check_attachments(request.attachments, faults)
    _check_order(request, now, faults)
    if faults:
        raise Invalid(faults)
    return CheckedMail(recipients, reply_to, content_types)


def check_sms(request: SmsRequest, country: str, now: datetime) -> tuple[CheckedRecipient, ...]:
    """The numbers in E.164, each once. Raises `Invalid` with all that is wrong."""
    faults: Faults = {}
    numbers = _sms_numbers(request.to, country, faults)
    if not request.to:
        faults["to"] = Fault("no_recipient")
    if len(request.to) > MAX_RECIPIENTS:
        faults["to"] = Fault("too_many_recipients", {"limit": MAX_RECIPIENTS})
    _check_sms_text(request.text, faults)
    _check_order(request, now, faults)
    if faults:
        raise Invalid(faults)
    return tuple(CheckedRecipient("to", number) for number in numbers)


def check_sms_numbers(given: Sequence[str], country: str) -> tuple[str, ...]:
    """In E.164, each once. Raises `Invalid` that names those that no SMS reaches."""
    faults: Faults = {}
    numbers = _sms_numbers(given, country, faults)
    if faults:
        raise Invalid(faults)
    return tuple(numbers)


def check_sms_parts(segments: Segments) -> None:
    """Raises `Invalid` when what the platform or the vendor adds to a text makes it too long."""
    if len(segments.parts) > MAX_SMS_PARTS:
        raise Invalid.field("text", "sms_too_long", parts=len(segments.parts), limit=MAX_SMS_PARTS)


def check_sms_text(text: str) -> None:
    """Raises `Invalid` for a text that no SMS can carry."""
    faults: Faults = {}
    _check_sms_text(text, faults)
    if faults:
        raise Invalid(faults)


def _sms_numbers(given: Sequence[str], country: str, faults: Faults) -> dict[str, None]:
    numbers: dict[str, None] = {}
    for index, written in enumerate(given):
        number = mobile_number(written, country)
        if isinstance(number, Fault):
            faults[f"to.{index}"] = number
        else:
            numbers[number] = None
    return numbers


def _mail_recipients(request: MailRequest, faults: Faults) -> Iterator[CheckedRecipient]:
    """Every address once, in the first of to, cc and bcc that names it."""
    seen: set[str] = set()
    for kind, given in (("to", request.to), ("cc", request.cc), ("bcc", request.bcc)):
        for index, written in enumerate(given):
            address = _address(written)
            if isinstance(address, Fault):
                faults[f"{kind}.{index}"] = address
            elif address.email.lower() not in seen:
                seen.add(address.email.lower())
                yield CheckedRecipient(kind, address.email, address.name)


def _reply_to(written: str | None, faults: Faults) -> str | None:
    if written is None:
        return None
    address = _address(written)
    if isinstance(address, Fault):
        faults["reply_to"] = address
        return None
    return f"{address.name} <{address.email}>" if address.name else address.email


def _address(written: str) -> Address | Fault:
    return mail_address(written) if is_text(written) else Fault("not_text")


def _check_sms_text(text: str, faults: Faults) -> None:
    if not text.strip():
        faults["text"] = Fault("empty_body")
    elif not is_text(text):
        faults["text"] = Fault("not_text")
    elif (parts := len(segment(text[:MAX_BODY]).parts)) > MAX_SMS_PARTS:
        faults["text"] = Fault("sms_too_long", {"parts": parts, "limit": MAX_SMS_PARTS})


def _check_line(field: str, value: str, limit: int, faults: Faults) -> None:
    if not is_text(value):
        faults[field] = Fault("not_text")
    elif _LINE.search(value):
        faults[field] = Fault("line_break")
    elif len(value) > limit:
        faults[field] = Fault("text_too_long", {"limit": limit, "length": len(value)})


def _check_body(field: str, value: str, faults: Faults) -> None:
    if not is_text(value):
        faults[field] = Fault("not_text")
    elif len(value) > MAX_BODY:
        faults[field] = Fault("text_too_long", {"limit": MAX_BODY, "length": len(value)})


def _check_attachments(attachments: Sequence[AttachmentGiven], faults: Faults) -> tuple[str, ...]:
    if len(attachments) > MAX_ATTACHMENTS:
        faults["attachments"] = Fault("too_many_attachments", {"limit": MAX_ATTACHMENTS})
    size = sum(len(file.content) for file in attachments)
    if size > MAX_ATTACHED_BYTES:
        faults["attachments"] = Fault(
            "attachments_too_large", {"size_mb": _mb(size), "limit_mb": _mb(MAX_ATTACHED_BYTES)}
        )
    types = []
    for index, file in enumerate(attachments):
        name = file.filename
        if not name.strip(". ") or len(name) > MAX_FILENAME or not is_text(name) or _FILENAME.search(name):
            faults[f"attachments.{index}.filename"] = Fault("filename_impossible", {"limit": MAX_FILENAME})
        content_type = file.content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        if not _CONTENT_TYPE.fullmatch(content_type):
            faults[f"attachments.{index}.content_type"] = Fault("content_type_impossible")
        types.append(content_type)
    return tuple(types)


def _check_order(request: MailRequest | SmsRequest, now: datetime, faults: Faults) -> None:
    if abs(request.priority) > MAX_PRIORITY:
        faults["priority"] = Fault("priority_out_of_range", {"limit": MAX_PRIORITY})
    if request.at is not None and (fault := time_fault(request.at, now)) is not None:
        faults["at"] = fault


def time_fault(at: datetime, now: datetime) -> Fault | None:
    """What is wrong with a time at which something is to be sent."""
    if at.tzinfo is None:
        return Fault("time_without_zone")
    if at < now - LATE_BY:
        return Fault("time_past")
    return Fault("time_too_far", {"days": MAX_AHEAD.days}) if at > now + MAX_AHEAD else None


def is_text(value: str) -> bool:
    """Whether it can be stored and sent: no NUL and no half of a surrogate pair."""
    return _UNSENDABLE.search(value) is None


def _mb(size: int) -> int:
    return round(size / 1024 / 1024)
