"""Tell the observers of plugins what changed, after the commit and beside the work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from xrm_platform.providers import Changed

from .registry import Registry

log = structlog.get_logger("xrm.registry")

WAITING = 10_000
"""How many changes may wait for slow observers; what is more is not told. Rows are the truth, notices a courtesy."""

PATIENCE_SECONDS = 10.0
"""How long the end of the platform waits for observers."""


class Notices:
    """`post` returns at once; `run` tells the observers, one change after the other."""

    def __init__(self, registry: Registry, now: Callable[[], datetime]) -> None:
        self._registry = registry
        self._now = now
        self._queue: asyncio.Queue[Changed] = asyncio.Queue(WAITING)
        self._losing = False

    def post(self, base_code: str, what: str, changes: Iterable[tuple[str, str]], *, by: str = "") -> None:
        """`changes` are (id, state), `by` is who made them; called after the commit."""
        for changed_id, state in changes:
            if self._queue.full():
                if not self._losing:
                    self._losing = True
                    log.warning("observers too slow, changes are not told", waiting=WAITING)
                return
            self._losing = False
            self._queue.put_nowait(Changed(base_code, what, changed_id, state, self._now(), by))

    async def run(self) -> None:
        """Tell what is posted, until cancelled."""
        while True:
            change = await self._queue.get()
            try:
                await self._registry.notify(change)
            finally:
                self._queue.task_done()

    async def drain(self) -> None:
        """Until everything that was posted is told, or nobody waits any longer."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._queue.join()
        if not self._queue.empty():
            log.warning("observers too slow, changes not told", changes=self._queue.qsize())
