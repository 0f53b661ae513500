"""SQL of drafts that were handed over. Every query takes the base, but for the tick's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, insert, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.providers import Channel

from .tables import HandedOver

OPEN = (State.HANDED_OVER, State.UNKNOWN)
"""What somebody may have sent by now."""


async def put(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """The drafts of messages, in the place of earlier ones."""
    if not rows:
        return
    ids = [row["message_id"] for row in rows]
    await session.execute(delete(HandedOver).where(HandedOver.base_id == base_id, HandedOver.message_id.in_(ids)))
    await session.execute(insert(HandedOver), [{**row, "base_id": base_id} for row in rows])


async def draft(session: AsyncSession, *, base_id: str, message_id: str) -> HandedOver | None:
    return await session.scalar(
        select(HandedOver).where(HandedOver.base_id == base_id, HandedOver.message_id == message_id)
    )


async def accounts_to_look_into(session: AsyncSession, *, now: datetime, since: datetime) -> Sequence[str]:
    """Accounts, of any base, with drafts whose time has come, or with mails of which nobody knows since then."""
    due = (
        select(HandedOver.account_id)
        .join(Message, and_(Message.base_id == HandedOver.base_id, Message.id == HandedOver.message_id))
        .where(HandedOver.look_at <= now, Message.state == State.HANDED_OVER)
    )
    lost = select(Message.account_id).where(
        Message.state == State.UNKNOWN, Message.due_at >= since, Message.channel == Channel.MAIL
    )
    accounts = union(due, lost).subquery()
    query = select(ProviderAccount.id).where(
        ProviderAccount.id.in_(select(accounts.c[0])), ProviderAccount.removed_at.is_(None)
    )
    return (await session.scalars(query)).all()


async def due(
    session: AsyncSession, *, base_id: str, account_id: str, now: datetime, since: datetime, limit: int
) -> dict[str, str]:
    """Message-IDs, by message, of what is to be looked for in the mailbox of an account. Of many that got lost, others
    each time."""
    drafts = (
        select(Message.id, Message.mail_message_id)
        .join(HandedOver, and_(HandedOver.base_id == Message.base_id, HandedOver.message_id == Message.id))
        .where(
            Message.base_id == base_id,
            Message.account_id == account_id,
            Message.state == State.HANDED_OVER,
            HandedOver.look_at <= now,
        )
        .order_by(HandedOver.look_at)
    )
    lost = (
        select(Message.id, Message.mail_message_id)
        .where(
            Message.base_id == base_id,
            Message.account_id == account_id,
            Message.channel == Channel.MAIL,
            Message.state == State.UNKNOWN,
            Message.due_at >= since,
        )
        .order_by(func.random())
    )
    rows = [row for query in (drafts, lost) for row in await session.execute(query.limit(limit))]
    return {message_id: mail_message_id for message_id, mail_message_id in rows if mail_message_id}


async def open_messages(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> dict[str, State]:
    """Those of the messages that are still open, locked until the transaction ends."""
    query = select(Message.id, Message.state).where(
        Message.base_id == base_id, Message.id.in_(ids), Message.state.in_(OPEN)
    )
    return {row.id: State(row.state) for row in await session.execute(query.order_by(Message.id).with_for_update())}


async def rows_of(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> dict[str, HandedOver]:
    query = select(HandedOver).where(HandedOver.base_id == base_id, HandedOver.message_id.in_(ids))
    return {row.message_id: row for row in await session.scalars(query)}


async def settle(session: AsyncSession, *, base_id: str, ids: Collection[str], state: State) -> None:
    """Bring the recipients of these messages of whom it was open to `state`."""
    cleared: dict[str, Any] = {"error_code": None, "error_params": {}, "error_detail": ""}
    await session.execute(
        update(MessageRecipient)
        .where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.message_id.in_(ids),
            MessageRecipient.state.in_(OPEN),
        )
        .values(state=state, **cleared)
    )
    await session.execute(update(Message).where(Message.base_id == base_id, Message.id.in_(ids)).values(**cleared))
