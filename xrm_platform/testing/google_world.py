"""The world behind a Google-compatible service: people with calendars, and what they and administrators do there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

from .google_calendars import Event, GoogleCalendar, hour_from
from .google_listing import Listings
from .google_push import Channels
from .google_refusals import Refused
from .google_sign_in import ServiceAccount, SignIn

SCOPES = frozenset({"https://www.googleapis.com/auth/calendar"})


@dataclass(frozen=True, slots=True)
class Invitation:
    """A mail that Google sent to a guest, because a request said so."""

    event: str
    guest: str


class GoogleWorld:
    """People and their calendars. `email` is the first person, who has one calendar. `now` gives the time, in UTC."""

    def __init__(
        self,
        email: str = "com@example.com",
        calendar_name: str = "Agenda",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.email = email
        self.sign_in = SignIn()
        self.invitations: list[Invitation] = []
        self.channels = Channels()
        self.listings = Listings()
        self._calendars: dict[str, dict[str, GoogleCalendar]] = {}
        self._now = now
        self._passed = timedelta()
        self.add_person(email, calendar_name)

    def add_person(self, email: str, calendar_name: str) -> GoogleCalendar:
        """One more account, with its primary calendar."""
        calendar = GoogleCalendar(id=email, owner=email, summary=calendar_name, primary=True)
        self._calendars[email] = {email: calendar}
        return calendar

    def calendar(self, id_: str = "primary", email: str | None = None) -> GoogleCalendar:
        """A calendar of `email`, by default of the first person. Raises `Refused` (404)."""
        person = email or self.email
        found = self._calendars.get(person, {}).get(person if id_ == "primary" else id_)
        if found is None:
            raise Refused(404, "notFound", "Not Found")
        return found

    @property
    def events(self) -> dict[str, Event]:
        """The living items of the first person's calendar, by id."""
        return {id_: event for id_, event in self.calendar().events.items() if event["status"] != "cancelled"}

    def put(self, summary: str, *, on: GoogleCalendar | None = None, **fields: Any) -> Event:
        """A person makes an event, an hour tomorrow unless `fields` say otherwise."""
        calendar = on or self.calendar()
        start = (self.time() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
        event = calendar.insert({"summary": summary, **hour_from(start), **fields}, self.time())
        self.tell(calendar)
        return event

    def change(self, id_: str, *, on: GoogleCalendar | None = None, **fields: Any) -> Event:
        """A person changes an event, or an occurrence by its id."""
        calendar = on or self.calendar()
        event = calendar.change(id_, fields, self.time(), if_match=None)
        self.tell(calendar)
        return event

    def remove(self, id_: str, *, on: GoogleCalendar | None = None) -> None:
        """A person deletes an event, or an occurrence by its id."""
        calendar = on or self.calendar()
        calendar.delete(id_, self.time(), if_match=None)
        self.tell(calendar)

    def expire_sync_tokens(self) -> None:
        """Every sync token given out before is answered 410 from now on."""
        for person in self._calendars:
            for calendar in self.calendars(person):
                calendar.epoch += 1

    def remove_calendar(self, id_: str, email: str | None = None) -> None:
        """The calendar is deleted with all its events."""
        calendar = self.calendar(id_, email)
        del self._calendars[calendar.owner][calendar.id]

    def refresh_token(self, email: str | None = None) -> str:
        """A refresh token as an earlier consent of the person would have left it."""
        return self.sign_in.refresh_token_for(email or self.email, SCOPES, self.time())

    def service_account(self, *delegated_for: str) -> ServiceAccount:
        """A service account of the project, allowed to speak for these people."""
        return self.sign_in.add_service_account("sync@project.iam.gserviceaccount.com", *delegated_for)

    def advance(self, time: timedelta) -> None:
        """Let `time` pass."""
        self._passed += time

    def time(self) -> datetime:
        """What the clock says there."""
        return self._now() + self._passed

    def calendars(self, email: str) -> list[GoogleCalendar]:
        """The calendars of a person."""
        return list(self._calendars.get(email, {}).values())

    def add_calendar(self, email: str, summary: str, time_zone: str) -> GoogleCalendar:
        """A further calendar of a person."""
        id_ = f"{token_hex(16)}@group.calendar.google.com"
        calendar = GoogleCalendar(id=id_, owner=email, summary=summary, time_zone=time_zone)
        self._calendars.setdefault(email, {})[id_] = calendar
        return calendar

    def tell(self, calendar: GoogleCalendar) -> None:
        """Call whoever watches the calendar."""
        with contextlib.suppress(RuntimeError):  # no loop runs: nobody can be listening
            self.channels.tell(calendar.id, self.time())
