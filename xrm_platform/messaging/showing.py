"""From rows to what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from xrm_platform.accounts.tables import ProviderAccount

from .drafts.tables import GONE_AFTER, HandedOver
from .drafts.views import DraftView
from .states import HeldFor, State
from .tables import Attachment, Message, MessageEvent, MessageRecipient
from .views import AttachmentView, EventView, MessageDetail, MessageView, RecipientView


def account_waits(account: ProviderAccount) -> str | None:
    """Why nothing goes through an account, as messages that are queued for it say it."""
    if account.paused:
        return "account_paused"
    return "account_suspended" if account.suspended else None


def message_view(
    message: Message, recipients: Sequence[MessageRecipient], sender: str, waits: str | None = None
) -> MessageView:
    """`sender` is the code of the collaborator, `waits` what `account_waits` says of the account."""
    return MessageView(
        id=message.id,
        channel=message.channel,
        state=message.state,
        waiting_for=_waiting_for(message, recipients, waits),
        sender=sender,
        account=message.account_id,
        category=message.category,
        subject=message.subject,
        text=message.text,
        priority=message.priority,
        created_at=message.created_at,
        due_at=message.due_at,
        attempts=message.attempts,
        purged_at=message.purged_at,
        bulk=message.bulk_id,
        error_code=message.error_code,
        error_params=message.error_params,
        recipients=tuple(_recipient_view(row) for row in recipients),
    )


def message_detail(
    message: Message,
    recipients: Sequence[MessageRecipient],
    sender: str,
    account: ProviderAccount,
    attachments: Sequence[Attachment],
    events: Sequence[MessageEvent],
    draft: HandedOver | None = None,
) -> MessageDetail:
    view = message_view(message, recipients, sender, account_waits(account))
    return MessageDetail(
        **{field.name: getattr(view, field.name) for field in fields(view)},
        account_name=account.name,
        provider=account.slug,
        html=message.html,
        created_by=message.created_by,
        attachments=tuple(
            AttachmentView(row.filename, row.content_type, row.size, inline=row.cid is not None) for row in attachments
        ),
        events=tuple(EventView(row.at, row.state, row.actor, row.recipient_id, row.detail) for row in events),
        draft=None if draft is None else _draft_view(message, draft),
    )


def _draft_view(message: Message, row: HandedOver) -> DraftView:
    """After the purge nothing of its text is left here either."""
    purged = message.purged_at is not None
    return DraftView(
        rung=row.rung,
        at=row.at,
        next_step=row.next_step,
        params=row.params,
        losses=tuple(row.losses),
        refused_code=row.refused_code,
        refused_params=row.refused_params,
        uri=None if purged else row.uri,
        filename="" if purged else row.filename,
        size=row.size,
        open=message.state == State.HANDED_OVER,
        gone=message.state == State.HANDED_OVER and row.missed >= GONE_AFTER,
    )


def _waiting_for(message: Message, recipients: Sequence[MessageRecipient], waits: str | None) -> str | None:
    if message.state == State.HELD:
        return message.held_for or HeldFor.BASE
    if message.state != State.QUEUED:
        return None
    queued = [row.not_before for row in recipients if row.state == State.QUEUED]
    by_hours = bool(queued) and all(time is not None and time >= message.due_at for time in queued)
    return waits or ("hours" if by_hours else None)


def _recipient_view(row: MessageRecipient) -> RecipientView:
    return RecipientView(
        id=row.id,
        kind=row.kind,
        address=row.address,
        name=row.name,
        state=row.state,
        not_before=row.not_before,
        intended_for=tuple(row.intended_for),
        reference=row.reference,
        error_code=row.error_code,
        error_params=row.error_params,
    )
