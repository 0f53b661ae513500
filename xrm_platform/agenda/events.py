"""Events put into an agenda, changed, moved, cancelled and deleted, by the owner or the manager."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import queries
from .asking import as_changes, organizer_of, participant_of, people_named
from .checks import check
from .editing import Edit, Target, edited, item_at, require_rev, with_organizer
from .ical.changes import Changes
from .ical.editing import calendar_of, composed, drop_occurrence, is_anything
from .ical.recurrence import Series, read_series
from .invitations.noting import INVITE
from .invitations.queries import last_requests as invited_to
from .noting import note_change, note_for_owner
from .own_edits import OwnEdits, Writing
from .refusing import as_problems
from .requests import EventChanges, EventGiven, Part, When
from .rights import Accesses
from .showing import event_view, hidden_view
from .tables import Event
from .times import is_usable
from .views import AgendaEventView

REMIND = "remind"
"""The job that reminds and tells."""


class Agenda:
    """`part` of a series and the `occurrence` (a key) that it is about are given together; what happens once needs
    neither. `rev`, where it is given, must still be the event's: else `Conflicting`, for somebody changed it meanwhile.
    """

    def __init__(self, store: Store, edits: OwnEdits, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._edits = edits
        self._wake = wake
        self._now = now

    async def add(self, actor: Actor, given: EventGiven) -> AgendaEventView:
        """Raises `Forbidden`, `Missing` for an unknown owner, `Invalid` with all that is wrong."""
        now = self._now()
        async with self._store.write() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            owner = await lookup.sender(session, base_id=base.id, code=given.owner)
            accesses = await Accesses.of(session, actor)
            accesses.require_changes(owner.id, owner.code)
            if not owner.active:
                raise Conflicting("owner_inactive", owner=owner.code)
            wanted = as_changes(given)
            zone = given.zone or base.time_zone
            people = await people_named(session, base.id, given.participants)
            changes = check(wanted, item=None, zone=zone, country=base.country, people=people)
            home = ZoneInfo(base.time_zone)
            with as_problems():
                changes = with_organizer(changes, participant_of(owner) if owner.email else None)
                text = await asyncio.to_thread(composed, str(uuid4()), changes, now, home)
                writing = Writing(session, actor, base, owner.id, now)
                event = await self._edits.put(writing, None, text)
            view = await self._view(session, event, owner.code, home)
            note_change(session, actor, "event.created", None, view, now)
            await note_for_owner(session, actor, "created", event, now)
        self._wake_all()
        return _for(accesses, view, event)

    async def get(self, actor: Actor, event_id: str) -> AgendaEventView:
        """Raises `Missing` for an event that is not there or not for the actor to see."""
        async with self._store.read() as session:
            event, owner, accesses = await self._found(session, actor, event_id)
            base = await lookup.base(session, base_id=actor.base_id)
            hidden = event.private and not accesses.to(event.owner_id).sees_private
            return await self._view(session, event, owner, ZoneInfo(base.time_zone), hidden=hidden)

    async def ical(self, actor: Actor, event_id: str) -> str:
        """The text of an event as it is stored. Raises `Missing`, also for somebody else's private event."""
        async with self._store.read() as session:
            event, _, accesses = await self._found(session, actor, event_id)
        if event.private and not accesses.to(event.owner_id).sees_private:
            raise Missing("unknown_event", event=event_id)
        return event.ical

    async def list(
        self,
        actor: Actor,
        *,
        owner: str | None = None,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[AgendaEventView]:
        """The events of an agenda, or of all that the actor sees, in the order in which they were made."""
        check_page(after, limit)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            accesses = await Accesses.of(session, actor)
            codes = await lookup.codes(session, base_id=actor.base_id)
            if owner is None:
                owners = [one for one, code in codes.items() if accesses.to(one).sees]
            else:
                found = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
                owners = [found.id]
            for one in owners:
                accesses.require_sees(one, codes[one])
            rows = await queries.events(session, base_id=base.id, owners=owners, after=after, limit=limit + 1)
            page = page_of(rows, limit, lambda row: row.id)
            invited = await invited_to(session, base_id=base.id, event_ids=[row.id for row in page.items])

        def views() -> tuple[AgendaEventView, ...]:
            home = ZoneInfo(base.time_zone)
            return tuple(
                event_view(
                    row,
                    owner=codes[row.owner_id],
                    home=home,
                    hidden=row.private and not accesses.to(row.owner_id).sees_private,
                    invited=invited.get(row.id),
                )
                for row in page.items
            )

        return Page(await asyncio.to_thread(views), page.next)

    async def change(
        self,
        actor: Actor,
        event_id: str,
        changes: EventChanges,
        *,
        part: Part | None = None,
        occurrence: str | None = None,
        rev: int | None = None,
    ) -> AgendaEventView:
        """Change an event, one occurrence, or one and all that follow: these become an event of their own, which is
        returned.

        Raises `Missing`, `Forbidden`, `Invalid`, and `Conflicting` when the rule of a series must be given too.
        """
        return await self._change(actor, event_id, changes, part, occurrence, rev, "changed")

    async def move(
        self,
        actor: Actor,
        event_id: str,
        start: When,
        end: When | None = None,
        *,
        part: Part | None = None,
        occurrence: str | None = None,
        rev: int | None = None,
    ) -> AgendaEventView:
        """To another time; without `end` it lasts as long as before. Otherwise as `change`."""
        changes = EventChanges(start=start)
        if end is not None:
            changes["end"] = end
        return await self._change(actor, event_id, changes, part, occurrence, rev, "moved")

    async def cancel(
        self,
        actor: Actor,
        event_id: str,
        *,
        part: Part | None = None,
        occurrence: str | None = None,
        rev: int | None = None,
    ) -> AgendaEventView:
        """It will not take place, and stays to be seen as cancelled; nobody is reminded of it."""
        return await self._change(actor, event_id, EventChanges(status="cancelled"), part, occurrence, rev, "cancelled")

    async def delete(
        self,
        actor: Actor,
        event_id: str,
        *,
        part: Part | None = None,
        occurrence: str | None = None,
        rev: int | None = None,
    ) -> AgendaEventView | None:
        """Take an event out of the agenda, or an occurrence, or one and all that follow. What is left of the event."""
        now = self._now()
        async with self._store.write() as session:
            event, owner, accesses = await self._found(session, actor, event_id, for_update=True)
            accesses.require_changes(event.owner_id, owner, private=event.private)
            base = await lookup.base(session, base_id=actor.base_id)
            home = ZoneInfo(base.time_zone)
            require_rev(event, rev)
            before = event_view(event, owner=owner, home=home)
            with as_problems():
                target = Target.of(read_series(calendar_of(event.ical)), part, occurrence)
                left = await _left(event.ical, target, Edit(Changes(), now, home))
                writing = Writing(session, actor, base, event.owner_id, now)
                if left is None:
                    await self._edits.remove(writing, event)
                else:
                    await self._edits.put(writing, event, left)
            after = None if left is None else await self._view(session, event, owner, home)
            note_change(session, actor, "event.deleted", before, after, now)
            await note_for_owner(session, actor, "deleted", event, now)
        self._wake_all()
        return after

    async def _change(
        self,
        actor: Actor,
        event_id: str,
        given: EventChanges,
        part: Part | None,
        occurrence: str | None,
        rev: int | None,
        what: str,
    ) -> AgendaEventView:
        now = self._now()
        async with self._store.write() as session:
            event, owner, accesses = await self._found(session, actor, event_id, for_update=True)
            accesses.require_changes(event.owner_id, owner, private=event.private)
            base = await lookup.base(session, base_id=actor.base_id)
            require_rev(event, rev)
            home = ZoneInfo(base.time_zone)
            before = event_view(event, owner=owner, home=home)
            with as_problems():
                series = read_series(calendar_of(event.ical))
                target = Target.of(series, part, occurrence)
                edit = await self._edit(session, base, event, series, target, given, now)
                text, second = await edited(event.ical, target, edit)
                writing = Writing(session, actor, base, event.owner_id, now)
                if second is None or await asyncio.to_thread(is_anything, text, home):
                    made = await self._edits.put(writing, event, text)
                else:
                    await self._edits.remove(writing, event)
                if second is not None:
                    made = await self._edits.put(writing, None, second)
            after = await self._view(session, made, owner, home)
            note_change(session, actor, f"event.{what}", before, after, now)
            await note_for_owner(session, actor, what, made, now)
        self._wake_all()
        return _for(accesses, after, made)

    async def _view(
        self, session: AsyncSession, event: Event, owner: str, home: ZoneInfo, *, hidden: bool = False
    ) -> AgendaEventView:
        invited = await invited_to(session, base_id=event.base_id, event_ids=[event.id])
        return event_view(event, owner=owner, home=home, hidden=hidden, invited=invited.get(event.id))

    def _wake_all(self) -> None:
        """After the commit: what is due now of what was noted."""
        self._wake(REMIND)
        self._wake(INVITE)

    async def _edit(
        self,
        session: AsyncSession,
        base: Base,
        event: Event,
        series: Series,
        target: Target,
        given: EventChanges,
        now: datetime,
    ) -> Edit:
        """What is given, checked against what is changed: the event, or the occurrence."""
        home = ZoneInfo(base.time_zone)
        if target.part is Part.THIS and "recurrence" in given:
            raise Invalid.field("recurrence", "recurrence_of_one")
        zone = given.get("zone") or (event.zone if is_usable(event.zone) else base.time_zone)
        people = await people_named(session, base.id, given.get("participants", ()))
        changes = check(given, item=item_at(series, target, home), zone=zone, country=base.country, people=people)
        return Edit(with_organizer(changes, await organizer_of(session, event)), now, home)

    async def _found(
        self, session: AsyncSession, actor: Actor, event_id: str, *, for_update: bool = False
    ) -> tuple[Event, str, Accesses]:
        """The event, the code of its owner, and what the actor may."""
        accesses = await Accesses.of(session, actor)
        event = None
        if event_id.isprintable():
            event = await queries.event(session, base_id=actor.base_id, event_id=event_id, for_update=for_update)
        if event is None or event.deleted_at is not None or not accesses.to(event.owner_id).sees:
            raise Missing("unknown_event", event=event_id[:40])
        codes = await lookup.codes(session, base_id=actor.base_id)
        owner = codes[event.owner_id]
        if not for_update:
            accesses.require_sees(event.owner_id, owner)
        return event, owner, accesses


def _for(accesses: Accesses, view: AgendaEventView, event: Event) -> AgendaEventView:
    """What the one who wrote it is shown: a manager who made an event private no longer sees more than its time."""
    if not event.private or accesses.to(event.owner_id).sees_private:
        return view
    return hidden_view(view)


async def _left(text: str, target: Target, edit: Edit) -> str | None:
    """What is left of an event without a part of it; None for nothing."""
    if target.part is Part.SERIES:
        return None
    if target.part is Part.FOLLOWING:
        left, _ = await edited(text, target, edit)
    else:
        left = await asyncio.to_thread(drop_occurrence, text, target.key, edit.now, edit.home)
    return left if left is not None and await asyncio.to_thread(is_anything, left, edit.home) else None
