"""What takes place when: days, weeks and months of people, when several are free, what overlaps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_scope
from xrm_platform.problems import Invalid, Missing
from xrm_platform.store import Store

from . import queries
from .beyond import rows_beyond
from .drawing import AHEAD, BEHIND, month_of
from .free import WorkingHours, free_slots
from .rights import Accesses
from .showing import occurrence_view
from .tables import OccurrenceRow
from .times import YEARS, day_span, month_span, week_span
from .views import OccurrenceView, OverlapView, SlotView

LONGEST_RANGE = timedelta(days=400)
MAX_OCCURRENCES = 20_000
MAX_PEOPLE = 50
MAX_OVERLAPS = 50
SHORTEST_SLOT = 5
LONGEST_SLOT = 24 * 60
SPANS = {"day": day_span, "week": week_span, "month": month_span}


class Schedule:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def view(
        self, actor: Actor, span: str, day: date, *, owner: str | None = None, team: str | None = None
    ) -> tuple[OccurrenceView, ...]:
        """The `day`, `week` or `month` that a day is in, by the clock of the base. Otherwise as `range`."""
        if span not in SPANS:
            raise Invalid.field("span", "unknown_choice", given=span[:20], allowed=", ".join(SPANS))
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
        since, until = SPANS[span](day, ZoneInfo(base.time_zone))
        return await self.range(actor, since, until, owner=owner, team=team)

    async def range(
        self,
        actor: Actor,
        since: datetime,
        until: datetime,
        *,
        owner: str | None = None,
        team: str | None = None,
    ) -> tuple[OccurrenceView, ...]:
        """What touches [`since`, `until`), by start: of the collaborator `owner`, of the manager `team` and all below,
        or of everybody whose agenda the actor sees. Private events of others are hidden.

        Raises `Forbidden`, `Missing`, and `Invalid` for a range that is too long or holds too much.
        """
        require_scope(actor, Scope.READ)
        _check_range(since, until, LONGEST_RANGE)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            accesses = await Accesses.of(session, actor)
            codes = await lookup.codes(session, base_id=actor.base_id)
            owners = await _owners(session, actor, accesses, codes, owner, team)
            rows = await self._rows(session, base.id, base.time_zone, owners, since, until)
        home = ZoneInfo(base.time_zone)

        def views() -> tuple[OccurrenceView, ...]:
            shown = (
                occurrence_view(
                    row, codes, home=home, hidden=row.private and not accesses.to(row.owner_id).sees_private
                )
                for row in rows
            )
            return tuple(sorted(shown, key=lambda one: (one.starts_at, one.owner, one.event, one.key)))

        return await asyncio.to_thread(views) if len(rows) > 500 else views()

    async def free_slots(
        self,
        actor: Actor,
        people: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        minutes: int = 60,
        hours: WorkingHours | None = None,
    ) -> tuple[SlotView, ...]:
        """When all of `people` (codes) are free for so long, within working hours. Whoever may use the agenda may ask
        it of anybody in the base: it tells when, never why."""
        require_scope(actor, Scope.READ)
        _check_range(since, until, timedelta(days=62))
        if not SHORTEST_SLOT <= minutes <= LONGEST_SLOT:
            raise Invalid.field("minutes", "slot_out_of_range", low=SHORTEST_SLOT, high=LONGEST_SLOT)
        if not 0 < len(people) <= MAX_PEOPLE:
            raise Invalid.field("people", "too_many_participants", limit=MAX_PEOPLE)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            await Accesses.of(session, actor)
            owners = [(await lookup.collaborator(session, base_id=base.id, code=code)).id for code in people]
            rows = await self._rows(session, base.id, base.time_zone, owners, since, until)
        busy = [(row.starts_at, row.ends_at) for row in rows if row.busy]
        slots = free_slots(
            busy, since, until, timedelta(minutes=minutes), hours or WorkingHours(), ZoneInfo(base.time_zone)
        )
        return tuple(SlotView(*slot) for slot in slots)

    async def overlaps(self, actor: Actor, event_id: str) -> tuple[OverlapView, ...]:
        """Where the owner of an event would be busy twice, from now on; the first fifty. Raises `Missing`."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            accesses = await Accesses.of(session, actor)
            event = await queries.event(session, base_id=base.id, event_id=event_id) if event_id.isprintable() else None
            if event is None or event.deleted_at is not None or not accesses.to(event.owner_id).sees:
                raise Missing("unknown_event", event=event_id[:40])
            codes = await lookup.codes(session, base_id=base.id)
            since = max(self._now(), event.starts_at or self._now())
            mine = await queries.occurrences_of(
                session, base_id=base.id, event_id=event.id, since=min(since, self._now()), limit=MAX_OVERLAPS
            )
            mine = [row for row in mine if row.busy]
            if not mine:
                return ()
            first, last = mine[0].starts_at, max(row.ends_at for row in mine)
            others = await queries.occurrences(
                session,
                base_id=base.id,
                owners=[event.owner_id],
                bucket=month_of(first),
                since=first,
                until=last,
                limit=MAX_OCCURRENCES,
                busy_only=True,
            )
        home = ZoneInfo(base.time_zone)
        hides = not accesses.to(event.owner_id).sees_private
        found = [
            OverlapView(
                row.key, row.starts_at, occurrence_view(other, codes, home=home, hidden=other.private and hides)
            )
            for row in mine
            for other in others
            if other.event_id != event.id and other.starts_at < row.ends_at and row.starts_at < other.ends_at
        ]
        return tuple(sorted(found, key=lambda one: (one.starts_at, one.other.starts_at))[:MAX_OVERLAPS])

    async def _rows(
        self, session: AsyncSession, base_id: str, zone: str, owners: Sequence[str], since: datetime, until: datetime
    ) -> Sequence[OccurrenceRow]:
        """Stored occurrences; outside of the time for which they are kept, those of series are worked out now."""
        if not owners:
            return ()
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        rows = list(
            await queries.occurrences(
                session,
                base_id=base_id,
                owners=owners,
                bucket=month_of(since),
                since=since,
                until=until,
                limit=MAX_OCCURRENCES + 1,
            )
        )
        now = self._now()
        if since < now - BEHIND / 2 or until > now + AHEAD / 2:
            series = await queries.series_beyond(session, base_id=base_id, owners=owners, since=since, until=until)
            rows += await asyncio.to_thread(rows_beyond, series, since, until, ZoneInfo(zone))
        if len(rows) > MAX_OCCURRENCES:
            raise Invalid.field("to", "range_too_full", limit=MAX_OCCURRENCES)
        return rows


async def _owners(
    session: AsyncSession,
    actor: Actor,
    accesses: Accesses,
    codes: Mapping[str, str],
    owner: str | None,
    team: str | None,
) -> list[str]:
    if owner is not None and team is not None:
        raise Invalid.field("team", "owner_or_team")
    if owner is None and team is None:
        return [one for one in codes if accesses.to(one).sees]
    found = await lookup.collaborator(session, base_id=actor.base_id, code=owner or team or "")
    owners = {found.id}
    if team is not None:
        owners |= await lookup.below(session, base_id=actor.base_id, collaborator_id=found.id)
    for one in owners:
        accesses.require_sees(one, codes[one])
    return sorted(owners)


def _check_range(since: datetime, until: datetime, longest: timedelta) -> None:
    for name, time in (("from", since), ("to", until)):
        if time.tzinfo is None:
            raise Invalid.field(name, "time_without_zone")
        if not YEARS[0] < time.year < YEARS[1]:
            raise Invalid.field(name, "day_out_of_range", first=YEARS[0], last=YEARS[1])
    if until <= since:
        raise Invalid.field("to", "range_backwards")
    if until - since > longest:
        raise Invalid.field("to", "range_too_long", days=longest.days)
