"""The SQL about links, conflicts and runs; that about their events is in `event_queries`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, and_, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people.tables import Base, Collaborator

from .states import LinkState
from .tables import CalendarLink, EventLink, SyncConflict, SyncEffect, SyncRun

# Links


async def link_and_base(session: AsyncSession, *, link_id: str) -> tuple[CalendarLink, ProviderAccount, Base] | None:
    """A link, of any base, with its account and its base: a job's name says no more than the link."""
    query = (
        select(CalendarLink, ProviderAccount, Base)
        .join(ProviderAccount, ProviderAccount.id == CalendarLink.account_id)
        .join(Base, Base.id == CalendarLink.base_id)
        .where(CalendarLink.id == link_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def link(session: AsyncSession, *, base_id: str, link_id: str) -> CalendarLink | None:
    return await session.scalar(select(CalendarLink).where(CalendarLink.base_id == base_id, CalendarLink.id == link_id))


async def links(
    session: AsyncSession, *, base_id: str, owner_id: str | None, after: str | None, limit: int
) -> Sequence[CalendarLink]:
    """Oldest first."""
    query = select(CalendarLink).where(CalendarLink.base_id == base_id).order_by(CalendarLink.id).limit(limit)
    if owner_id is not None:
        query = query.where(CalendarLink.collaborator_id == owner_id)
    if after is not None:
        query = query.where(CalendarLink.id > after)
    return (await session.scalars(query)).all()


async def links_of(session: AsyncSession, *, base_id: str, owner_id: str) -> Sequence[CalendarLink]:
    """Every link of an agenda that has begun."""
    query = select(CalendarLink).where(
        CalendarLink.base_id == base_id,
        CalendarLink.collaborator_id == owner_id,
        CalendarLink.state == LinkState.ACTIVE,
    )
    return (await session.scalars(query)).all()


async def due_links(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Links, of any base, that synchronise by themselves and are due. For the tick, which only wakes."""
    query = (
        select(CalendarLink.id)
        .join(Collaborator, Collaborator.id == CalendarLink.collaborator_id)
        .where(
            CalendarLink.state == LinkState.ACTIVE,
            CalendarLink.auto_sync.is_(True),
            CalendarLink.next_run_at <= now,
            Collaborator.active.is_(True),
        )
    )
    return (await session.scalars(query)).all()


async def rests(session: AsyncSession, *, link_id: str) -> bool:
    """Whether the link, of any base, is that of somebody who is no longer active."""
    query = (
        select(Collaborator.active)
        .join(CalendarLink, CalendarLink.collaborator_id == Collaborator.id)
        .where(CalendarLink.id == link_id)
    )
    return await session.scalar(query) is False


async def make_due(session: AsyncSession, *, base_id: str, account_id: str, now: datetime) -> Sequence[str]:
    """The links of an account that synchronise by themselves are due now; their ids."""
    query = (
        update(CalendarLink)
        .where(
            CalendarLink.base_id == base_id,
            CalendarLink.account_id == account_id,
            CalendarLink.state == LinkState.ACTIVE,
            CalendarLink.auto_sync.is_(True),
        )
        .values(next_run_at=now)
        .returning(CalendarLink.id)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(query)).all()


async def update_link(session: AsyncSession, *, base_id: str, link_id: str, values: dict[str, Any]) -> None:
    await session.execute(
        update(CalendarLink)
        .where(CalendarLink.base_id == base_id, CalendarLink.id == link_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def take_lease(
    session: AsyncSession, *, base_id: str, link_id: str, owner: str, now: datetime, until: datetime
) -> bool:
    """Whether nobody else works on the link; then `owner` does, until that time."""
    return await _lease(
        session,
        base_id,
        link_id,
        or_(CalendarLink.lease_until.is_(None), CalendarLink.lease_until <= now),
        {"lease_owner": owner, "lease_until": until},
    )


async def renew_lease(session: AsyncSession, *, base_id: str, link_id: str, owner: str, until: datetime) -> bool:
    """Whether `owner` still works on the link."""
    return await _lease(session, base_id, link_id, CalendarLink.lease_owner == owner, {"lease_until": until})


async def end_lease(session: AsyncSession, *, base_id: str, link_id: str, owner: str) -> None:
    gone = {"lease_owner": None, "lease_until": None}
    await _lease(session, base_id, link_id, CalendarLink.lease_owner == owner, gone)


async def _lease(session: AsyncSession, base_id: str, link_id: str, condition: Any, values: dict[str, Any]) -> bool:
    result = await session.execute(
        update(CalendarLink)
        .where(CalendarLink.base_id == base_id, CalendarLink.id == link_id, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", result).rowcount == 1


async def delete_link(session: AsyncSession, *, base_id: str, link_id: str) -> None:
    """A link with all that belongs to it. The events themselves stay."""
    runs = select(SyncRun.id).where(SyncRun.base_id == base_id, SyncRun.link_id == link_id)
    await session.execute(delete(SyncEffect).where(SyncEffect.base_id == base_id, SyncEffect.run_id.in_(runs)))
    for table in (SyncRun, SyncConflict, EventLink):
        await session.execute(delete(table).where(table.base_id == base_id, table.link_id == link_id))
    await session.execute(delete(CalendarLink).where(CalendarLink.base_id == base_id, CalendarLink.id == link_id))


# Conflicts


async def conflict(session: AsyncSession, *, base_id: str, conflict_id: str) -> SyncConflict | None:
    return await session.scalar(
        select(SyncConflict).where(SyncConflict.base_id == base_id, SyncConflict.id == conflict_id)
    )


async def conflicts(
    session: AsyncSession, *, base_id: str, link_ids: Collection[str], open_only: bool, before: str | None, limit: int
) -> Sequence[SyncConflict]:
    """Newest first."""
    query = select(SyncConflict).where(SyncConflict.base_id == base_id, SyncConflict.link_id.in_(link_ids))
    if open_only:
        query = query.where(SyncConflict.resolved_at.is_(None))
    if before is not None:
        query = query.where(SyncConflict.id < before)
    return (await session.scalars(query.order_by(SyncConflict.id.desc()).limit(limit))).all()


async def open_conflicts(session: AsyncSession, *, base_id: str, link_id: str) -> int:
    query = select(func.count()).where(
        SyncConflict.base_id == base_id, SyncConflict.link_id == link_id, SyncConflict.resolved_at.is_(None)
    )
    return await session.scalar(query) or 0


# Runs


async def run(session: AsyncSession, *, base_id: str, run_id: str) -> SyncRun | None:
    return await session.scalar(select(SyncRun).where(SyncRun.base_id == base_id, SyncRun.id == run_id))


async def last_run(session: AsyncSession, *, base_id: str, link_id: str) -> SyncRun | None:
    query = select(SyncRun).where(SyncRun.base_id == base_id, SyncRun.link_id == link_id)
    return await session.scalar(query.order_by(SyncRun.id.desc()).limit(1))


async def run_with_effects(session: AsyncSession, *, base_id: str, link_id: str) -> SyncRun | None:
    """The last run of a link that did anything that is not undone."""
    query = (
        select(SyncRun)
        .join(SyncEffect, and_(SyncEffect.base_id == SyncRun.base_id, SyncEffect.run_id == SyncRun.id))
        .where(SyncRun.base_id == base_id, SyncRun.link_id == link_id, SyncEffect.undone.is_(False))
        .order_by(SyncRun.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def add_effects(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await session.execute(insert(SyncEffect), rows)


async def effects(session: AsyncSession, *, base_id: str, run_id: str, limit: int) -> Sequence[SyncEffect]:
    """What is not undone yet, the last first."""
    query = select(SyncEffect).where(
        SyncEffect.base_id == base_id, SyncEffect.run_id == run_id, SyncEffect.undone.is_(False)
    )
    return (await session.scalars(query.order_by(SyncEffect.id.desc()).limit(limit))).all()


async def forget_older_runs(session: AsyncSession, *, base_id: str, link_id: str, run_id: str, keep: int) -> None:
    """What runs before `run_id` did can no longer be undone; of the runs themselves the last `keep` stay."""
    older = select(SyncRun.id).where(SyncRun.base_id == base_id, SyncRun.link_id == link_id, SyncRun.id < run_id)
    await session.execute(delete(SyncEffect).where(SyncEffect.base_id == base_id, SyncEffect.run_id.in_(older)))
    kept = (await session.scalars(older.order_by(SyncRun.id.desc()).limit(keep))).all()
    if len(kept) == keep:
        await session.execute(
            delete(SyncRun).where(SyncRun.base_id == base_id, SyncRun.link_id == link_id, SyncRun.id < kept[-1])
        )
