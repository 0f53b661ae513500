"""Takes back what a run did, on both sides, one thing at a time, the last first.

What somebody changed since stays as it is now. A kill in the middle leaves the rest to be taken back by the next call.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.ical.components import Incomprehensible
from xrm_platform.agenda.tables import Event
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Conflict, NotFound, ProviderError

from . import event_queries, queries
from .pairs import agreed_of
from .plan import Do
from .run_log import COUNTED
from .said import same
from .states import RunState
from .tables import EventLink, SyncEffect, SyncRun
from .work import Link, Ran, Work

if TYPE_CHECKING:
    from xrm_platform.providers import RemoteEvent

    from .syncing import Syncing

BATCH = 50
_OPPOSITE = {Do.MAKE: "dropped", Do.CHANGE: "changed", Do.DROP: "made"}


class Undoing:
    def __init__(self, syncing: Syncing) -> None:
        self._syncing = syncing

    async def undo(self, link: Link) -> Ran:
        """Raises `Conflicting` when there is nothing to undo, or the link is being synchronised."""
        counts: Counter[str] = Counter()
        error: ProviderError | None = None
        async with self._syncing.working(link) as work:
            run = await self._begin(work)
            try:
                await self._take_back(work, run, counts)
            except ProviderError as raised:
                error = raised
            else:
                await self._end(work, run)
        return Ran({name: counts[name] for name in COUNTED}, error)

    async def _begin(self, work: Work) -> SyncRun:
        link = work.link
        async with work.transaction() as session:
            run = await queries.run_with_effects(session, base_id=link.base_id, link_id=link.id)
            if run is None:
                raise Conflicting("nothing_to_undo", calendar=link.row.name)
            run.state = RunState.UNDOING
            await queries.update_link(
                session, base_id=link.base_id, link_id=link.id, values={"auto_sync": False, "next_run_at": None}
            )
        return run

    async def _take_back(self, work: Work, run: SyncRun, counts: Counter[str]) -> None:
        while True:
            async with work.store.read() as session:
                effects = await queries.effects(session, base_id=work.link.base_id, run_id=run.id, limit=BATCH)
            if not effects:
                return
            for effect in effects:
                answer: RemoteEvent | None = None
                there = effect.side == "there" and await self._there(work, effect)
                if isinstance(there, tuple):
                    answer = there[0]
                async with work.transaction() as session:
                    done = bool(there) if effect.side == "there" else await self._here(session, work, effect)
                    if done:
                        await _restore(session, work, effect, answer)
                        counts[f"{_OPPOSITE[Do(effect.did)]}_{effect.side}"] += 1
                    else:
                        counts["conflicts"] += 1
                    (await session.merge(effect)).undone = True

    async def _there(self, work: Work, effect: SyncEffect) -> tuple[RemoteEvent | None] | None:
        """What is there now that it is as before; None when somebody changed it since."""
        calendar = work.link.calendar
        async with work.store.read() as session:
            rows = await event_queries.by_ids(session, base_id=work.link.base_id, ids=[effect.event_link_id])
        agreed = agreed_of(rows[0]) if rows else None
        try:
            if effect.did == Do.DROP:
                key = f"undo-{effect.id}"
                made = await work.driver.call(
                    "create", lambda driver: driver.create(calendar, key, effect.before), effect=True
                )
                return (made,)
            if agreed is None or (effect.did == Do.CHANGE and not same(agreed.theirs, effect.after)):
                return None
            event = agreed.event()
            if effect.did == Do.MAKE:
                await work.driver.call("delete", lambda driver: driver.delete(calendar, event), effect=True)
                return (None,)
            changed = await work.driver.call(
                "update", lambda driver: driver.update(calendar, event, effect.before), effect=True
            )
        except (Conflict, NotFound):
            return None
        return (changed,)

    async def _here(self, session: AsyncSession, work: Work, effect: SyncEffect) -> bool:
        """Whether the event here is as before."""
        events = await event_queries.events(session, base_id=work.link.base_id, ids=[effect.event_id])
        event = events.get(effect.event_id)
        if event is None or (event.deleted_at is None) == (effect.did == Do.DROP):
            return False
        if effect.did == Do.CHANGE and not same(event.ical, effect.after):
            return False
        if effect.did == Do.MAKE and not await self._as_it_came(session, work, event, effect):
            return False
        return await _put_back(session, work, event, effect)

    async def _as_it_came(self, session: AsyncSession, work: Work, event: Event, effect: SyncEffect) -> bool:
        """Whether nobody changed an event here since it was brought in."""
        rows = await event_queries.by_ids(session, base_id=work.link.base_id, ids=[effect.event_link_id])
        return bool(rows) and rows[0].agreed_ours is not None and same(event.ical, rows[0].agreed_ours)

    async def _end(self, work: Work, run: SyncRun) -> None:
        link = work.link
        async with work.transaction() as session:
            found = await queries.run(session, base_id=link.base_id, run_id=run.id)
            if found is not None:
                found.state, found.finished_at = RunState.UNDONE, work.now()
            await queries.update_link(
                session,
                base_id=link.base_id,
                link_id=link.id,
                values={"cursor": run.cursor_before, "held_here": 0, "held_there": 0},
            )


async def _put_back(session: AsyncSession, work: Work, event: Event, effect: SyncEffect) -> bool:
    link = work.link
    by: dict[str, Any] = {"by": f"undo:{link.row.name}", "now": work.now(), "origin": link.id}
    if effect.did == Do.MAKE:
        await work.events.remove(session, event, **by)
        return True
    try:
        text = effect.before or event.ical
        await work.events.put(session, base=link.base, owner_id=link.owner_id, text=text, event=event, **by)
    except Incomprehensible:
        return False
    return True


async def _restore(session: AsyncSession, work: Work, effect: SyncEffect, answer: RemoteEvent | None) -> None:
    """The event's link as it was before; what was made there anew has another name and version by now."""
    rows = await event_queries.by_ids(session, base_id=work.link.base_id, ids=[effect.event_link_id])
    row = rows[0] if rows else None
    before = dict(effect.link_before)
    if effect.did == Do.MAKE and effect.side == "here":
        if row is not None:
            await session.delete(row)
        return
    if row is None:
        row = EventLink(id=effect.event_link_id, base_id=effect.base_id, link_id=work.link.id, changed_at=work.now())
        session.add(row)
    for name, value in before.items():
        setattr(row, name, value)
    if effect.did == Do.MAKE and effect.side == "there":
        row.generation += 1  # the key is used up there
    if answer is not None:
        row.ref, row.remote_uid, row.etag = answer.ref, answer.uid, answer.etag
        row.agreed_theirs = answer.ical
    row.missing = row.released = False
    row.sent_ours = row.sent_theirs = None
