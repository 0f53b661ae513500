"""From rows to what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from .tables import Attachment, Message, MessageEvent, MessageRecipient
from .views import AttachmentView, EventView, MessageDetail, MessageView, RecipientView


def message_view(message: Message, recipients: Sequence[MessageRecipient], sender: str) -> MessageView:
    """`sender` is the code of the collaborator."""
    return MessageView(
        id=message.id,
        channel=message.channel,
        state=message.state,
        sender=sender,
        account=message.account_id,
        category=message.category,
        subject=message.subject,
        text=message.text,
        priority=message.priority,
        created_at=message.created_at,
        due_at=message.due_at,
        attempts=message.attempts,
        error_code=message.error_code,
        error_params=message.error_params,
        recipients=tuple(_recipient_view(row) for row in recipients),
    )


def message_detail(
    message: Message,
    recipients: Sequence[MessageRecipient],
    sender: str,
    attachments: Sequence[Attachment],
    events: Sequence[MessageEvent],
) -> MessageDetail:
    view = message_view(message, recipients, sender)
    return MessageDetail(
        **{field.name: getattr(view, field.name) for field in fields(view)},
        html=message.html,
        created_by=message.created_by,
        attachments=tuple(
            AttachmentView(row.filename, row.content_type, row.size, inline=row.cid is not None) for row in attachments
        ),
        events=tuple(EventView(row.at, row.state, row.actor, row.recipient_id, row.detail) for row in events),
    )


def _recipient_view(row: MessageRecipient) -> RecipientView:
    return RecipientView(
        id=row.id,
        kind=row.kind,
        address=row.address,
        name=row.name,
        state=row.state,
        reference=row.reference,
        error_code=row.error_code,
        error_params=row.error_params,
    )
