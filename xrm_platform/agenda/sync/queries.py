"""All SQL of synchronisation."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.agenda.tables import Event
from xrm_platform.people.tables import Base

from .pairs import NEVER_LISTED
from .states import LinkState, Standing
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
    query = select(CalendarLink.id).where(
        CalendarLink.state == LinkState.ACTIVE, CalendarLink.auto_sync.is_(True), CalendarLink.next_run_at <= now
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


# Events and their counterparts


async def by_refs(session: AsyncSession, *, base_id: str, link_id: str, refs: Collection[str]) -> Sequence[EventLink]:
    query = select(EventLink).where(EventLink.base_id == base_id, EventLink.link_id == link_id, EventLink.ref.in_(refs))
    return (await session.scalars(query.with_for_update())).all()


async def by_events(
    session: AsyncSession, *, base_id: str, link_id: str, event_ids: Collection[str]
) -> Sequence[EventLink]:
    query = select(EventLink).where(
        EventLink.base_id == base_id, EventLink.link_id == link_id, EventLink.event_id.in_(event_ids)
    )
    return (await session.scalars(query.with_for_update())).all()


async def by_ids(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> Sequence[EventLink]:
    query = select(EventLink).where(EventLink.base_id == base_id, EventLink.id.in_(ids)).order_by(EventLink.id)
    return (await session.scalars(query.with_for_update())).all()


async def of_event(session: AsyncSession, *, base_id: str, event_id: str) -> Sequence[EventLink]:
    query = select(EventLink).where(EventLink.base_id == base_id, EventLink.event_id == event_id)
    return (await session.scalars(query)).all()


async def events(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> dict[str, Event]:
    """By id, tombstones too, locked until the transaction ends."""
    query = select(Event).where(Event.base_id == base_id, Event.id.in_(ids)).order_by(Event.id)
    return {event.id: event for event in (await session.scalars(query.with_for_update())).all()}


async def events_by_uid(
    session: AsyncSession, *, base_id: str, owner_id: str, uids: Collection[str]
) -> dict[str, Event]:
    """The events of an agenda by a UID that they have here or, as far as known, elsewhere."""
    own = select(Event).where(Event.base_id == base_id, Event.owner_id == owner_id, Event.uid.in_(uids))
    found = {event.uid: event for event in (await session.scalars(own.with_for_update())).all()}
    elsewhere = (
        select(EventLink.remote_uid, Event)
        .join(Event, Event.id == EventLink.event_id)
        .where(
            EventLink.base_id == base_id,
            EventLink.remote_uid.in_([uid for uid in uids if uid not in found]),
            Event.owner_id == owner_id,
        )
    )
    for uid, event in await session.execute(elsewhere):
        found.setdefault(str(uid), event)
    return found


async def unlinked_events(
    session: AsyncSession, *, base_id: str, owner_id: str, link_id: str, limit: int
) -> Sequence[Event]:
    """Events of an agenda that a link does not know yet."""
    known = select(EventLink.event_id).where(EventLink.link_id == link_id, EventLink.event_id == Event.id)
    query = (
        select(Event)
        .where(
            Event.base_id == base_id,
            Event.owner_id == owner_id,
            Event.deleted_at.is_(None),
            ~known.correlate(Event).exists(),
        )
        .order_by(Event.id)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def mark_dirty(
    session: AsyncSession, *, base_id: str, event_id: str, link_ids: Collection[str], now: datetime
) -> frozenset[str]:
    """The links of those that knew the event; something is to be written to each."""
    query = (
        update(EventLink)
        .where(EventLink.base_id == base_id, EventLink.event_id == event_id, EventLink.link_id.in_(link_ids))
        .values(state=Standing.DIRTY, reason=None, reason_params={}, attempts=0, changed_at=now)
        .returning(EventLink.link_id)
        .execution_options(synchronize_session=False)
    )
    return frozenset((await session.scalars(query)).all())


async def seen(session: AsyncSession, *, base_id: str, ids: Collection[str], pass_no: int) -> None:
    """These were named in the listing `pass_no`."""
    await session.execute(
        update(EventLink)
        .where(EventLink.base_id == base_id, EventLink.id.in_(ids))
        .values(seen_pass=pass_no, missing=False)
        .execution_options(synchronize_session=False)
    )


async def mark_unseen(session: AsyncSession, *, base_id: str, link_id: str, pass_no: int) -> None:
    """What the complete listing `pass_no` did not name is missing there."""
    await session.execute(
        update(EventLink)
        .where(
            EventLink.base_id == base_id,
            EventLink.link_id == link_id,
            EventLink.ref.is_not(None),
            EventLink.seen_pass < pass_no,
        )
        .values(missing=True)
        .execution_options(synchronize_session=False)
    )


async def never_listed(session: AsyncSession, *, base_id: str, link_id: str) -> Sequence[EventLink]:
    """What was made there and named by no listing since."""
    query = select(EventLink).where(
        EventLink.base_id == base_id,
        EventLink.link_id == link_id,
        EventLink.ref.is_not(None),
        EventLink.seen_pass == NEVER_LISTED,
        EventLink.missing.is_(False),
    )
    return (await session.scalars(query)).all()


async def missing(
    session: AsyncSession, *, base_id: str, link_id: str, after: str, limit: int, released_only: bool = False
) -> Sequence[EventLink]:
    query = select(EventLink).where(
        EventLink.base_id == base_id, EventLink.link_id == link_id, EventLink.missing.is_(True), EventLink.id > after
    )
    if released_only:
        query = query.where(EventLink.released.is_(True))
    return (await session.scalars(query.order_by(EventLink.id).limit(limit).with_for_update())).all()


async def dirty(session: AsyncSession, *, base_id: str, link_id: str, after: str, limit: int) -> Sequence[str]:
    """The ids of what is to be written there, oldest first."""
    query = select(EventLink.id).where(
        EventLink.base_id == base_id,
        EventLink.link_id == link_id,
        EventLink.state == Standing.DIRTY,
        EventLink.missing.is_(False),
        EventLink.id > after,
    )
    return (await session.scalars(query.order_by(EventLink.id).limit(limit))).all()


async def begun(session: AsyncSession, *, base_id: str, link_id: str) -> Sequence[str]:
    """The ids of what was being made there when the answer was lost."""
    query = select(EventLink.id).where(
        EventLink.base_id == base_id,
        EventLink.link_id == link_id,
        EventLink.ref.is_(None),
        EventLink.sent_theirs.is_not(None),
    )
    return (await session.scalars(query.order_by(EventLink.id))).all()


async def parked_refs(session: AsyncSession, *, base_id: str, link_id: str, reason: str, limit: int) -> Sequence[str]:
    query = select(EventLink.ref).where(
        EventLink.base_id == base_id,
        EventLink.link_id == link_id,
        EventLink.state == Standing.PARKED,
        EventLink.reason == reason,
        EventLink.ref.is_not(None),
    )
    return [ref for ref in (await session.scalars(query.limit(limit))).all() if ref is not None]


async def counted(session: AsyncSession, *, base_id: str, link_id: str) -> dict[str, int]:
    """How many events of a link are `linked` there, `dirty`, `parked`, missing there (`missing_there`, of which nobody
    released) and deleted here (`deleted_here`, likewise)."""
    mine = (EventLink.base_id == base_id, EventLink.link_id == link_id)
    counts = dict.fromkeys(("linked", "dirty", "parked", "missing_there", "deleted_here"), 0)
    by_state = select(EventLink.state, func.count()).where(*mine).group_by(EventLink.state)
    for state, number in await session.execute(by_state):
        if state in counts:
            counts[state] = number
    there = select(func.count()).where(*mine, EventLink.ref.is_not(None))
    counts["linked"] = await session.scalar(there) or 0
    joined = select(func.count()).join(Event, Event.id == EventLink.event_id)
    missing_there = joined.where(
        *mine, EventLink.missing.is_(True), EventLink.released.is_(False), Event.deleted_at.is_(None)
    )
    counts["missing_there"] = await session.scalar(missing_there.select_from(EventLink)) or 0
    deleted_here = joined.where(
        *mine,
        EventLink.missing.is_(False),
        EventLink.released.is_(False),
        EventLink.ref.is_not(None),
        EventLink.state == Standing.DIRTY,
        Event.deleted_at.is_not(None),
    )
    counts["deleted_here"] = await session.scalar(deleted_here.select_from(EventLink)) or 0
    return counts


async def any_seen(session: AsyncSession, *, base_id: str, link_id: str, pass_no: int) -> bool:
    """Whether the listing `pass_no` named anything that was known before it."""
    query = select(EventLink.id).where(
        EventLink.base_id == base_id, EventLink.link_id == link_id, EventLink.seen_pass == pass_no
    )
    return await session.scalar(query.limit(1)) is not None


async def deletions_to_release(session: AsyncSession, *, base_id: str, link_id: str) -> Sequence[EventLink]:
    """What waits for somebody to agree: missing there, or deleted here."""
    query = (
        select(EventLink)
        .join(Event, Event.id == EventLink.event_id)
        .where(
            EventLink.base_id == base_id,
            EventLink.link_id == link_id,
            EventLink.released.is_(False),
            EventLink.ref.is_not(None),
            or_(
                EventLink.missing.is_(True),
                (EventLink.state == Standing.DIRTY) & Event.deleted_at.is_not(None),
            ),
        )
    )
    return (await session.scalars(query)).all()


async def parked(
    session: AsyncSession, *, base_id: str, link_id: str, after: str | None, limit: int
) -> Sequence[tuple[EventLink, str | None]]:
    """What cannot be brought together, each with the title of the event."""
    query = (
        select(EventLink, Event.summary)
        .outerjoin(Event, Event.id == EventLink.event_id)
        .where(
            EventLink.base_id == base_id,
            EventLink.link_id == link_id,
            EventLink.state == Standing.PARKED,
            EventLink.id > (after or ""),
        )
        .order_by(EventLink.id)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def delete_event_links(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> None:
    query = delete(EventLink).where(EventLink.base_id == base_id, EventLink.id.in_(ids))
    await session.execute(query.execution_options(synchronize_session="fetch"))


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
        .join(SyncEffect, SyncEffect.run_id == SyncRun.id)
        .where(SyncRun.base_id == base_id, SyncRun.link_id == link_id, SyncEffect.undone.is_(False))
        .order_by(SyncRun.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


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
