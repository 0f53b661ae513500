"""How fast an account may send."""

from __future__ import annotations

import asyncio
import contextlib


class Pace:
    """Lets `per_second` messages go on average, and as many at once after a pause; None is no limit. Nobody waits any
    longer once `stopping` is set."""

    def __init__(self, per_second: float | None, stopping: asyncio.Event) -> None:
        self._per_second = per_second
        self._stopping = stopping
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def wait(self, messages: int) -> None:
        """Return when that many more may go."""
        if self._per_second is None:
            return
        async with self._turn:
            now = asyncio.get_running_loop().time()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._free_at):
                    await self._stopping.wait()
            self._free_at = max(self._free_at, now) + messages / self._per_second
