"""Where the stand-ins of vendors that speak HTTP listen."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from aiohttp import web


class HttpStandIn(ABC):
    """Listens on 127.0.0.1 only, on a port that the system chooses, while the `async with` runs."""

    def __init__(self) -> None:
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._stopping = asyncio.Event()
        """Set while it is not to answer any more: who keeps a caller waiting waits for this."""

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @abstractmethod
    def _application(self) -> web.Application:
        """Every route that it answers, with what happens to every request."""

    async def start(self) -> None:
        """Listen; after `stop` again at the same address."""
        self._stopping.clear()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Cut what is open and listen no more. Stopping twice is fine."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
