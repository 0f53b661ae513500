"""How fast an account may send."""

from __future__ import annotations

import asyncio


class Pace:
    """Lets `per_second` messages go on average, and as many at once after a pause; None is no limit."""

    def __init__(self, per_second: float | None) -> None:
        self._per_second = per_second
        self._free_at = 0.0
        self._turn = asyncio.Lock()

    async def wait(self, messages: int) -> None:
        """Return when that many more may go."""
        if self._per_second is None:
            return
        async with self._turn:
            now = asyncio.get_running_loop().time()
            await asyncio.sleep(max(0.0, self._free_at - now))
            self._free_at = max(self._free_at, now) + messages / self._per_second
