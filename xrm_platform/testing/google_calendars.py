"""What a Google-compatible service knows: calendars and their events, and what becomes of them when someone writes."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from secrets import token_hex
from typing import Any

from . import google_event_rules as rules
from . import google_series as series
from .google_refusals import Refused, invalid

Event = dict[str, Any]

_versions = count(3_526_000_000_000_000, 2_000)
_colors = count()

TOMBSTONE = ("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
"""What is left to see of a cancelled event."""

PALETTE = ("#ac725e", "#d06b64", "#f83a22", "#fa573c", "#ff7537", "#ffad46", "#42d692", "#16a765")


def new_etag() -> str:
    """Different from all others of this run."""
    return f'"{next(_versions)}"'


@dataclass(slots=True)
class GoogleCalendar:
    """A calendar of `owner`. `events` holds each item as stored, by id, tombstones and exceptions too."""

    id: str
    owner: str
    summary: str
    time_zone: str = "Europe/Paris"
    primary: bool = False
    access_role: str = "owner"
    background_color: str = field(default_factory=lambda: PALETTE[next(_colors) % len(PALETTE)])
    etag: str = field(default_factory=new_etag)
    events: dict[str, Event] = field(default_factory=dict)
    changed_in: dict[str, int] = field(default_factory=dict)
    revision: int = 0
    epoch: int = 0
    """Rises when the sync tokens given out before are no longer known."""

    def entry(self) -> dict[str, Any]:
        """As in the list of the user's calendars."""
        shown = {
            "kind": "calendar#calendarListEntry",
            "etag": self.etag,
            "id": self.id,
            "summary": self.summary,
            "timeZone": self.time_zone,
            "backgroundColor": self.background_color,
            "foregroundColor": "#000000",
            "selected": True,
            "accessRole": self.access_role,
            "defaultReminders": [{"method": "popup", "minutes": 10}] if self.primary else [],
        }
        return {**shown, "primary": True} if self.primary else shown

    def resource(self) -> dict[str, Any]:
        """The calendar itself."""
        kind = "calendar#calendar"
        return {"kind": kind, "etag": self.etag, "id": self.id, "summary": self.summary, "timeZone": self.time_zone}

    # Reading

    def get(self, id_: str) -> Event:
        """An event, an exception, or an occurrence that is like its series. Raises `Refused` (404)."""
        if id_ in self.events:
            return self.events[id_]
        occurrence = series.occurrence_by_id(self.events, id_)
        if occurrence is None:
            raise Refused(404, "notFound", "Not Found")
        return occurrence

    def instances(self, id_: str, original_start: str | None) -> list[Event]:
        """The occurrences of a series that are not cancelled, in order; or the one that began at `original_start`."""
        master = self.get(id_)
        if "recurrence" not in master or master["status"] == "cancelled":
            return []
        return series.occurrences(self.events, master, original_start)

    # Writing

    def insert(self, body: Any, now: datetime, *, may_invite: bool = True) -> Event:
        """A new event. Raises `Refused`: 409 for an id that was ever used here."""
        given = rules.writable(body)
        id_ = body.get("id")
        if id_ is not None and not (isinstance(id_, str) and rules.EVENT_ID.fullmatch(id_)):
            raise invalid("Invalid resource id value.")
        if id_ is not None and "iCalUID" in body:
            raise invalid("Give id or iCalUID, not both.")
        if id_ in self.events:
            raise Refused(409, "duplicate", "The requested identifier already exists.")
        if given.get("status") == "cancelled":
            raise invalid("Invalid value for status: cancelled")  # our choice
        id_ = id_ or token_hex(13)
        return self._create(id_, body.get("iCalUID") or f"{id_}@google.com", given, now, may_invite=may_invite)

    def import_(self, body: Any, now: datetime) -> Event:
        """A private copy of somebody's event. Raises `Refused`."""
        given = rules.writable(body)
        uid = body.get("iCalUID")
        if not uid or given.get("eventType", "default") != "default":
            raise Refused(400, "required", "iCalUID is required, and only default events are imported.")
        same = next((event for event in self.events.values() if event.get("iCalUID") == uid), None)
        if same is not None and "recurringEventId" not in same:
            return self._store({**same, **rules.checked(rules.merged(same, {**given, "status": "confirmed"}))}, now)
        event = self._create(token_hex(13), uid, given, now)
        if isinstance(body.get("organizer"), dict):
            event["organizer"] = {**body["organizer"], "self": body["organizer"].get("email") == self.owner}
        return event

    def _create(self, id_: str, uid: str, given: Event, now: datetime, *, may_invite: bool = True) -> Event:
        event = rules.checked(rules.merged({}, given))
        _check_invitations(event, may_invite=may_invite)
        creator = {"email": self.owner, "self": True}
        event = {
            "kind": "calendar#event",
            "id": id_,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={id_}",
            "created": _stamp(now),
            "creator": creator,
            "organizer": dict(creator),
            "iCalUID": uid,
            "sequence": 0,
            "reminders": {"useDefault": True},
            "eventType": "default",
            **event,
        }
        return self._store(event, now)

    def change(
        self, id_: str, body: Any, now: datetime, *, if_match: str | None, whole: bool = False, may_invite: bool = True
    ) -> Event:
        """PATCH, or PUT (`whole`): what an update does not name is dropped. Raises `Refused`."""
        event = self.get(id_)
        _check_match(event, if_match)
        given = rules.writable(body)
        if event["status"] == "cancelled" and given.get("status") not in ("confirmed", "tentative"):
            raise Refused(410, "deleted", "Resource has been deleted")
        if not event.get("organizer", {}).get("self", True) and given.keys() - rules.OF_EACH_PERSON:
            raise Refused(403, "forbiddenForNonOrganizer", "Shared properties can only be changed by the organizer.")
        before = {name: value for name, value in event.items() if not (whole and name in rules.WRITABLE)}
        after = rules.checked(rules.merged(copy.deepcopy(before), {"status": "confirmed", **given} if whole else given))
        _check_invitations(after, may_invite=may_invite)
        if after.get("status") == "cancelled":
            return self.delete(id_, now, if_match=None)
        if any(after.get(name) != event.get(name) for name in ("start", "end", "recurrence")):
            after["sequence"] = event.get("sequence", 0) + 1
        if "recurrence" in after and "recurringEventId" in after:
            raise invalid("Cannot turn an instance of a recurring event into a recurring event itself.")
        return self._store(after, now)

    def delete(self, id_: str, now: datetime, *, if_match: str | None) -> Event:
        """The event is cancelled: an exception stays as such, a series takes its exceptions with it."""
        event = self.get(id_)
        _check_match(event, if_match)
        if event["status"] == "cancelled":
            raise Refused(410, "deleted", "Resource has been deleted")
        for other in [id_ for id_, one in self.events.items() if one.get("recurringEventId") == event["id"]]:
            del self.events[other]
        return self._store({**event, "status": "cancelled"}, now)

    def _store(self, event: Event, now: datetime) -> Event:
        stored = {**event, "etag": new_etag(), "updated": _stamp(now)}
        self.revision += 1
        self.events[stored["id"]] = stored
        self.changed_in[stored["id"]] = self.revision
        for lost in series.beside_the_series(self.events, stored):
            del self.events[lost]
        return stored


def shown(event: Mapping[str, Any]) -> Event:
    """An item as the API shows it."""
    if event.get("status") == "cancelled":
        return {name: event[name] for name in TOMBSTONE if name in event}
    return dict(event)


def _check_match(event: Event, if_match: str | None) -> None:
    if if_match not in (None, "*", event["etag"]):
        raise Refused(412, "conditionNotMet", "Precondition Failed")


def _check_invitations(event: Event, *, may_invite: bool) -> None:
    if event.get("attendees") and not may_invite:
        told = "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority."
        raise Refused(403, "forbiddenForServiceAccounts", told)


def _stamp(now: datetime) -> str:
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z"


def hour_from(start: datetime) -> dict[str, Any]:
    """`start` and `end` of an hour, for events that a person makes at Google's."""
    zone = "Europe/Paris"
    return {
        "start": {"dateTime": start.isoformat(), "timeZone": zone},
        "end": {"dateTime": (start + timedelta(hours=1)).isoformat(), "timeZone": zone},
    }
