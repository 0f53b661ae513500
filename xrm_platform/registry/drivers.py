"""One driver for each account, built when it is first needed, kept, and closed when its settings change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from xrm_platform.providers import DriverContext, PermanentError, ProviderDescriptor, ProviderError, TransientError

from .calls import Caller, call, call_now, pages
from .containment import contained, contained_within
from .loading import named
from .redaction import redact_error, redacted, secret_values, where
from .registry import Registry

T = TypeVar("T")


class DriverClosed(TransientError):
    """The account's settings changed, or the program ends: the driver was not called."""

    default_code = "driver_closed"


class AccountDriver:
    """The driver of one account, every call to it by way of the boundary in `calls`.

    When the account's settings change, calls in flight end with the old driver and later ones raise `DriverClosed`: ask
    `Drivers.get` before each piece of work.
    """

    def __init__(self, driver: Any, caller: Caller, revision: int, descriptor: ProviderDescriptor) -> None:
        self.revision = revision
        self.descriptor = descriptor
        self._driver = driver
        self._caller = caller
        self._in_flight = 0
        self._idle: asyncio.Event | None = None
        self._waiting: set[asyncio.Future[Any]] = set()

    async def call(self, operation: str, run: Callable[[Any], Awaitable[T]], *, effect: bool = False) -> T:
        """`run(driver)` within `limits.timeout`; see `calls.call` for `effect` and for what is raised."""
        self._begin()
        try:
            return await call(
                self._caller,
                operation,
                partial(run, self._driver),
                timeout=self.descriptor.limits.timeout,
                effect=effect,
            )
        finally:
            self._end()

    async def wait(self, operation: str, run: Callable[[Any], Awaitable[T]], *, seconds: float) -> T:
        """`run(driver)`, which waits for something to happen, for at most `seconds`. It does not hold up the end of the
        driver: then it is cancelled, and `DriverClosed` raised here."""
        self._begin()
        limit = seconds + self.descriptor.limits.timeout
        waiting = asyncio.ensure_future(call(self._caller, operation, partial(run, self._driver), timeout=limit))
        self._waiting.add(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise DriverClosed from None
        finally:
            self._waiting.discard(waiting)
            self._end()

    def call_now(self, operation: str, run: Callable[[Any], T]) -> T:
        """`run(driver)` for a method that is not async."""
        self._begin()
        try:
            return call_now(self._caller, operation, partial(run, self._driver))
        finally:
            self._end()

    async def pages(self, operation: str, run: Callable[[Any], AsyncIterator[T]]) -> AsyncIterator[T]:
        """`run(driver)` for an iterator, `limits.timeout` a page. Leave it early only within `contextlib.aclosing`."""
        self._begin()
        try:
            async for page in pages(
                self._caller, operation, partial(run, self._driver), timeout=self.descriptor.limits.timeout
            ):
                yield page
        finally:
            self._end()

    async def close_when_idle(self) -> None:
        """Take no more calls, wait for those in flight, let the driver go. Never raises because of the driver."""
        self._idle = asyncio.Event()
        for waiting in self._waiting:
            waiting.cancel()
        if self._in_flight:
            await self._idle.wait()
        outcome = await contained_within(
            self.descriptor.limits.timeout, self._driver.aclose, name=self._caller.provider
        )
        if outcome.error is not None:
            self._caller.log.warning("driver not closed", trace=where(outcome.error))

    def _begin(self) -> None:
        if self._idle is not None:
            raise DriverClosed
        self._in_flight += 1

    def _end(self) -> None:
        self._in_flight -= 1
        if self._idle is not None and not self._in_flight:
            self._idle.set()


class _Slot:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.current: AccountDriver | None = None


class Drivers:
    """`context_for(account_id)` gives what the platform lends to the driver of that account."""

    def __init__(self, registry: Registry, context_for: Callable[[str], DriverContext]) -> None:
        self._registry = registry
        self._context_for = context_for
        self._slots: dict[str, _Slot] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    async def get(
        self,
        account_id: str,
        revision: int,
        descriptor: ProviderDescriptor,
        load_settings: Callable[[], Mapping[str, Any]],
    ) -> AccountDriver:
        """The driver of an account whose settings are at `revision` or later.

        It is built once, however many ask; `load_settings` (the settings complete, secrets included) is called only
        then. Raises `PermanentError` with the code `driver_failed` (params `plugin`) or `driver_missing` (param
        `provider`), a `ProviderError` of the driver's constructor, and whatever `load_settings` raises.
        """
        slot = self._slots.setdefault(account_id, _Slot())
        if slot.current is None or slot.current.revision < revision:
            async with slot.lock:
                if self._closed:
                    raise DriverClosed
                if slot.current is None or slot.current.revision < revision:
                    built = await self._build(account_id, revision, descriptor, load_settings)
                    self._retire(slot)
                    slot.current = built
        return slot.current

    async def forget(self, account_id: str) -> None:
        """The account is gone or switched off: its driver is closed as soon as its calls in flight have ended."""
        slot = self._slots.get(account_id)
        if slot is not None:
            async with slot.lock:
                self._retire(slot)

    async def aclose(self) -> None:
        """Close every driver, after its calls in flight, and build no more."""
        self._closed = True
        for account_id in tuple(self._slots):
            await self.forget(account_id)
        await asyncio.gather(*self._closing)

    async def _build(
        self,
        account_id: str,
        revision: int,
        descriptor: ProviderDescriptor,
        load_settings: Callable[[], Mapping[str, Any]],
    ) -> AccountDriver:
        channel, slug = descriptor.channel, descriptor.slug
        provider = f"{channel}/{slug}"
        plugin = self._registry.plugin_of(channel, slug)
        if plugin is None:
            raise PermanentError("driver_missing", provider=provider)
        settings = load_settings()
        caller = Caller(account_id, provider, plugin.name, secret_values(descriptor, settings))
        imported = await asyncio.to_thread(contained, partial(self._registry.driver_class, channel, slug))
        if imported.error is not None:
            raise _not_built(imported.error, caller)
        context = self._context_for(account_id)
        built = contained(partial(imported.value(), settings, context))
        if built.error is not None:
            raise _not_built(built.error, caller)
        return AccountDriver(built.value(), caller, revision, descriptor)

    def _retire(self, slot: _Slot) -> None:
        if slot.current is not None:
            task = asyncio.create_task(slot.current.close_when_idle())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
            slot.current = None


def _not_built(raised: BaseException, caller: Caller) -> ProviderError:
    caller.log.error("driver not built", trace=where(raised))
    if isinstance(raised, ProviderError):
        redact_error(raised, caller.secrets)
        return raised
    detail = redacted(named(raised), caller.secrets)
    return PermanentError("driver_failed", detail=detail, plugin=caller.plugin)
