"""Messages as they are shown: values without secrets, the same for the library, the API and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .drafts.views import DraftView


@dataclass(frozen=True, slots=True)
class RecipientView:
    """`address` is a mail address or an E.164 number; `kind` is `to`, `cc` or `bcc`; `reference` is the vendor's id.

    `not_before` is when law and manners let it go there. In test mode `intended_for` are the addresses it would have
    gone to instead of `address`; else it is empty.
    """

    id: str
    kind: str
    address: str
    name: str
    state: str
    not_before: datetime | None
    intended_for: tuple[str, ...]
    reference: str | None
    error_code: str | None
    error_params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageView:
    """`sender` is a collaborator's code, `due_at` when it may next be tried.

    `waiting_for` says why it does not go yet: held for `sms_paused`, `sender_paused`, `bulk_paused` or `test_mode`,
    queued for `account_paused`, `account_suspended` or, by the clocks of its recipients, `hours`. `bulk` is the bulk
    job that it is of. After `purged_at` its texts are gone.
    """

    id: str
    channel: str
    state: str
    waiting_for: str | None
    sender: str
    account: str
    category: str
    subject: str
    text: str
    priority: int
    created_at: datetime
    due_at: datetime
    attempts: int
    purged_at: datetime | None
    bulk: str | None
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
    """A message with all that happened to it, oldest first. `account_name` and `provider` are told to whoever may see
    it, also when they may not see the account, or it was removed."""

    account_name: str
    provider: str
    html: str | None
    created_by: str
    attachments: tuple[AttachmentView, ...]
    events: tuple[EventView, ...]
    draft: DraftView | None
    """What it became in the person's own mail software."""
