"""Writes to a calendar what waits in the outbox of its link.

What is about to be written is committed before the call, and what came of it right after. A kill in between loses
nothing: the key of a new event and the version of a changed one let our own work be recognised.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.tables import Event
from xrm_platform.messaging.pace import Pace
from xrm_platform.providers import (
    AccountError,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    RemoteEvent,
    TransientError,
)

from . import event_queries, queries
from .pairs import NEVER_LISTED, agree, agreed_of, key_of, pair_of, park
from .plan import Do, Pair, Planned, agreeing, plan
from .run_log import snapshot
from .said import same
from .tables import EventLink
from .taking import apply_here
from .work import Work

MOST_ATTEMPTS = 5
"""How often what changed on the other side meanwhile is tried before it is parked."""


@dataclass(frozen=True, slots=True)
class Write:
    """One call that is about to be made. `again` is set when it is the repetition of one whose answer was lost."""

    row_id: str
    key: str
    did: Do
    ours: str
    theirs: str
    event: RemoteEvent | None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    write: Write
    result: RemoteEvent | ProviderError | None


class Push:
    """One emptying of the outbox. Afterwards `again` tells that the calendar has to be read before the rest can be
    written, and `stopped` why nothing more can be written now."""

    def __init__(self, work: Work, pace: Pace) -> None:
        self.again = False
        self.stopped: ProviderError | None = None
        self._work = work
        self._pace = pace
        self._connections = work.driver.descriptor.limits.connections
        self._once_more = False

    async def finish_begun(self) -> None:
        """Make what was being made when the answer was lost, before anything is read: else it would come back as
        somebody else's. Raises the `ProviderError` for which it is not known even now."""
        link = self._work.link
        async with self._work.store.read() as session:
            ids = deque(await event_queries.begun(session, base_id=link.base_id, link_id=link.id))
        while ids and self.stopped is None:
            async with self._work.transaction() as session:
                rows = await event_queries.by_ids(session, base_id=link.base_id, ids=[ids.popleft()])
                writes = [
                    Write(row.id, key_of(row), Do.MAKE, row.sent_ours, row.sent_theirs, None, again=True)
                    for row in rows
                    if row.sent_ours is not None and row.sent_theirs is not None
                ]
            await self._carry_out(writes)
        if self.stopped is not None:
            raise self.stopped

    async def run(self) -> None:
        """Until nothing is left that can be written now."""
        after = ""
        held = await self._hold_deletions()
        while self.stopped is None and not self._work.stopping.is_set():
            async with self._work.transaction() as session:
                ids = await event_queries.dirty(
                    session,
                    base_id=self._work.link.base_id,
                    link_id=self._work.link.id,
                    after=after,
                    limit=max(8, 2 * self._connections),
                )
                writes = await self._begin(session, ids, held=held) if ids else []
            if ids:
                after = ids[-1]
                await self._carry_out(writes)
            elif self._once_more:
                self._once_more, after = False, ""
            else:
                return

    async def _hold_deletions(self) -> bool:
        """Whether there are so many deletions that somebody has to agree to them first."""
        link = self._work.link
        async with self._work.transaction() as session:
            counts = await event_queries.counted(session, base_id=link.base_id, link_id=link.id)
            held = self._work.brake.holds(counts["deleted_here"], counts["linked"])
            waiting = counts["deleted_here"] if held else 0
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values={"held_there": waiting})
        return held

    async def _begin(self, session: AsyncSession, ids: Collection[str], *, held: bool) -> list[Write]:
        """Decide what to write for these, and note it."""
        base_id = self._work.link.base_id
        rows = await event_queries.by_ids(session, base_id=base_id, ids=ids)
        events = await event_queries.events(
            session, base_id=base_id, ids=[row.event_id for row in rows if row.event_id]
        )
        pairs = [self._pair(row, events.get(row.event_id or "")) for row in rows]
        writes = []
        for row, planned in zip(rows, await asyncio.to_thread(plan, pairs, self._work.link.direction), strict=True):
            if row.ref is not None and row.agreed_ours is None:
                park(row, "event_not_understood", {})
                continue
            did = planned.step.there
            if did is Do.KEEP or planned.step.parked:
                await apply_here(session, self._work, row, events.get(row.event_id or ""), planned)
            elif did is not Do.DROP or row.released or not held:
                writes.append(self._noted(row, planned))
        return writes

    def _pair(self, row: EventLink, event: Event | None) -> Pair:
        agreed = agreed_of(row)
        return pair_of(row, event, None if agreed is None else agreed.event())

    def _noted(self, row: EventLink, planned: Planned) -> Write:
        ours, theirs = planned.pair.ours or "", planned.step.theirs
        if planned.step.there is not Do.DROP:
            row.sent_ours, row.sent_theirs = ours, theirs
        return Write(row.id, key_of(row), planned.step.there, ours, theirs, planned.pair.theirs)

    async def _carry_out(self, writes: Sequence[Write]) -> None:
        """Make the calls, as many at once as the provider takes, and commit what has arrived together."""
        waiting = deque(writes)
        calls: dict[asyncio.Task[RemoteEvent | ProviderError | None], Write] = {}
        while waiting or calls:
            while waiting and len(calls) < self._connections and self.stopped is None:
                write = waiting.popleft()
                calls[asyncio.create_task(self._call(write))] = write
            if not calls:
                return
            done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
            await self._note([Written(calls.pop(task), task.result()) for task in done])

    async def _call(self, write: Write) -> RemoteEvent | ProviderError | None:
        await self._pace.wait(1)
        calendar, driver = self._work.link.calendar, self._work.driver
        event, key, ical = write.event, write.key, write.theirs
        answer: RemoteEvent | None = None
        try:
            if event is None:
                answer = await driver.call("create", lambda made: made.create(calendar, key, ical), effect=True)
            elif write.did is Do.CHANGE:
                answer = await driver.call("update", lambda made: made.update(calendar, event, ical), effect=True)
            else:
                await driver.call("delete", lambda made: made.delete(calendar, event), effect=True)
        except ProviderError as error:
            return error
        return answer

    async def _note(self, written: Sequence[Written]) -> None:
        base_id = self._work.link.base_id
        async with self._work.transaction() as session:
            rows = {
                row.id: row
                for row in await event_queries.by_ids(
                    session, base_id=base_id, ids=[one.write.row_id for one in written]
                )
            }
            ids = [row.event_id for row in rows.values() if row.event_id is not None]
            events = await event_queries.events(session, base_id=base_id, ids=ids)
            for one in written:
                row = rows.get(one.write.row_id)
                if row is None:
                    continue
                if isinstance(one.result, ProviderError):
                    self._failed(row, one.write, one.result)
                else:
                    await self._succeeded(session, row, events.get(row.event_id or ""), one.write, one.result)

    async def _succeeded(
        self, session: AsyncSession, row: EventLink, event: Event | None, write: Write, answer: RemoteEvent | None
    ) -> None:
        before = snapshot(row)
        old = write.event.ical if write.event is not None else ""
        if answer is None:
            await self._work.log.effect(session, row, before, "there", Do.DROP, old, "")
            if event is None or event.deleted_at is not None:
                await session.delete(row)
            else:
                agree(row, None, waiting=True, now=self._work.now())
            return
        new = answer.ical if write.did is Do.CHANGE else ""
        await self._work.log.effect(session, row, before, "there", write.did, old, new)
        ours = None if event is None or event.deleted_at is not None else event.ical
        if write.again and ours is not None and not same(answer.ical, write.theirs):
            # Made by the earlier attempt, and perhaps changed since: both are looked at as on a first meeting.
            (planned,) = plan([pair_of(row, event, answer)], self._work.link.direction)
            await apply_here(session, self._work, row, event, planned)
            return
        agree(row, agreeing(answer, write.ours), waiting=ours != write.ours, now=self._work.now())
        if write.did is Do.MAKE:
            row.seen_pass = NEVER_LISTED
        if answer.unsaid:
            row.reason, row.reason_params = "unsaid", {"names": ", ".join(answer.unsaid)[:200]}

    def _failed(self, row: EventLink, write: Write, error: ProviderError) -> None:
        """Keep what the failure means: try later, read first, or give this one event up."""
        busy = isinstance(error, TransientError) and not isinstance(error, RateLimited)
        if busy and self._connections > 1:
            # Some servers lock a calendar for each write: what several connections cannot do, one may.
            self._connections, self._once_more = 1, True
            return
        if isinstance(error, TransientError | OutcomeUnknown | AccountError):
            self.stopped = self.stopped or error
            return
        row.attempts += 1
        met_another = isinstance(error, Conflict | NotFound) and write.did is not Do.MAKE
        if met_another and row.attempts < MOST_ATTEMPTS:
            self.again = True
            return
        if isinstance(error, Conflict) and error.code == "deleted_meanwhile" and row.attempts < MOST_ATTEMPTS:
            row.sent_ours = row.sent_theirs = None
            row.generation += 1
            self.again = True
            return
        if isinstance(error, NotFound):
            self.stopped = self.stopped or error
            return
        self._work.log.counts["parked"] += 1
        park(row, error.code[:100], {**error.params, "detail": error.detail} if error.detail else error.params)


def retry_after(error: ProviderError) -> timedelta | None:
    """How long the vendor asked to wait."""
    return error.retry_after if isinstance(error, RateLimited) else None
