"""What somebody asks to have sent."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from xrm_platform.providers import CalendarPart, Category

__all__ = ["AttachmentGiven", "Category", "MailRequest", "SmsRequest", "fingerprint"]


@dataclass(frozen=True, slots=True)
class AttachmentGiven:
    """A file to attach. Without `content_type` it is told from the file's name."""

    filename: str
    content: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class MailRequest:
    """A mail of the collaborator `sender` (code). Addresses are written `a@b.fr` or `Name <a@b.fr>`; `at` is aware; a
    higher `priority` goes first; `account` is chosen by the platform unless given. With `calendar` it is an
    invitation. `answers` is the id of a mail that came in: the answer is of its thread, everywhere."""

    sender: str
    to: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    html: str | None = None
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: str | None = None
    attachments: tuple[AttachmentGiven, ...] = ()
    category: Category = Category.TRANSACTIONAL
    priority: int = 0
    at: datetime | None = None
    account: str | None = None
    calendar: CalendarPart | None = None
    answers: str | None = None


@dataclass(frozen=True, slots=True)
class SmsRequest:
    """An SMS of the collaborator `sender` (code) to numbers as people write them."""

    sender: str
    to: tuple[str, ...] = ()
    text: str = ""
    category: Category = Category.TRANSACTIONAL
    priority: int = 0
    at: datetime | None = None
    account: str | None = None


def fingerprint(request: MailRequest | SmsRequest) -> str:
    """SHA-256 over all that was asked for: two requests with the same key must have the same."""
    values = {name: getattr(request, name) for name in request.__dataclass_fields__ if name != "attachments"}
    if isinstance(request, MailRequest):
        values["attachments"] = [
            (file.filename, file.content_type, hashlib.sha256(file.content).hexdigest()) for file in request.attachments
        ]
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()
