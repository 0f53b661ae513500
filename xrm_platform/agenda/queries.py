"""All SQL of the agenda."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import AgendaPreferences, Event, FeedToken, OccurrenceRow, OwnerNotice, ReminderRow

CHUNK = 500


async def event(session: AsyncSession, *, base_id: str, event_id: str, for_update: bool = False) -> Event | None:
    """`for_update` locks it until the transaction ends. Tombstones are found too."""
    query = select(Event).where(Event.base_id == base_id, Event.id == event_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def event_by_uid(session: AsyncSession, *, base_id: str, owner_id: str, uid: str) -> Event | None:
    query = select(Event).where(Event.base_id == base_id, Event.owner_id == owner_id, Event.uid == uid)
    return await session.scalar(query.with_for_update())


async def taken_uids(session: AsyncSession, *, base_id: str, owner_id: str, uids: Sequence[str]) -> set[str]:
    """Those of the UIDs that an event of the agenda has, or had."""
    taken: set[str] = set()
    for start in range(0, len(uids), CHUNK):
        query = select(Event.uid).where(
            Event.base_id == base_id, Event.owner_id == owner_id, Event.uid.in_(uids[start : start + CHUNK])
        )
        taken |= set((await session.scalars(query)).all())
    return taken


async def events(
    session: AsyncSession, *, base_id: str, owners: Collection[str], after: str | None, limit: int
) -> Sequence[Event]:
    """By id, that is in the order in which they were made."""
    query = (
        select(Event)
        .where(Event.base_id == base_id, Event.owner_id.in_(owners), Event.deleted_at.is_(None))
        .order_by(Event.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Event.id > after)
    return (await session.scalars(query)).all()


async def texts(
    session: AsyncSession, *, base_id: str, owner_id: str, ended_after: datetime | None, limit: int
) -> tuple[Sequence[tuple[str, bool]], int]:
    """The iCalendar texts of an agenda, and whether each is private; only what repeats, has no day or ends after that
    time. At most `limit`, and how many more there are."""
    wanted = [Event.base_id == base_id, Event.owner_id == owner_id, Event.deleted_at.is_(None)]
    if ended_after is not None:
        wanted.append(or_(Event.recurs.is_(True), Event.ends_at.is_(None), Event.ends_at > ended_after))
    query = select(Event.ical, Event.private).where(*wanted).order_by(Event.id).limit(limit)
    found = [(row.ical, row.private) for row in await session.execute(query)]
    if len(found) < limit:
        return found, 0
    there = await session.scalar(select(func.count()).select_from(Event).where(*wanted)) or 0
    return found, max(0, there - limit)


def touching(
    *, base_id: str, owners: Sequence[str], bucket: datetime, since: datetime, until: datetime
) -> Select[OccurrenceRow]:
    """The occurrences that touch [since, until), each once; `bucket` is the first instant of the month of `since`."""
    row = OccurrenceRow
    owned = row.owner_id == owners[0] if len(owners) == 1 else row.owner_id.in_(owners)
    return select(row).where(
        row.base_id == base_id,
        owned,
        row.segment_at >= bucket,
        row.segment_at < until,
        or_(row.segment_at == row.starts_at, row.segment_at == bucket),
        or_(row.ends_at > since, row.starts_at >= since),
    )


async def occurrences(
    session: AsyncSession,
    *,
    base_id: str,
    owners: Sequence[str],
    bucket: datetime,
    since: datetime,
    until: datetime,
    limit: int,
    busy_only: bool = False,
) -> Sequence[OccurrenceRow]:
    """In no order."""
    query = touching(base_id=base_id, owners=owners, bucket=bucket, since=since, until=until)
    if busy_only:
        query = query.where(OccurrenceRow.busy.is_(True))
    return (await session.scalars(query.limit(limit))).all()


async def occurrence(session: AsyncSession, *, base_id: str, event_id: str, key: str) -> OccurrenceRow | None:
    query = select(OccurrenceRow).where(
        OccurrenceRow.base_id == base_id, OccurrenceRow.event_id == event_id, OccurrenceRow.key == key
    )
    return await session.scalar(query.order_by(OccurrenceRow.segment_at).limit(1))


async def occurrences_of(
    session: AsyncSession, *, base_id: str, event_id: str, since: datetime, limit: int
) -> Sequence[OccurrenceRow]:
    """Those of one event that end after a time, by start."""
    row = OccurrenceRow
    query = (
        select(row)
        .where(row.base_id == base_id, row.event_id == event_id, row.ends_at > since, row.segment_at == row.starts_at)
        .order_by(row.starts_at)
        .limit(limit)
    )
    return (await session.scalars(query)).all()


async def series_beyond(
    session: AsyncSession, *, base_id: str, owners: Collection[str], since: datetime, until: datetime
) -> Sequence[Event]:
    """Series that may have occurrences in the range outside of what is kept of them."""
    query = select(Event).where(
        Event.base_id == base_id,
        Event.owner_id.in_(owners),
        Event.recurs.is_(True),
        Event.starts_at < until,
        Event.deleted_at.is_(None),
        or_(Event.recurs_until.is_(None), Event.recurs_until > since),
        or_(Event.window_from > since, Event.window_to < until),
    )
    return (await session.scalars(query)).all()


async def series_to_extend(session: AsyncSession, *, before: datetime, limit: int) -> Sequence[Event]:
    """Series of any base whose occurrences are kept until before that time."""
    query = select(Event).where(Event.recurs.is_(True), Event.window_to < before, Event.deleted_at.is_(None))
    return (await session.scalars(query.order_by(Event.window_to).limit(limit))).all()


async def replace_occurrences(
    session: AsyncSession, *, base_id: str, event_id: str, owner_id: str, rows: Sequence[dict[str, Any]]
) -> None:
    await session.execute(
        delete(OccurrenceRow).where(OccurrenceRow.base_id == base_id, OccurrenceRow.event_id == event_id)
    )
    if rows:
        owned = {"base_id": base_id, "event_id": event_id, "owner_id": owner_id}
        await session.execute(insert(OccurrenceRow), [{**owned, **row} for row in rows])


async def add_events(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        await session.execute(insert(Event), rows[start : start + CHUNK])


async def add_occurrences(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        await session.execute(insert(OccurrenceRow), rows[start : start + CHUNK])


async def forget_waiting(session: AsyncSession, *, base_id: str, event_id: str) -> None:
    await session.execute(
        delete(ReminderRow).where(
            ReminderRow.base_id == base_id, ReminderRow.event_id == event_id, ReminderRow.state == "waiting"
        )
    )


async def reminders_done(
    session: AsyncSession, *, base_id: str, event_id: str, since: datetime
) -> frozenset[tuple[str, str, datetime]]:
    """What an event has been reminded of: occurrence, reminder and time."""
    row = ReminderRow
    query = select(row.key, row.reminder, row.due_at).where(
        row.base_id == base_id, row.event_id == event_id, row.due_at >= since
    )
    return frozenset((found.key, found.reminder, found.due_at) for found in await session.execute(query))


async def due_reminders(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[ReminderRow]:
    """Of all bases, the longest due first."""
    query = select(ReminderRow).where(ReminderRow.state == "waiting", ReminderRow.due_at <= now)
    return (await session.scalars(query.order_by(ReminderRow.due_at, ReminderRow.id).limit(limit))).all()


async def reminders(session: AsyncSession, *, base_id: str, event_id: str, limit: int) -> Sequence[ReminderRow]:
    query = select(ReminderRow).where(ReminderRow.base_id == base_id, ReminderRow.event_id == event_id)
    return (await session.scalars(query.order_by(ReminderRow.due_at).limit(limit))).all()


async def settle_reminder(
    session: AsyncSession, *, base_id: str, reminder_id: str, state: str, note: str = "", message_id: str | None = None
) -> None:
    await session.execute(
        update(ReminderRow)
        .where(ReminderRow.base_id == base_id, ReminderRow.id == reminder_id, ReminderRow.state == "waiting")
        .values(state=state, note=note, message_id=message_id)
    )


async def add_reminders(session: AsyncSession, rows: Iterable[dict[str, Any]]) -> None:
    given = list(rows)
    for start in range(0, len(given), CHUNK):
        await session.execute(insert(ReminderRow), given[start : start + CHUNK])


async def notices(session: AsyncSession, *, limit: int) -> Sequence[OwnerNotice]:
    """Of all bases, the oldest first."""
    return (await session.scalars(select(OwnerNotice).order_by(OwnerNotice.id).limit(limit))).all()


async def forget_notice(session: AsyncSession, *, base_id: str, notice_id: str) -> None:
    await session.execute(delete(OwnerNotice).where(OwnerNotice.base_id == base_id, OwnerNotice.id == notice_id))


async def feed_by_id(session: AsyncSession, *, feed_id: str) -> FeedToken | None:
    """Of any base: the address of a feed is all that its reader has."""
    return await session.scalar(select(FeedToken).where(FeedToken.id == feed_id))


async def feed(session: AsyncSession, *, base_id: str, feed_id: str) -> FeedToken | None:
    return await session.scalar(select(FeedToken).where(FeedToken.base_id == base_id, FeedToken.id == feed_id))


async def feeds(session: AsyncSession, *, base_id: str, owner_id: str) -> Sequence[FeedToken]:
    query = select(FeedToken).where(FeedToken.base_id == base_id, FeedToken.owner_id == owner_id)
    return (await session.scalars(query.order_by(FeedToken.id))).all()


async def preferences(session: AsyncSession, *, base_id: str) -> AgendaPreferences | None:
    return await session.get(AgendaPreferences, base_id)
