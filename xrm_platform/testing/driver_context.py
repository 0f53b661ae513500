"""What a test lends a driver in the platform's place."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import aiohttp

from xrm_platform.providers import Clock, DriverContext


class MemoryTokens:
    """A `TokenStore` that forgets at the end of the test. It keeps copies, as a database would."""

    def __init__(self) -> None:
        self._tokens: dict[str, Any] = {}

    async def load(self) -> dict[str, Any]:
        return copy.deepcopy(self._tokens)

    async def save(self, tokens: dict[str, Any]) -> None:
        self._tokens = copy.deepcopy(tokens)


def utc_now() -> datetime:
    """The `Clock` of the real time."""
    return datetime.now(UTC)


@asynccontextmanager
async def driver_context(now: Clock = utc_now) -> AsyncIterator[DriverContext]:
    """What a driver is lent: a real HTTP session, closed at the end, the time, and an empty token store."""
    async with aiohttp.ClientSession() as http:
        yield DriverContext(http=http, now=now, tokens=MemoryTokens())


@asynccontextmanager
async def open_driver(
    driver_class: Callable[[Any, DriverContext], Any], settings: Any, context: DriverContext
) -> AsyncIterator[Any]:
    """A driver of `settings` (loaded), closed at the end."""
    driver = driver_class(settings, context)
    try:
        yield driver
    finally:
        await driver.aclose()
