"""The driver: the service in the contract's words."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from xrm_platform.providers import (
    ChangePage,
    DriverContext,
    ProviderError,
    RemoteCalendar,
    RemoteEvent,
    Tick,
    TickState,
    TransientError,
)

from .service import memory_calendar_service


class MemoryCalendar:
    """An account of the service that its settings name. The context is not needed: nothing leaves the process."""

    def __init__(self, settings: Mapping[str, Any], _: DriverContext) -> None:
        self._service = memory_calendar_service(settings["service"])

    async def calendars(self) -> Sequence[RemoteCalendar]:
        return self._service.calendars()

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        return self._service.create_calendar(name, color)

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        return self._service.change_calendar(calendar, name, color)

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
        pages = self._service.pages(calendar, cursor)
        for page in pages:
            yield page
        if not pages or pages[-1].cursor is None:
            raise TransientError

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        return self._service.fetch(calendar, refs)

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        return self._service.create(calendar, key, ical)

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        return self._service.update(calendar, event, ical)

    async def delete(self, calendar: str, event: RemoteEvent) -> None:
        self._service.remove(calendar, event)

    async def schedules(self, calendar: str) -> bool:
        return self._service.schedules(calendar)

    async def check(self) -> Sequence[Tick]:
        steps = [Tick("reached", TickState.OK), Tick("signed_in", TickState.OK), Tick("calendar", TickState.OK)]
        try:
            self._service.sign_in()
        except TransientError as error:
            return [Tick("reached", TickState.FAILED, error.code)]
        except ProviderError as error:
            return [steps[0], Tick("signed_in", TickState.FAILED, error.code)]
        return steps

    async def aclose(self) -> None:
        """Nothing is open."""
