"""The SQL by which a worker takes the messages that are next, in their turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlalchemy.orm.util import AliasedClass

from xrm_platform.accounts.tables import EnabledProvider, ProviderAccount

from .delivery_queries import write_events
from .states import State
from .tables import Message, MessageRecipient


async def claim(
    session: AsyncSession,
    *,
    base_id: str,
    account_id: str,
    rev: int,
    owner: str,
    now: datetime,
    lease_until: datetime,
    limit: int,
) -> Sequence[Message]:
    """Take up to `limit` messages of an account that are due: they and their queued recipients are `sending`, leased to
    `owner`. Those of the highest priority, the longest due first. Two workers never take the same.

    None when the account may not send, or when its settings are no longer those of `rev`: a person stops it, or changes
    it, while it works through thousands."""
    due = (
        select(Message)
        .where(*_next(base_id, account_id, now), _may_send(base_id, account_id, rev))
        .order_by(Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = (await session.scalars(due)).all()
    if not claimed:
        return claimed
    ids = [message.id for message in claimed]
    await session.execute(
        update(Message)
        .where(Message.base_id == base_id, Message.id.in_(ids))
        .values(state=State.SENDING, attempts=Message.attempts + 1, lease_owner=owner, lease_until=lease_until)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(MessageRecipient)
        .where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.message_id.in_(ids),
            MessageRecipient.state == State.QUEUED,
        )
        .values(state=State.SENDING)
        .execution_options(synchronize_session=False)
    )
    await write_events(session, base_id=base_id, rows=[(one, None, now, State.SENDING, {}) for one in ids])
    return claimed


async def sizes_of_due(
    session: AsyncSession, *, base_id: str, account_id: str, now: datetime, limit: int
) -> Sequence[int]:
    """To how many recipients each of the next messages goes, in the order in which `claim` takes them."""
    recipients = select(func.count()).where(
        MessageRecipient.base_id == base_id,
        MessageRecipient.message_id == Message.id,
        MessageRecipient.state == State.QUEUED,
    )
    due = select(recipients.scalar_subquery()).where(*_next(base_id, account_id, now))
    return (await session.scalars(due.order_by(Message.due_at, Message.id).limit(limit))).all()


def _next(base_id: str, account_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is due of the highest priority: one stretch of the index, however much waits behind it."""
    other = aliased(Message)
    highest = select(func.max(other.priority)).where(*_due(other, base_id, account_id, now))
    return (*_due(Message, base_id, account_id, now), Message.priority == highest.scalar_subquery())


def _due(
    message: type[Message] | AliasedClass[Message], base_id: str, account_id: str, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        message.base_id == base_id,
        message.account_id == account_id,
        message.state == State.QUEUED,
        message.due_at <= now,
    )


def _may_send(base_id: str, account_id: str, rev: int) -> ColumnElement[bool]:
    account = select(ProviderAccount.id).where(
        ProviderAccount.base_id == base_id,
        ProviderAccount.id == account_id,
        ProviderAccount.rev == rev,
        ProviderAccount.paused.is_(False),
        ProviderAccount.suspended.is_(False),
    )
    enabled = select(EnabledProvider.slug).where(
        EnabledProvider.base_id == ProviderAccount.base_id,
        EnabledProvider.channel == ProviderAccount.channel,
        EnabledProvider.slug == ProviderAccount.slug,
    )
    return account.where(enabled.exists()).exists()
