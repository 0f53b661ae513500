"""The SQL of reconciling."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.providers import Channel

from . import delivery_queries
from .lost import Lost
from .states import State
from .tables import Message, MessageEvent, MessageRecipient

BATCH = 2000


async def accounts_with_lost(session: AsyncSession, *, since: datetime) -> Sequence[str]:
    """SMS accounts, of any base, by which something was sent of which nobody knows: for the tick, which only wakes."""
    query = (
        select(Message.account_id)
        .join(ProviderAccount, ProviderAccount.id == Message.account_id)
        .where(
            Message.state == State.UNKNOWN,
            Message.due_at >= since,
            Message.channel == Channel.SMS,
            ProviderAccount.removed_at.is_(None),
        )
    )
    return (await session.scalars(query.distinct())).all()


async def lost(session: AsyncSession, *, base_id: str, account_id: str, since: datetime) -> Sequence[Lost]:
    """Recipients that are `unknown` since then. A message's `due_at` is the time at which its last outcome was written,
    its last event `sending` that at which the attempt began."""
    begun = select(func.max(MessageEvent.at)).where(
        MessageEvent.message_id == Message.id, MessageEvent.state == State.SENDING
    )
    query = (
        select(
            MessageRecipient.id,
            Message.id,
            MessageRecipient.address,
            Message.text,
            func.coalesce(begun.scalar_subquery(), Message.due_at),
            Message.due_at,
        )
        .join(Message, Message.id == MessageRecipient.message_id)
        .where(
            Message.base_id == base_id,
            MessageRecipient.base_id == base_id,
            Message.account_id == account_id,
            Message.channel == Channel.SMS,
            MessageRecipient.state == State.UNKNOWN,
            Message.due_at >= since,
        )
        .order_by(Message.due_at, MessageRecipient.id)
        .limit(BATCH)
    )
    return [Lost(*row) for row in (await session.execute(query)).all()]


async def still_unknown(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> frozenset[str]:
    """Those of the recipients that nobody settled meanwhile, locked until the transaction ends."""
    query = select(MessageRecipient.id).where(
        MessageRecipient.base_id == base_id,
        MessageRecipient.id.in_(ids),
        MessageRecipient.state == State.UNKNOWN,
    )
    return frozenset((await session.scalars(query.with_for_update())).all())


async def known_references(
    session: AsyncSession, *, base_id: str, slug: str, references: Sequence[str]
) -> frozenset[str]:
    """Those that messages of the base have already, by whichever account of the provider: two may be one at the
    vendor."""
    accounts = select(ProviderAccount.id).where(
        ProviderAccount.base_id == base_id, ProviderAccount.channel == Channel.SMS, ProviderAccount.slug == slug
    )
    known: set[str] = set()
    for start in range(0, len(references), delivery_queries.IDS_AT_ONCE):
        query = select(MessageRecipient.reference).where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.account_id.in_(accounts),
            MessageRecipient.reference.in_(references[start : start + delivery_queries.IDS_AT_ONCE]),
        )
        known.update(reference for reference in await session.scalars(query) if reference)
    return frozenset(known)


async def write(session: AsyncSession, *, base_id: str, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Write what was settled, with its events."""
    for row in rows:
        await session.execute(
            update(MessageRecipient)
            .where(MessageRecipient.base_id == base_id, MessageRecipient.id == row["id"])
            .values(
                state=row["state"],
                reference=row["reference"],
                report_due_at=row["report_due_at"],
                error_code=None,
                error_params={},
                error_detail="",
            )
        )
    await delivery_queries.write_events(
        session,
        base_id=base_id,
        rows=[(row["message_id"], row["id"], now, row["state"], {"code": row["code"]}) for row in rows],
    )


async def write_messages(
    session: AsyncSession, *, base_id: str, states: Sequence[tuple[str, State]], now: datetime
) -> None:
    for message_id, state in states:
        values: dict[str, Any] = {"state": state, "error_code": None, "error_params": {}, "error_detail": ""}
        if state is State.QUEUED:
            values["due_at"] = now
        await session.execute(
            update(Message).where(Message.base_id == base_id, Message.id == message_id).values(**values)
        )
