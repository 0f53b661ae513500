"""Start and end of an event: iCalendar's DTSTART, DTEND and DURATION, Google's `{date}` and `{dateTime, timeZone}`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from icalendar import Event
from icalendar.timezone import tzid_from_dt

from xrm_platform.providers import BadResponse, Unsupported

from . import zones
from .properties import first, moment_of

Time = dict[str, str | None]
"""All three members are there, those that do not apply as None: so that a PATCH takes them away."""


@dataclass(frozen=True, slots=True)
class Span:
    """When an event is: dates, or times with their zone. `floating` says that the text named no zone."""

    start: date
    end: date
    zone: str
    end_zone: str
    floating: bool = False

    @property
    def all_day(self) -> bool:
        return not isinstance(self.start, datetime)

    def written(self, at: date) -> date:
        """`at` as it stands in a text: without a zone if the event has none."""
        if self.floating and isinstance(at, datetime):
            return at.astimezone(zones.zone(self.zone)).replace(tzinfo=None)
        return at

    def like_it(self, at: date) -> date:
        """A moment of its series: a date if that is all-day; a date among times is the occurrence of that day."""
        if self.all_day:
            return at.date() if isinstance(at, datetime) else at
        if isinstance(at, datetime):
            return settled(at, self.zone)
        return self.start.replace(year=at.year, month=at.month, day=at.day)


def span_of(event: Event, default_zone: str) -> Span:
    """When `event` is; times without a zone are taken for those of `default_zone`.

    Raises `Unsupported` for an event without a start, one that ends before it starts, and a series in a zone that
    is nobody else's.
    """
    written = moment_of(event, "DTSTART")
    if written is None:
        raise Unsupported("no_start")
    floating = isinstance(written, datetime) and written.tzinfo is None
    start, zone = _settled(written, default_zone, repeats="RRULE" in event or "RDATE" in event)
    end, end_zone = _end(event, start, zone)
    if floating and isinstance(end, datetime):
        end, end_zone = zones.in_zone(end, zone), zone
    if end < start:
        raise Unsupported("ends_before_start")
    return Span(start, end, zone, end_zone, floating=floating)


def settled(at: date, default_zone: str) -> date:
    """A time of a text with a zone, a date as it is."""
    return _settled(at, default_zone, repeats=False)[0]


def _settled(at: date, default_zone: str, *, repeats: bool) -> tuple[date, str]:
    if not isinstance(at, datetime):
        return at, default_zone
    if at.tzinfo is None:
        return at.replace(tzinfo=zones.zone(default_zone)), default_zone
    name = zones.of(at)
    if name is not None:
        return zones.in_zone(at, name), name
    if repeats:
        raise Unsupported("unknown_time_zone", zone=str(tzid_from_dt(at) or at.tzname() or ""))
    return at.astimezone(UTC), "UTC"


def _end(event: Event, start: date, zone: str) -> tuple[date, str]:
    """RFC 5545 §3.6.1: without an end, an all-day event lasts its day and a timed one no time."""
    timed = isinstance(start, datetime)
    written = moment_of(event, "DTEND")
    if written is not None and isinstance(written, datetime) == timed:
        end, end_zone = _settled(written, zone, repeats=False)
        return (end + timedelta(days=1), zone) if end == start and not timed else (end, end_zone)
    length = first(event, "DURATION")
    lasts = getattr(length, "dt", None) if length is not None else None
    if isinstance(lasts, timedelta):
        return _after(start, lasts), zone
    return (start, zone) if timed else (start + timedelta(days=1), zone)


def _after(start: date, lasts: timedelta) -> date:
    """RFC 5545 §3.3.6: days of a duration are days of the calendar, hours are hours that pass."""
    if not isinstance(start, datetime):
        return start + timedelta(days=max(lasts.days, 1))
    nominal = start + timedelta(days=lasts.days)
    return (nominal.astimezone(UTC) + timedelta(seconds=lasts.seconds)).astimezone(start.tzinfo)


def to_google(at: date, zone: str) -> Time:
    """A start or end as Google writes it."""
    if not isinstance(at, datetime):
        return {"date": at.isoformat(), "dateTime": None, "timeZone": None}
    return {"date": None, "dateTime": at.isoformat(), "timeZone": zone}


def from_google(time: Mapping[str, Any]) -> tuple[date, str]:
    """What Google says as a date or a time in its zone, and the zone's name. Raises `BadResponse`."""
    try:
        if time.get("date"):
            return date.fromisoformat(time["date"]), "UTC"
        at = datetime.fromisoformat(time["dateTime"])
    except (KeyError, ValueError, TypeError) as error:
        raise BadResponse("time_not_understood", detail=str(time)) from error
    named = str(time.get("timeZone") or "UTC")
    name = zones.by_name(named) or "UTC"
    return zones.in_zone(at if at.tzinfo else at.replace(tzinfo=zones.zone(name)), name), name


def instant(at: date) -> str:
    """A name for the moment of an occurrence, the same in whatever zone it is written."""
    if isinstance(at, datetime):
        return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{at:%Y%m%d}"
