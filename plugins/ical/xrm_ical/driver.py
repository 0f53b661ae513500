"""What the platform calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Protocol

from xrm_platform.providers import (
    AuthError,
    ChangePage,
    DriverContext,
    ProviderError,
    RateLimited,
    RemoteCalendar,
    RemoteEvent,
    Tick,
    TickState,
    TransientError,
)

from .addresses import Kind, http_address, kind_of
from .caldav import CalDav
from .exchange import CERTIFICATE_CODES
from .feed import Feed
from .folder import Folder
from .http import HttpClient
from .plugin import ICAL

CHECK_SECONDS = ICAL.limits.timeout - 10
"""When a check ends by itself, and says at which step."""

STEPS = ("reached", "secured", "signed_in", "calendar")


class Source(Protocol):
    """Where the events of an account are."""

    async def discover(self) -> None: ...
    async def calendars(self) -> Sequence[RemoteCalendar]: ...
    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar: ...
    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar: ...
    def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]: ...
    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]: ...
    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent: ...
    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent: ...
    async def delete(self, calendar: str, event: RemoteEvent) -> None: ...
    async def schedules(self, calendar: str) -> bool: ...


class IcalCalendar:
    """An account: the calendars of a CalDAV server, a subscription or a folder of files, as its address says."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._kind = kind_of(settings["url"])
        self._url = http_address(settings["url"])
        self._signs_in = bool(settings["username"])
        self._source = self._opened(settings, context)

    def _opened(self, settings: Mapping[str, Any], context: DriverContext) -> Source:
        match self._kind:
            case Kind.FOLDER:
                return Folder(self._url)
            case Kind.FEED:
                return Feed(self._url, settings, context)
            case Kind.CALDAV:
                return CalDav(HttpClient(self._url, settings, context))

    def __repr__(self) -> str:
        return f"IcalCalendar({self._kind})"

    async def calendars(self) -> Sequence[RemoteCalendar]:
        return await self._source.calendars()

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        return await self._source.create_calendar(name, color)

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        return await self._source.change_calendar(calendar, name, color)

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
        async for page in self._source.changes(calendar, cursor):
            yield page

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        return await self._source.fetch(calendar, refs)

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        return await self._source.create(calendar, key, ical)

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        return await self._source.update(calendar, event, ical)

    async def delete(self, calendar: str, event: RemoteEvent) -> None:
        await self._source.delete(calendar, event)

    async def schedules(self, calendar: str) -> bool:
        """Whether the server writes to people. A subscription and a folder do not."""
        return await self._source.schedules(calendar)

    async def check(self) -> Sequence[Tick]:
        """Reach, secure, sign in, and see a calendar; nothing is changed."""
        failed: ProviderError | None = None
        found: Sequence[RemoteCalendar] = ()
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await self._source.discover()
                found = await self._source.calendars()
        except ProviderError as error:
            failed = error
        except TimeoutError:
            failed = TransientError("no_answer")
        # A new account may have none yet: the platform makes one.
        wanted = {"secured": self._url.startswith("https:"), "signed_in": self._signs_in, "calendar": bool(found)}
        return ticks(wanted, step_of(failed), failed)

    async def aclose(self) -> None:
        """Nothing is open: connections are the lent session's."""


def step_of(error: ProviderError | None) -> str:
    """At which step of a check `error` stopped it."""
    if isinstance(error, TransientError) and not isinstance(error, RateLimited):
        return "reached"
    if isinstance(error, AuthError):
        return "signed_in"
    if error is not None and error.code in CERTIFICATE_CODES:
        return "secured"
    return "calendar"


def ticks(wanted: Mapping[str, bool], last: str, error: ProviderError | None) -> list[Tick]:
    """The steps of a check: those not `wanted` were skipped; if there is an `error`, it ended with the step `last`."""
    told: list[Tick] = []
    for step in STEPS:
        if step == last and error is not None:
            return [*told, Tick(step, TickState.FAILED, error.code, error.params)]
        told.append(Tick(step, TickState.OK if wanted.get(step, True) else TickState.SKIPPED))
    return told
