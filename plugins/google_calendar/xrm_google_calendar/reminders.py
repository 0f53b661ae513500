"""Reminders: VALARM of iCalendar, `reminders` of Google (minutes before the start, by mail or on the screen)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Alarm, Event

from .properties import first, text, word
from .times import Span

METHOD = {"DISPLAY": "popup", "AUDIO": "popup", "EMAIL": "email"}
MOST = 5
LONGEST = timedelta(weeks=4)


def to_google(event: Event, span: Span) -> dict[str, Any] | None:
    """At most five reminders that Google can give; None without any, which leaves those of the calendar."""
    found: dict[tuple[str, int], dict[str, Any]] = {}
    for alarm in alarms(event):
        method, before = METHOD.get(word(alarm, "ACTION")), _before(alarm, span)
        if method and before is not None and timedelta() <= before <= LONGEST:
            minutes = int(before.total_seconds() // 60)
            found.setdefault((method, minutes), {"method": method, "minutes": minutes})
    overrides = [found[key] for key in sorted(found)][:MOST]
    return {"useDefault": False, "overrides": overrides} if overrides else None


def alarms(event: Event) -> list[Any]:
    """The VALARM components of `event`."""
    return [component for component in event.subcomponents if component.name == "VALARM"]


def _before(alarm: Any, span: Span) -> timedelta | None:
    """How long before the start it rings; None when it does not say, or says it in a way of its own."""
    trigger = first(alarm, "TRIGGER")
    at = getattr(trigger, "dt", None)
    if isinstance(at, timedelta):
        related = str(trigger.params.get("RELATED", "START")).upper()
        return _point(span.start) - _point(span.end) - at if related == "END" else -at
    if isinstance(at, datetime):
        return _point(span.start) - (at if at.tzinfo else at.replace(tzinfo=UTC))
    return None


def _point(at: date) -> datetime:
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC)


def from_google(item: Mapping[str, Any], event: Event) -> None:
    """Write the event's own reminders into `event`; those of the calendar are not the event's."""
    reminders = item.get("reminders") or {}
    if not isinstance(reminders, Mapping) or reminders.get("useDefault"):
        return
    told = text(event, "SUMMARY") or "Reminder"
    for one in reminders.get("overrides") or []:
        alarm = Alarm()
        alarm.add("ACTION", "EMAIL" if one.get("method") == "email" else "DISPLAY")
        alarm.add("DESCRIPTION", told)
        alarm.add("TRIGGER", -timedelta(minutes=int(one.get("minutes", 0))))
        if one.get("method") == "email":
            alarm.add("SUMMARY", told)
            creator = (item.get("creator") or {}).get("email")
            if creator:
                alarm.add("ATTENDEE", f"mailto:{creator}")
        event.add_component(alarm)
