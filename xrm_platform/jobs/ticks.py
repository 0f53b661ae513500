"""What is looked for at every tick, by each room in its turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from xrm_platform.problems import Unavailable

log = structlog.get_logger("xrm.jobs")


class Ticks:
    """A handler of `TICK` that calls each of `ticks`. What fails for one keeps none after it from what is due; without
    the database nothing can be due, and `Unavailable` is raised."""

    def __init__(self, *ticks: Callable[[], Awaitable[None]]) -> None:
        self._ticks = ticks

    async def __call__(self, _argument: str) -> None:
        for tick in self._ticks:
            try:
                await tick()
            except Unavailable:
                raise
            except Exception:
                log.exception("tick failed", part=getattr(tick, "__qualname__", ""))
