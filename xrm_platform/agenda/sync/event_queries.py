"""The SQL about events and their counterparts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.tables import Event

from .pairs import NEVER_LISTED
from .states import Standing
from .tables import EventLink


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


async def events(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> dict[str, Event]:
    """By id, tombstones too, locked until the transaction ends."""
    query = select(Event).where(Event.base_id == base_id, Event.id.in_(ids)).order_by(Event.id)
    return {event.id: event for event in (await session.scalars(query.with_for_update())).all()}


async def private_ones(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> frozenset[str]:
    """Those of the events that are private, or have a private occurrence."""
    query = select(Event.id).where(Event.base_id == base_id, Event.id.in_(ids), Event.private.is_(True))
    return frozenset(await session.scalars(query))


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


async def add(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Rows that are complete, all in one statement."""
    if rows:
        await session.execute(insert(EventLink), rows)


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


async def mark_all_dirty(session: AsyncSession, *, base_id: str, link_id: str, now: datetime) -> None:
    """Every event of a link is looked at again, whether something is to be written there."""
    await session.execute(
        update(EventLink)
        .where(EventLink.base_id == base_id, EventLink.link_id == link_id, EventLink.state == Standing.CLEAN)
        .values(state=Standing.DIRTY, changed_at=now)
        .execution_options(synchronize_session=False)
    )


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
) -> Sequence[tuple[EventLink, Event | None]]:
    """What cannot be brought together, each with its event."""
    query = (
        select(EventLink, Event)
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
