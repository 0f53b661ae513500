"""When a marketing SMS may reach somebody: hours and days by the recipient's own clock. Pure.

No statute of France names hours for SMS; the charter that binds its vendors does (af2m, Charte Business Messaging, in
force since 2024-09-01: working days, 08:00 to 22:00). The default is what the vendors keep to: 08:00 to 20:00, Monday
to Saturday, no public holiday.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .places import Place

EARLIEST = time(8)
LATEST = time(22)
"""No setting goes beyond these."""

_LONGEST_WAIT = timedelta(days=31)
"""Holidays and days off never add up to more; what looks so has no common hour in all zones of a number."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to before `end`, local time, on `days` (ISO: Monday is 1); `holidays` says that public holidays are
    days like others."""

    start: time = EARLIEST
    end: time = time(20)
    days: frozenset[int] = frozenset({1, 2, 3, 4, 5, 6})
    holidays: bool = False

    def holds(self, other: Window) -> bool:
        """Whether whatever `other` allows is allowed here."""
        hours = self.start <= other.start and self.end >= other.end
        return hours and self.days >= other.days and (self.holidays or not other.holidays)


LEGAL = Window()
"""What vendors that keep the hours themselves allow."""


def next_allowed(at: datetime, place: Place, window: Window) -> datetime:
    """`at` if the window is open then in every zone of `place`, else when it next opens.

    Where no hour suits all zones (a Russian mobile may be in any of eleven) the first zone decides.
    """
    found = at
    while found - at <= _LONGEST_WAIT:
        latest = max(_next_in(found, zone, place, window) for zone in place.zones)
        if latest == found:
            return found
        found = latest
    return _next_in(at, place.zones[0], place, window)


def _next_in(at: datetime, zone_name: str, place: Place, window: Window) -> datetime:
    zone = ZoneInfo(zone_name)
    local = at.astimezone(zone)
    if _is_open(local.date(), place, window):
        if local.time() < window.start:
            return _moment(local.date(), window.start, zone)
        if local.time() < window.end:
            return at
    day = local.date() + timedelta(days=1)
    while not _is_open(day, place, window):
        day += timedelta(days=1)
    return _moment(day, window.start, zone)


def _is_open(day: date, place: Place, window: Window) -> bool:
    return day.isoweekday() in window.days and (window.holidays or not place.is_holiday(day))


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
