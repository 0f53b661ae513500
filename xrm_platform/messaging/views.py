"""Messages as they are shown: values without secrets, the same for the library, the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RecipientView:
    """`address` is a mail address or an E.164 number; `kind` is `to`, `cc` or `bcc`; `reference` is the vendor's id."""

    id: str
    kind: str
    address: str
    name: str
    state: str
    reference: str | None
    error_code: str | None
    error_params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageView:
    """`sender` is a collaborator's code, `due_at` when it may next be tried."""

    id: str
    channel: str
    state: str
    sender: str
    account: str
    category: str
    subject: str
    text: str
    priority: int
    created_at: datetime
    due_at: datetime
    attempts: int
    error_code: str | None
    error_params: Mapping[str, Any]
    recipients: tuple[RecipientView, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """`recipient` is the id of the recipient it is about, None when it is about the whole message."""

    at: datetime
    state: str
    actor: str
    recipient: str | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AttachmentView:
    filename: str
    content_type: str
    size: int
    inline: bool


@dataclass(frozen=True, slots=True)
class MessageDetail(MessageView):
    """A message with all that happened to it, oldest first."""

    html: str | None
    created_by: str
    attachments: tuple[AttachmentView, ...]
    events: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class SmsPreview:
    """What an SMS will be: `parts` and `units` a recipient, `left` units still free in the last part, `price` of all
    parts to all recipients in the account's currency, None while nobody has set one."""

    encoding: str
    parts: int
    units: int
    left: int
    characters_forcing_unicode: tuple[str, ...]
    recipients: int
    price: str | None
