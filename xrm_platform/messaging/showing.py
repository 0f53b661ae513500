"""From rows to what is shown."""

from __future__ import annotations

from collections.abc import Sequence

from .tables import Message, MessageRecipient
from .views import MessageView, RecipientView


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
