"""`GoogleServer` as the vendor of `CalendarContract`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .google_calendars import Event, GoogleCalendar
from .google_faults import Answer, Fault
from .google_server import GoogleServer

CONFERENCE = {"entryPoints": [{"entryPointType": "video", "uri": "https://meet.google.com/abc-defg-hij"}]}
HOUR = {
    "start": {"dateTime": "2027-03-10T09:00:00Z", "timeZone": "UTC"},
    "end": {"dateTime": "2027-03-10T10:00:00Z", "timeZone": "UTC"},
}
WRITES = "POST PATCH PUT DELETE"


@dataclass(slots=True)
class GoogleVendor:
    """Turns the switches of a running `server`."""

    server: GoogleServer
    calendar_name: str = "Agenda"

    def settings(self) -> dict[str, Any]:
        """Settings of a driver that lead here, with a consent that was given before."""
        return {
            "account": self.server.email,
            "client_id": self.server.sign_in.client_id,
            "client_secret": self.server.sign_in.client_secret,
            "refresh_token": self.server.refresh_token(),
            "url": self.server.url,
            "token_url": self.server.token_url,
            "auth_url": self.server.auth_url,
        }

    async def refuse_credentials(self) -> None:
        self.server.sign_in.revoke(self.server.email)

    async def go_down(self) -> None:
        await self.server.stop()

    async def put(self, uid: str, title: str) -> None:
        event = self._by_uid().get(uid)
        if event is not None:
            self.server.change(event["id"], summary=title)
        else:
            self._calendar().insert({"iCalUID": uid, "summary": title, **HOUR}, self.server.time())

    async def delete(self, uid: str) -> None:
        self.server.remove(self._by_uid()[uid]["id"])

    async def titles(self) -> Mapping[str, str]:
        return {uid: event.get("summary", "") for uid, event in self._by_uid().items()}

    async def decorate(self, uid: str) -> None:
        self.server.change(self._by_uid()[uid]["id"], conferenceData=CONFERENCE, guestsCanModify=True)

    async def decorated(self, uid: str) -> bool:
        event = self._by_uid()[uid]
        return event.get("conferenceData") == CONFERENCE and event.get("guestsCanModify") is True

    async def spoil(self, uid: str) -> None:
        """Google itself would not take such a time: it is put there without asking."""
        self.server.change(self._by_uid()[uid]["id"], summary="Poison")["start"] = {"dateTime": "never"}

    async def rename_calendar(self, name: str, color: str) -> None:
        calendar = self._calendar()
        calendar.summary, calendar.background_color = name, color.lower()

    async def delete_calendar(self) -> None:
        self.server.remove_calendar("primary")

    async def forget_cursors(self) -> None:
        self.server.expire_sync_tokens()

    async def lose_next_answer(self) -> None:
        self.server.faults.append(Fault(Answer.RESET, done=True, method=WRITES, on="/calendar/v3/"))

    async def cut_next_listing(self) -> None:
        self.server.faults.append(Fault(Answer.TRUNCATED, done=True, method="GET", on="/events"))

    async def answer_garbage(self) -> None:
        self.server.page_for_people = True

    async def come_back(self) -> None:
        self.server.page_for_people = False

    def _calendar(self) -> GoogleCalendar:
        return self.server.calendar()

    def _by_uid(self) -> dict[str, Event]:
        return {event["iCalUID"]: event for event in self.server.events.values() if "recurringEventId" not in event}
