"""A CalDAV server (RFC 4791) as the driver uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from urllib.parse import urljoin
from uuid import uuid4

from xrm_platform.providers import (
    ChangePage,
    PermanentError,
    RemoteCalendar,
    RemoteEvent,
    Unsupported,
)

from .account import CalendarAccount
from .bodies import new_calendar, new_look
from .colors import from_server
from .hrefs import collection_path
from .http import HttpClient
from .items import CHUNK, Items
from .listing import Listing
from .webdav import XML, WebDav
from .writing import Target, Writing


class CalDav:
    """The calendars of an account on a server."""

    def __init__(self, http: HttpClient) -> None:
        self._dav = WebDav(http)
        self._items = Items(self._dav)
        self._account = CalendarAccount(self._dav)
        self._listing = Listing(self._dav, self._items)
        self._writing = Writing(self._dav, self._items)

    async def discover(self) -> None:
        """Find out where the calendars are, which takes reaching the server and signing in."""
        await self._account.place()

    async def calendars(self) -> Sequence[RemoteCalendar]:
        return await self._account.calendars()

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        """MKCALENDAR (RFC 4791 §5.3.1). Raises `Unsupported` where the server makes none."""
        homes = (await self._account.place()).homes
        if not homes:
            raise Unsupported("no_new_calendars")
        url = urljoin(collection_path_of(homes[0]), f"{uuid4()}/")
        answer = await self._request("MKCALENDAR", url, new_calendar(name, color))
        if answer in {403, 405, 501}:
            raise Unsupported("no_new_calendars")
        made = await self._account.calendar(collection_path(url))
        return made if _looks(made, name, color) else await self.change_calendar(made.id, name, color)

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        """PROPPATCH, and what came of it: servers answer 207 whether they took it or not."""
        await self._request("PROPPATCH", await self._account.address(calendar), new_look(name, color))
        changed = await self._account.calendar(calendar)
        if not _looks(changed, name, color):
            raise PermanentError("look_not_taken")
        return changed

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
        async for page in self._listing.changes(await self._account.address(calendar), cursor):
            yield page

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        url = await self._account.address(calendar)
        events: list[RemoteEvent] = []
        for start in range(0, len(refs), CHUNK):
            chunk = refs[start : start + CHUNK]
            found = await self._items.read(url, chunk)
            events += [event for ref in chunk if isinstance(event := found.get(ref), RemoteEvent)]
        return events

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        return await self._writing.create(await self._target(calendar), key, ical)

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        return await self._writing.update(await self._target(calendar), event, ical)

    async def delete(self, calendar: str, event: RemoteEvent) -> None:
        await self._writing.delete(await self._target(calendar), event)

    async def schedules(self, calendar: str) -> bool:
        return await self._writing.server_invites(await self._target(calendar))

    async def _target(self, calendar: str) -> Target:
        return Target(calendar, await self._account.address(calendar))

    async def _request(self, method: str, url: str, body: bytes) -> int:
        """A request that changes a calendar. Its status, if the server did it or does not do such things."""
        answer = await self._dav.http.request(method, url, body, {"Content-Type": XML}, acts=True)
        if not answer.good and answer.status not in {403, 405, 501}:
            raise self._dav.http.error(answer, acts=True)
        return answer.status


def collection_path_of(url: str) -> str:
    """`url` as that of a collection."""
    return url if url.endswith("/") else f"{url}/"


def _looks(calendar: RemoteCalendar, name: str, color: str | None) -> bool:
    return calendar.name == name.strip() and (color is None or calendar.color == from_server(color))
