"""Put an event into the store and take it out: its text, what is drawn from it, and whoever must know, in one
transaction. Use cases of the agenda and the synchronisation both write through here and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.tables import Base
from xrm_platform.store import new_id

from . import queries
from .drawing import LATE, MAX_TEXT, MAX_UID, Prepared, prepare
from .ical.components import Incomprehensible
from .tables import Event


@dataclass(frozen=True, slots=True)
class EventChange:
    """An event was written. `origin` is what `put` was given: whoever brought the change need not be told of it."""

    event: Event
    created: bool
    origin: str | None


AfterChange = Callable[[AsyncSession, EventChange], Awaitable[None]]
"""Called inside the transaction of the change, with its session: what it raises undoes the change. No network here."""


class EventStore:
    """`watch` adds who is called after each change, such as the synchronisation that marks its links."""

    def __init__(self) -> None:
        self._watchers: list[AfterChange] = []

    def watch(self, after_change: AfterChange) -> None:
        self._watchers.append(after_change)

    async def put(
        self,
        session: AsyncSession,
        *,
        base: Base,
        owner_id: str,
        text: str,
        by: str,
        now: datetime,
        event: Event | None = None,
        origin: str | None = None,
    ) -> Event:
        """Write `text` as `event`, or as a new one, or over the tombstone with its UID. The text is stored as it is.

        Raises `Incomprehensible` for what is no event, or too large.
        """
        prepared = await prepared_for(text, base, now)
        uid = prepared.columns["uid"]
        if event is None:
            event = await queries.event_by_uid(session, base_id=base.id, owner_id=owner_id, uid=uid)
            if event is not None and event.deleted_at is None:
                raise Incomprehensible("uid_taken", uid)
        created = event is None
        if event is None:
            event = Event(
                id=new_id(), base_id=base.id, owner_id=owner_id, rev=0, created_at=now, created_by=by, deleted_at=None
            )
            session.add(event)
        for name, value in prepared.columns.items():
            setattr(event, name, value)
        event.rev, event.changed_at, event.changed_by, event.deleted_at = event.rev + 1, now, by, None
        await session.flush()
        await write_drawn(session, event, prepared, now)
        await self._tell(session, EventChange(event, created, origin))
        return event

    async def put_new(
        self,
        session: AsyncSession,
        *,
        base: Base,
        owner_id: str,
        texts: Sequence[str],
        by: str,
        now: datetime,
        origin: str | None = None,
    ) -> list[str | Incomprehensible]:
        """`put` for many new events at once: in their order the id of each, or what `put` would have raised."""
        prepared = await asyncio.to_thread(_each_prepared, texts, base, now)
        uids = [one.columns["uid"] for one in prepared if isinstance(one, Prepared)]
        taken = await queries.taken_uids(session, base_id=base.id, owner_id=owner_id, uids=uids)
        owned = {"base_id": base.id, "owner_id": owner_id}
        fresh = {**owned, "rev": 1, "created_at": now, "created_by": by, "changed_at": now, "changed_by": by}
        waiting = {**owned, "state": "waiting", "note": "", "message_id": None}
        made: list[str | Incomprehensible] = []
        events: list[dict[str, Any]] = []
        occurrences: list[dict[str, Any]] = []
        reminders: list[dict[str, Any]] = []
        for one in prepared:
            if isinstance(one, Incomprehensible):
                made.append(one)
            elif one.columns["uid"] in taken:
                made.append(Incomprehensible("uid_taken", one.columns["uid"]))
            else:
                taken.add(one.columns["uid"])
                made.append(event_id := new_id())
                events.append({"id": event_id, **fresh, **one.columns})
                occurrences += [{"event_id": event_id, **owned, **row} for row in one.occurrences]
                reminders += [{"id": new_id(), "event_id": event_id, **waiting, **row} for row in one.reminders]
        await queries.add_events(session, events)
        await queries.add_occurrences(session, occurrences)
        await queries.add_reminders(session, reminders)
        for row in events if self._watchers else ():
            await self._tell(session, EventChange(Event(**row), created=True, origin=origin))
        return made

    async def remove(
        self, session: AsyncSession, event: Event, *, by: str, now: datetime, origin: str | None = None
    ) -> None:
        """Make a tombstone of an event: its text stays, nobody sees it and nobody is reminded of it."""
        event.rev, event.changed_at, event.changed_by, event.deleted_at = event.rev + 1, now, by, now
        await session.flush()
        await queries.replace_occurrences(
            session, base_id=event.base_id, event_id=event.id, owner_id=event.owner_id, rows=()
        )
        await queries.forget_waiting(session, base_id=event.base_id, event_id=event.id)
        await self._tell(session, EventChange(event, created=False, origin=origin))

    async def _tell(self, session: AsyncSession, change: EventChange) -> None:
        for watcher in self._watchers:
            await watcher(session, change)


def _each_prepared(texts: Sequence[str], base: Base, now: datetime) -> list[Prepared | Incomprehensible]:
    home = ZoneInfo(base.time_zone)
    prepared: list[Prepared | Incomprehensible] = []
    for text in texts:
        try:
            prepared.append(_prepared(text, home, now))
        except Incomprehensible as error:
            prepared.append(error)
    return prepared


async def prepared_for(text: str, base: Base, now: datetime) -> Prepared:
    """What is drawn from a text, worked out in a thread. Raises `Incomprehensible`."""
    return await asyncio.to_thread(_prepared, text, ZoneInfo(base.time_zone), now)


def _prepared(text: str, home: ZoneInfo, now: datetime) -> Prepared:
    if len(text) > MAX_TEXT:
        raise Incomprehensible("event_too_large")
    if "\0" in text:
        raise Incomprehensible("not_text")
    prepared = prepare(text, home, now)
    if not 0 < len(prepared.columns["uid"]) <= MAX_UID:
        raise Incomprehensible("uid_unusable")
    return prepared


async def write_drawn(session: AsyncSession, event: Event, prepared: Prepared, now: datetime) -> None:
    """The occurrences and reminders of an event in the place of those before. What was reminded of is not again."""
    await queries.replace_occurrences(
        session, base_id=event.base_id, event_id=event.id, owner_id=event.owner_id, rows=prepared.occurrences
    )
    await queries.forget_waiting(session, base_id=event.base_id, event_id=event.id)
    if not prepared.reminders:
        return
    done = await queries.reminders_done(session, base_id=event.base_id, event_id=event.id, since=now - LATE)
    owned = {"base_id": event.base_id, "owner_id": event.owner_id, "event_id": event.id}
    waiting = {"state": "waiting", "note": "", "message_id": None}
    await queries.add_reminders(
        session,
        [
            {"id": new_id(), **owned, **row, **waiting}
            for row in prepared.reminders
            if (row["key"], row["reminder"], row["due_at"]) not in done
        ],
    )
