"""The engine inside this process: an asyncio task a job, a timer for what is due later, a tick that finds the rest."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import monotonic

import structlog

from .engine import Handler

log = structlog.get_logger("xrm.jobs")

TICK = "tick"


class EmbeddedEngine:
    """`tick_seconds` is how often the job `tick` runs, `grace_seconds` how long running jobs may take to finish when
    the engine is stopped.

    Jobs for later go by the clock `now`, as the rows do that they are read from. The tick, which finds what was missed,
    goes by a time that nobody sets back.
    """

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        tick_seconds: float = 10.0,
        grace_seconds: float = 30.0,
    ) -> None:
        self._now = now
        self._tick_seconds = tick_seconds
        self._grace = grace_seconds
        self._due: dict[str, datetime] = {}
        self._timers: list[tuple[datetime, str]] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()
        self._ticked_at: float | None = None
        """`monotonic` when the last tick ended."""

    def seconds_since_tick(self) -> float | None:
        """How long ago the last tick ended; None before the first."""
        return None if self._ticked_at is None else monotonic() - self._ticked_at

    def wake(self, name: str, at: datetime | None = None) -> None:
        when = at or datetime.min.replace(tzinfo=UTC)
        known = self._due.get(name)
        if known is None or when < known:
            self._due[name] = when
            heapq.heappush(self._timers, (when, name))
            self._changed.set()

    async def run(self, handlers: Mapping[str, Handler]) -> None:
        self.wake(TICK)
        try:
            while True:
                self._start_due(handlers)
                await self._wait_for_change()
        finally:
            await self._finish()

    async def run_until_idle(self, handlers: Mapping[str, Handler]) -> None:
        self.wake(TICK)
        try:
            while self._start_due(handlers) or self._running:
                await self._wait_for_change()
        finally:
            await self._finish()

    def _start_due(self, handlers: Mapping[str, Handler]) -> bool:
        """Start what is due and not running; whether anything was."""
        if self._seconds_to_tick() == 0:
            self.wake(TICK)
        started = False
        waiting: list[tuple[datetime, str]] = []
        now = self._now()
        while self._timers and self._timers[0][0] <= now:
            when, name = heapq.heappop(self._timers)
            if self._due.get(name) != when:
                continue
            if name in self._running:
                waiting.append((when, name))
                continue
            del self._due[name]
            self._running[name] = asyncio.create_task(self._run_one(name, handlers), name=f"job {name}")
            started = True
        for entry in waiting:
            heapq.heappush(self._timers, entry)
        return started

    async def _run_one(self, name: str, handlers: Mapping[str, Handler]) -> None:
        kind, _, argument = name.partition(" ")
        try:
            await handlers[kind](argument)
        except Exception:
            log.exception("job failed", job=name)
        finally:
            del self._running[name]
            if name == TICK:
                self._ticked_at = monotonic()
            self._changed.set()

    async def _wait_for_change(self) -> None:
        idle = self._next_timer()
        try:
            async with asyncio.timeout(idle):
                await self._changed.wait()
        except TimeoutError:
            return
        finally:
            self._changed.clear()

    def _next_timer(self) -> float | None:
        """Seconds until something that is not running becomes due; None for "until something changes"."""
        times = [when for when, name in self._timers if name not in self._running and self._due.get(name) == when]
        waits = [max(0.0, (min(times) - self._now()).total_seconds())] if times else []
        tick = self._seconds_to_tick()
        return min([*waits, *([] if tick is None else [tick])], default=None)

    def _seconds_to_tick(self) -> float | None:
        """None while there is no next one: the first was not yet, or one is running."""
        if self._ticked_at is None or TICK in self._running:
            return None
        return max(0.0, self._ticked_at + self._tick_seconds - monotonic())

    async def _finish(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running.values(), timeout=self._grace)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
