"""Zones that a text defines itself, taken from that text.

icalendar keeps one zone for each TZID for the whole process, from the first text that defined it: "Customized Time
Zone" of one text would be that of another. So times are put into the zones of their own text again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from icalendar import Calendar, Event, Timezone
from icalendar.prop.broken import vBroken

from . import zones

TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")


def apply(calendar: Calendar, events: Iterable[Event]) -> None:
    """Put the times of `events` into the zones that `calendar` defines under names that are nobody else's."""
    defined = _defined(calendar)
    if not defined:
        return
    for event in events:
        for name in TIMES:
            value = event.get(name, [])
            for one in value if isinstance(value, list) else [value]:
                for time in [] if isinstance(one, vBroken) else getattr(one, "dts", [one]):
                    _settle(time, defined)


def _defined(calendar: Calendar) -> dict[str, tzinfo]:
    found: dict[str, tzinfo] = {}
    for component in calendar.walk("VTIMEZONE"):
        tzid = str(component.get("TZID", ""))
        if tzid and isinstance(component, Timezone) and zones.by_name(tzid) is None:
            try:
                found[tzid] = component.to_tz(lookup_tzid=False)
            except (ValueError, KeyError, IndexError, AttributeError, TypeError):
                continue  # a definition that makes no sense leaves what icalendar made of it
    return found


def _settle(time: Any, defined: Mapping[str, tzinfo]) -> None:
    zone = defined.get(str(getattr(time, "params", {}).get("TZID", "")))
    if zone is not None and isinstance(time.dt, datetime):
        time.dt = time.dt.replace(tzinfo=zone)
