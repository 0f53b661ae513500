"""Wishes that gave way to others, shown and decided anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.ical.components import Incomprehensible
from xrm_platform.agenda.ical.files import holds_private, masked
from xrm_platform.agenda.ical.strangers import without_strange_reminders
from xrm_platform.agenda.storing import EventStore
from xrm_platform.agenda.tables import Event
from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import event_queries, queries
from .access import HIDDEN, link_for, require_own, sees_private
from .merge import carried, chosen
from .plan import Kind
from .said import Unsaid
from .tables import SyncConflict
from .views import ConflictView

MINE, THEIRS = "mine", "theirs"
MOST_LINKS = 500


class Conflicts:
    def __init__(self, store: Store, events: EventStore, now: Callable[[], datetime]) -> None:
        self._store = store
        self._events = events
        self._now = now

    async def list(
        self,
        actor: Actor,
        owner: str,
        *,
        link: str | None = None,
        open_only: bool = True,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[ConflictView]:
        """Those of the agenda of `owner`, or of one link of it, newest first. Of private events of others only the
        times."""
        check_page(after, limit)
        async with self._store.read() as session:
            person = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
            require_own(actor, person.id, person.code)
            links = await queries.links(
                session, base_id=actor.base_id, owner_id=person.id, after=None, limit=MOST_LINKS
            )
            ids = [row.id for row in links if link in (None, row.id)]
            if link is not None and not ids:
                raise Missing("unknown_calendar_link", link=link[:40])
            rows = await queries.conflicts(
                session, base_id=actor.base_id, link_ids=ids, open_only=open_only, before=after, limit=limit + 1
            )
            page = page_of(rows, limit, lambda row: row.id)
            views = await _views(session, actor, person.id, page.items)
        return Page(tuple(views), page.next)

    async def resolve(self, actor: Actor, conflict_id: str, keep: str) -> ConflictView:
        """Keep `mine`, what the agenda had, or `theirs`, what the calendar had. What is kept is written to the event
        as it is now, as far as the conflict was about it, and goes out to all calendars.

        Raises `Missing`, `Forbidden`, `Invalid`, and `Conflicting` when it was decided before, or cannot be any more.
        """
        if keep not in (MINE, THEIRS):
            raise Invalid.field("keep", "unknown_choice", given=keep[:40], allowed=f"{MINE}, {THEIRS}")
        async with self._store.write() as session:
            row = None
            if conflict_id.isprintable():
                row = await queries.conflict(session, base_id=actor.base_id, conflict_id=conflict_id)
            if row is None:
                raise Missing("unknown_sync_conflict", conflict=conflict_id[:40])
            link_row, _ = await link_for(session, actor, row.link_id)
            if row.resolved_at is not None:
                raise Conflicting("sync_conflict_resolved", conflict=row.title)
            if (keep == THEIRS) == row.theirs_lost:
                await self._put(session, actor, row, keep)
            row.resolution, row.resolved_at, row.resolved_by = keep, self._now(), actor.name
            audit.record(
                session,
                actor,
                action="sync_conflict.resolved",
                subject="event",
                subject_id=row.event_id,
                changes={"keep": [None, keep]},
                at=self._now(),
            )
            (view,) = await _views(session, actor, link_row.collaborator_id, [row])
        return view

    async def _put(self, session: AsyncSession, actor: Actor, row: SyncConflict, keep: str) -> None:
        """Let the side that gave way have it after all."""
        events = await event_queries.events(session, base_id=actor.base_id, ids=[row.event_id])
        event = events.get(row.event_id)
        if event is None:
            raise Conflicting("sync_conflict_outdated", conflict=row.title)
        wanted = row.theirs if keep == THEIRS else row.ours
        if not wanted:
            if event.deleted_at is None:
                await self._events.remove(session, event, by=actor.name, now=self._now())
            return
        base = await lookup.base(session, base_id=actor.base_id)
        text = await asyncio.to_thread(_decided, event, wanted, row)
        if text is None:
            raise Conflicting("sync_conflict_outdated", conflict=row.title)
        try:
            await self._events.put(
                session,
                base=base,
                owner_id=event.owner_id,
                text=text,
                by=actor.name,
                now=self._now(),
                event=event,
            )
        except Incomprehensible as error:
            raise Conflicting("sync_conflict_outdated", conflict=row.title) from error


def _decided(event: Event, wanted: str, row: SyncConflict) -> str | None:
    """The text of the event as it is to be; None when that cannot be said any more."""
    try:
        if row.kind != Kind.BOTH_CHANGED and not row.units:
            text = carried(event.ical, event.ical, wanted)
        else:
            text = chosen(event.ical, wanted, [(which, name) for which, name in row.units])
    except Unsaid:
        return None
    return without_strange_reminders(text, event.ical + row.ours)


async def _views(
    session: AsyncSession, actor: Actor, owner_id: str, rows: Sequence[SyncConflict]
) -> Sequence[ConflictView]:
    if sees_private(actor, owner_id):
        return [conflict_view(row) for row in rows]
    private = await event_queries.private_ones(session, base_id=actor.base_id, ids=[row.event_id for row in rows])
    return await asyncio.to_thread(_without_private, rows, private)


def _without_private(rows: Sequence[SyncConflict], private: Collection[str]) -> list[ConflictView]:
    """Reads the texts: blocking."""
    return [
        conflict_view(row, hidden=row.event_id in private or any(map(holds_private, (row.ours, row.theirs))))
        for row in rows
    ]


def conflict_view(row: SyncConflict, *, hidden: bool = False) -> ConflictView:
    """`hidden`: with nothing but the times of what both sides had."""
    names = dict.fromkeys(f"{name} ({which})" if which else str(name) for which, name in row.units)
    return ConflictView(
        id=row.id,
        link=row.link_id,
        event=row.event_id,
        at=row.at,
        kind=row.kind,
        theirs_lost=row.theirs_lost,
        title=HIDDEN if hidden else row.title,
        properties=tuple(names),
        ours=masked(row.ours, HIDDEN) if hidden else row.ours,
        theirs=masked(row.theirs, HIDDEN) if hidden else row.theirs,
        resolution=row.resolution,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
    )
