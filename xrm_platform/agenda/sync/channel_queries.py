"""All SQL of push channels."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount

from .plan import Direction
from .states import LinkState
from .tables import CalendarChannel, CalendarLink


async def by_token(session: AsyncSession, *, token_hash: str) -> tuple[CalendarChannel, ProviderAccount] | None:
    """Whose address it is: a vendor that calls says no more."""
    query = (
        select(CalendarChannel, ProviderAccount)
        .join(ProviderAccount, ProviderAccount.id == CalendarChannel.account_id)
        .where(CalendarChannel.token_hash == token_hash)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def links_to_watch(session: AsyncSession, *, slugs: Collection[str], now: datetime) -> Sequence[str]:
    """Links, of any base, that want a channel of these providers, and for which nothing is done or about to be."""
    settled = select(CalendarChannel.id).where(
        CalendarChannel.link_id == CalendarLink.id, CalendarChannel.state != "closing", CalendarChannel.due_at > now
    )
    query = (
        select(CalendarLink.id)
        .join(ProviderAccount, ProviderAccount.id == CalendarLink.account_id)
        .where(
            ProviderAccount.slug.in_(slugs),
            *_wanted(),
            ~settled.correlate(CalendarLink).exists(),
        )
    )
    return (await session.scalars(query)).all()


async def links_to_leave(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Links, of any base and maybe no longer there, with channels that are to be closed."""
    wanted = select(CalendarLink.id).where(CalendarLink.id == CalendarChannel.link_id, *_wanted())
    query = select(CalendarChannel.link_id).where(
        or_(
            (CalendarChannel.state == "closing") & (CalendarChannel.due_at <= now),
            (CalendarChannel.state != "closing") & ~wanted.correlate(CalendarChannel).exists(),
        )
    )
    return (await session.scalars(query.distinct())).all()


def _wanted() -> tuple[Any, ...]:
    """A link that is to hear of changes: it synchronises by itself, reads, and its account works."""
    account = select(ProviderAccount.id).where(
        ProviderAccount.id == CalendarLink.account_id,
        ProviderAccount.paused.is_(False),
        ProviderAccount.suspended.is_(False),
    )
    return (
        CalendarLink.state == LinkState.ACTIVE,
        CalendarLink.auto_sync.is_(True),
        CalendarLink.direction != Direction.PUSH,
        account.correlate(CalendarLink).exists(),
    )


async def open_until(session: AsyncSession, *, base_id: str, link_id: str) -> datetime | None:
    """Until when the vendor calls for a link, None if it does not."""
    query = select(func.max(CalendarChannel.expires_at)).where(
        CalendarChannel.base_id == base_id, CalendarChannel.link_id == link_id, CalendarChannel.state == "open"
    )
    return await session.scalar(query)


async def of_link(session: AsyncSession, *, link_id: str) -> Sequence[tuple[CalendarChannel, ProviderAccount]]:
    """Every channel of a link, of any base: a job's name says no more than the link. Locked until the end."""
    query = (
        select(CalendarChannel, ProviderAccount)
        .join(ProviderAccount, ProviderAccount.id == CalendarChannel.account_id)
        .where(CalendarChannel.link_id == link_id)
        .order_by(CalendarChannel.id)
        .with_for_update(of=CalendarChannel)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def change(session: AsyncSession, *, base_id: str, channel_id: str, values: dict[str, Any]) -> None:
    await session.execute(
        update(CalendarChannel)
        .where(CalendarChannel.base_id == base_id, CalendarChannel.id == channel_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def forget(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> None:
    await session.execute(
        delete(CalendarChannel).where(CalendarChannel.base_id == base_id, CalendarChannel.id.in_(ids))
    )


async def lock_link(session: AsyncSession, *, link_id: str) -> bool:
    """Nobody else opens a channel for the link until the transaction ends; whether the link wants one."""
    await session.execute(select(CalendarLink.id).where(CalendarLink.id == link_id).with_for_update())
    return await session.scalar(select(CalendarLink.id).where(CalendarLink.id == link_id, *_wanted())) is not None


async def hurry(session: AsyncSession, *, base_id: str, link_id: str, now: datetime) -> None:
    """The link is due now, for whichever process finds it. One that fails waits as long as it was going to."""
    await session.execute(
        update(CalendarLink)
        .where(
            CalendarLink.base_id == base_id,
            CalendarLink.id == link_id,
            CalendarLink.next_run_at > now,
            CalendarLink.error_code.is_(None),
        )
        .values(next_run_at=now)
        .execution_options(synchronize_session=False)
    )
