"""What the registry adds to a call of a driver: `python tests/benchmarks/bench_dispatch.py`.

Compares awaiting a driver's method directly with the same call through `AccountDriver`, time limit, containment and log
line included, the log at the level of production. The driver answers at once, which no real one does: the figure is the
cost of the boundary alone. Aim: at most 10 µs.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any, cast

import structlog
from aiohttp import ClientSession

from xrm_platform.providers import (
    Channel,
    DriverContext,
    ProviderDescriptor,
    ProviderSettings,
    Tick,
    TickState,
    TokenStore,
    hookimpl,
)
from xrm_platform.registry import Drivers, InProcessPlugin, Registry

CALLS = 20_000
ROUNDS = 7
TICKS = (Tick("reached", TickState.OK),)
INSTANT = ProviderDescriptor(slug="instant", channel=Channel.SMS, label="Instant", settings=ProviderSettings)


class InstantDriver:
    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        pass

    async def check(self) -> Sequence[Tick]:
        return TICKS

    async def aclose(self) -> None:
        pass


class InstantPlugin:
    @hookimpl
    def xrm_sms_providers(self) -> list[ProviderDescriptor]:
        return [INSTANT]


class NoTokens:
    async def load(self) -> dict[str, Any]:
        return {}

    async def save(self, tokens: dict[str, Any]) -> None:
        pass


async def best_of(once: Callable[[], Awaitable[object]]) -> float:
    """Microseconds a call, in the quickest round."""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(CALLS):
            await once()
        rounds.append(time.perf_counter() - started)
    return min(rounds) / CALLS * 1e6


async def measure() -> None:
    plugin = InProcessPlugin("instant", InstantPlugin(), {(Channel.SMS, "instant"): InstantDriver})
    registry = Registry.load(
        disabled={point.name for point in entry_points(group="xrm_platform.plugins")}, extra=[plugin]
    )
    async with ClientSession() as http:
        tokens: TokenStore = NoTokens()
        context = DriverContext(http, lambda: datetime.now(UTC), tokens)
        drivers = Drivers(registry, lambda _: context)
        driver = InstantDriver({}, context)
        account = await drivers.get("account", 1, INSTANT, dict)

        def check(one: object) -> Awaitable[Sequence[Tick]]:
            return cast("InstantDriver", one).check()

        async def through_the_registry() -> object:
            return await (await drivers.get("account", 1, INSTANT, dict)).call("check", check)

        async def in_a_task() -> object:
            return await asyncio.create_task(driver.check())

        direct = await best_of(driver.check)
        task = await best_of(in_a_task)
        boundary = await best_of(lambda: account.call("check", check))
        whole = await best_of(through_the_registry)
        await drivers.aclose()
    print(f"direct await                    {direct:6.2f} µs")
    print(f"in a bare task                  {task:6.2f} µs  {task / direct:6.1f} x")
    print(
        f"AccountDriver.call              {boundary:6.2f} µs  {boundary / direct:6.1f} x  (+{boundary - direct:.2f} µs)"
    )
    print(f"Drivers.get + AccountDriver.call {whole:5.2f} µs  {whole / direct:6.1f} x  (+{whole - direct:.2f} µs)")


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING), cache_logger_on_first_use=True
    )
    asyncio.run(measure())
