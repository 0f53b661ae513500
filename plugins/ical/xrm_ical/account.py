"""Where the calendars of an account are, found once and remembered as long as its driver lives."""

from __future__ import annotations

import asyncio
from urllib.parse import urljoin

from xrm_platform.providers import NotFound, RemoteCalendar

from .bodies import CALENDARS
from .calendar_list import calendar_told, calendars_told
from .discovery import Place, discover
from .hrefs import collection_path
from .webdav import WebDav


class CalendarAccount:
    """The calendars of an account by their ids, which are paths: hosts change (iCloud), paths last."""

    def __init__(self, dav: WebDav) -> None:
        self._dav = dav
        self._place: Place | None = None
        self._addresses: dict[str, str] = {}
        self._discovering = asyncio.Lock()

    async def place(self) -> Place:
        """Where to ask for calendars."""
        async with self._discovering:
            if self._place is None:
                self._place = await discover(self._dav)
            return self._place

    async def calendars(self) -> list[RemoteCalendar]:
        """All calendars for events, each once."""
        place = await self.place()
        found: dict[str, tuple[RemoteCalendar, str]] = {}
        for home in place.homes:
            found |= calendars_told(*await self._dav.propfind(home, CALENDARS, 1))
        if place.calendar is not None and collection_path(place.calendar) not in found:
            found |= calendars_told(*await self._dav.propfind(place.calendar, CALENDARS, 0))
        self._addresses |= {ref: address for ref, (_, address) in found.items()}
        return [calendar for calendar, _ in found.values()]

    async def calendar(self, calendar: str) -> RemoteCalendar:
        """One calendar. Raises `NotFound` if it is none, or none any more."""
        told = calendar_told(await self._dav.own_properties(await self.address(calendar), CALENDARS), calendar)
        if told is None:
            raise NotFound("calendar_gone")
        return told

    async def address(self, calendar: str) -> str:
        """The URL of a calendar."""
        if calendar not in self._addresses:
            place = await self.place()
            known = [*place.homes, *([place.calendar] if place.calendar else [])]
            near = next((url for url in known if calendar.startswith(collection_path(url))), known[0])
            self._addresses[calendar] = urljoin(near, calendar)
        return self._addresses[calendar]
