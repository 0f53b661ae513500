"""What an event looks like on each side, and whether it is as it should be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar

from xrm_platform.agenda.views import AgendaEventView


@dataclass(frozen=True, slots=True)
class Seen:
    """An event as people know it: what, where, from when to when (UTC)."""

    title: str
    place: str
    starts_at: datetime
    ends_at: datetime


def seen_here(event: AgendaEventView) -> Seen | None:
    if event.starts_at is None or event.ends_at is None:
        return None
    return Seen(event.summary, event.location, event.starts_at, event.ends_at)


def seen_in_caldav(texts: Iterable[str]) -> tuple[Seen, ...]:
    """The events of a CalDAV server's files."""
    return tuple(
        Seen(
            str(event.get("SUMMARY", "")),
            str(event.get("LOCATION", "")),
            event.decoded("DTSTART").astimezone(UTC),
            event.decoded("DTEND").astimezone(UTC),
        )
        for text in texts
        for event in Calendar.from_ical(text).walk("VEVENT")
    )


def seen_at_google(events: Iterable[Mapping[str, Any]]) -> tuple[Seen, ...]:
    """The items of a calendar of Google's."""
    return tuple(
        Seen(
            event.get("summary", ""),
            event.get("location", ""),
            *(datetime.fromisoformat(event[side]["dateTime"]).astimezone(UTC) for side in ("start", "end")),
        )
        for event in events
    )


def moved_to_another_place(text: str, place: str) -> str:
    """The file of a CalDAV event in which only the place is another."""
    calendar = Calendar.from_ical(text)
    for event in calendar.walk("VEVENT"):
        event["LOCATION"] = place
        event["SEQUENCE"] = int(event.get("SEQUENCE", 0)) + 1
    return str(calendar.to_ical().decode())
