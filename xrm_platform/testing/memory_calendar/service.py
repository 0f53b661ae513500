"""The service behind the provider: what it answers a driver, what others do there, and its switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import uuid4
from weakref import WeakValueDictionary

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    ChangePage,
    Conflict,
    NotFound,
    OutcomeUnknown,
    RemoteCalendar,
    RemoteEvent,
    TransientError,
)
from xrm_platform.testing.calendar_vendor import an_event, retitled

from .store import StoredCalendar, title_of

PAGE = 3
"""Events on a page: so few that small tests see more than one."""

DECORATION = "X-MEMORY-ROOM:4"


class MemoryCalendarService:
    """A calendar service in memory; a `CalendarVendor`. It begins with one empty calendar."""

    def __init__(self) -> None:
        self.calendar_name = "Agenda"
        self.writes = 0
        """How many writing requests had an effect."""
        self.writes_to_people = False
        """Whether it tells those whom an event names, as some servers do. A test turns it; nobody is told anything."""
        self._calendars: dict[str, StoredCalendar] = {}
        self._first = self._new(self.calendar_name, "#336699")
        self._reachable = True
        self._knows_password = True
        self._sane = True
        self._loses_answer = False
        self._cuts_listing = False

    # What a driver asks

    def sign_in(self) -> None:
        """Raise what stands between the account and the service."""
        if not self._reachable:
            raise TransientError
        if not self._sane:
            raise BadResponse
        if not self._knows_password:
            raise AuthError

    def calendars(self) -> list[RemoteCalendar]:
        self.sign_in()
        return [RemoteCalendar(one.id, one.name, one.color) for one in self._calendars.values()]

    def schedules(self, calendar: str) -> bool:
        self._calendar(calendar)
        return self.writes_to_people

    def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:
        self.sign_in()
        made = self._new(name, color)
        self._done()
        return RemoteCalendar(made.id, made.name, made.color)

    def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:
        stored = self._calendar(calendar)
        stored.name, stored.color = name, color or stored.color
        self._done()
        return RemoteCalendar(stored.id, stored.name, stored.color)

    def pages(self, calendar: str, cursor: str | None) -> list[ChangePage]:
        """The pages of a listing. The last is lacking, and the driver has to say so, when the listing is cut."""
        stored = self._calendar(calendar)
        changes, complete = stored.since(cursor)
        parts = [tuple(changes[start : start + PAGE]) for start in range(0, len(changes), PAGE)] or [()]
        pages = [ChangePage(part, None, complete) for part in parts]
        if self._cuts_listing:
            self._cuts_listing = False
            return pages[:-1]
        return [*pages[:-1], ChangePage(parts[-1], stored.cursor(), complete)]

    def fetch(self, calendar: str, refs: Sequence[str]) -> list[RemoteEvent]:
        found = self._calendar(calendar).events
        return [found[ref] for ref in refs if ref in found]

    def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:
        """`key` is the ref: what an earlier attempt made stays as it is now."""
        stored = self._calendar(calendar)
        if key in stored.events:
            return stored.events[key]
        made = stored.keep(key, ical)
        self._done()
        return made

    def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:
        stored = self._calendar(calendar)
        current = stored.events.get(event.ref)
        if current is None:
            raise NotFound
        if current.ical == ical:
            return current
        if current.etag != event.etag:
            raise Conflict
        updated = stored.keep(event.ref, ical)
        self._done()
        return updated

    def remove(self, calendar: str, event: RemoteEvent) -> None:
        stored = self._calendar(calendar)
        current = stored.events.get(event.ref)
        if current is None:
            return
        if current.etag != event.etag:
            raise Conflict
        stored.drop(event.ref)
        self._done()

    def _calendar(self, calendar: str) -> StoredCalendar:
        self.sign_in()
        if calendar not in self._calendars:
            raise NotFound
        return self._calendars[calendar]

    def _done(self) -> None:
        self.writes += 1
        if self._loses_answer:
            self._loses_answer = False
            raise OutcomeUnknown

    def _new(self, name: str, color: str | None) -> StoredCalendar:
        made = StoredCalendar(uuid4().hex, name, color)
        self._calendars[made.id] = made
        return made

    # What others do, in the first calendar

    async def put(self, uid: str, title: str) -> None:
        ref = self._first.ref_of(uid)
        if ref is None:
            self._first.keep(f"theirs-{uid}", an_event(uid, title))
            return
        ical = self._first.events[ref].ical
        self._first.keep(ref, retitled(ical, title_of(ical), title))

    async def put_ical(self, uid: str, ical: str) -> None:
        """Somebody else writes an event of any shape."""
        self._first.keep(self._first.ref_of(uid) or f"theirs-{uid}", ical)

    async def delete(self, uid: str) -> None:
        self._first.drop(self._ref(uid))

    async def titles(self) -> Mapping[str, str]:
        return {event.uid: title_of(event.ical) for event in self._first.events.values()}

    async def icals(self) -> Mapping[str, str]:
        """The text of each event of the calendar, by UID."""
        return {event.uid: event.ical for event in self._first.events.values()}

    async def decorate(self, uid: str) -> None:
        ref = self._ref(uid)
        ical = self._first.events[ref].ical
        self._first.keep(ref, ical.replace("END:VEVENT", f"{DECORATION}\r\nEND:VEVENT"))

    async def decorated(self, uid: str) -> bool:
        return DECORATION in self._first.events[self._ref(uid)].ical

    async def spoil(self, uid: str) -> None:
        self._first.spoilt.add(uid)

    async def rename_calendar(self, name: str, color: str) -> None:
        self._first.name, self._first.color = name, color

    async def delete_calendar(self) -> None:
        del self._calendars[self._first.id]

    def _ref(self, uid: str) -> str:
        ref = self._first.ref_of(uid)
        assert ref is not None, f"no event {uid}"
        return ref

    # Switches

    async def refuse_credentials(self) -> None:
        self._knows_password = False

    async def go_down(self) -> None:
        self._reachable = False

    async def come_back(self) -> None:
        """Reachable again, sane, and the credentials are right."""
        self._reachable = self._knows_password = self._sane = True

    async def forget_cursors(self) -> None:
        for stored in self._calendars.values():
            stored.epoch = uuid4().hex

    async def lose_next_answer(self) -> None:
        self._loses_answer = True

    async def cut_next_listing(self) -> None:
        self._cuts_listing = True

    async def answer_garbage(self) -> None:
        self._sane = False


_services: WeakValueDictionary[str, MemoryCalendarService] = WeakValueDictionary()


def memory_calendar_service(name: str) -> MemoryCalendarService:
    """The service called `name`; it lasts as long as a test or a driver holds it."""
    return _services.setdefault(name, MemoryCalendarService())
