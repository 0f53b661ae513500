"""What a run did, counted, and kept in a form in which it can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.store import new_id

from . import queries
from .plan import Do
from .states import RunState
from .tables import CalendarLink, EventLink, SyncEffect, SyncRun

KEPT_RUNS = 50
COUNTED = (
    "read",
    "made_here",
    "changed_here",
    "dropped_here",
    "made_there",
    "changed_there",
    "dropped_there",
    "conflicts",
    "parked",
)
_DID = {Do.MAKE: "made", Do.CHANGE: "changed", Do.DROP: "dropped"}
SNAPSHOT = (
    "event_id",
    "ref",
    "remote_uid",
    "etag",
    "agreed_ours",
    "agreed_theirs",
    "generation",
    "state",
    "reason",
    "reason_params",
)


def snapshot(row: EventLink) -> dict[str, Any]:
    """An event's link as it is, to be put back."""
    return {name: getattr(row, name) for name in SNAPSHOT}


class RunLog:
    """The row of the run is written when there is something to tell: a run that finds nothing leaves none."""

    def __init__(self, link: CalendarLink, now: Callable[[], datetime]) -> None:
        self.counts: Counter[str] = Counter()
        self.run_id = new_id()
        self.started_at = now()
        self._link = link
        self._now = now

    async def effect(
        self, session: AsyncSession, row: EventLink, before: dict[str, Any], side: str, did: Do, old: str, new: str
    ) -> None:
        """`did` was done to an event on one `side`, which said `old` before and says `new` now. `before` is the
        snapshot of its link. What was made needs no text: what it said is what both agreed on."""
        self.counts[f"{_DID[did]}_{side}"] += 1
        await self._begin(session)
        session.add(
            SyncEffect(
                id=new_id(),
                base_id=row.base_id,
                run_id=self.run_id,
                event_id=row.event_id or "",
                event_link_id=row.id,
                side=side,
                did=did,
                before=old,
                after=new,
                link_before=before,
            )
        )

    async def brought_in(self, session: AsyncSession, rows: Sequence[EventLink]) -> None:
        """The same for many events that are new here."""
        if not rows:
            return
        self.counts["made_here"] += len(rows)
        await self._begin(session)
        common = {"base_id": self._link.base_id, "run_id": self.run_id, "side": "here", "did": Do.MAKE}
        empty: dict[str, Any] = {"before": "", "after": "", "link_before": {}, "undone": False}
        await queries.add_effects(
            session,
            [{"id": new_id(), "event_id": row.event_id, "event_link_id": row.id, **common, **empty} for row in rows],
        )

    async def save(self, session: AsyncSession) -> None:
        """Write the counts, so that progress can be seen, if there is anything to tell."""
        if any(self.counts[name] for name in COUNTED if name != "read"):
            run = await self._begin(session)
            run.counts = self.told()

    async def finish(
        self, session: AsyncSession, state: RunState, code: str | None = None, params: dict[str, Any] | None = None
    ) -> None:
        run = session.info.get(self.run_id)
        run = run or await queries.run(session, base_id=self._link.base_id, run_id=self.run_id)
        if run is None and (state is RunState.DONE or self._failed_before(code)):
            return
        run = run or await self._begin(session)
        run.state, run.finished_at, run.counts = state, self._now(), self.told()
        run.error_code, run.error_params = code, params or {}

    def told(self) -> dict[str, int]:
        return {name: self.counts[name] for name in COUNTED}

    def _failed_before(self, code: str | None) -> bool:
        return self._link.error_code == code

    async def _begin(self, session: AsyncSession) -> SyncRun:
        """The row of this run, which a transaction asks for once."""
        known = session.info.get(self.run_id)
        if not isinstance(known, SyncRun):
            known = session.info[self.run_id] = await self._row(session)
        return known

    async def _row(self, session: AsyncSession) -> SyncRun:
        found = await queries.run(session, base_id=self._link.base_id, run_id=self.run_id)
        if found is not None:
            return found
        run = SyncRun(
            id=self.run_id,
            base_id=self._link.base_id,
            link_id=self._link.id,
            state=RunState.RUNNING,
            started_at=self.started_at,
            cursor_before=self._link.cursor,
            counts=self.told(),
            error_params={},
        )
        session.add(run)
        await session.flush()
        await queries.forget_older_runs(
            session, base_id=self._link.base_id, link_id=self._link.id, run_id=self.run_id, keep=KEPT_RUNS
        )
        return run
