"""Times as people give and read them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from babel.dates import format_date

from xrm_platform.problems import Invalid

from .ical.values import Moment
from .ical.zones import known_zone
from .requests import When

FIRST, LAST = date(1900, 1, 1), date(2200, 1, 1)
YEARS = (2, 9998)
"""Between them days can be looked at."""


def when(given: str, field: str) -> When:
    """A date or a time of ISO 8601, with an offset or without. Raises `Invalid`."""
    try:
        return date.fromisoformat(given)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(given)
    except ValueError as error:
        raise Invalid.field(field, "time_malformed", given=given[:40]) from error


def is_usable(name: str) -> bool:
    """Whether new times can be written in the zone of that name: an IANA one."""
    zone = known_zone(name) if name else None
    return name == "UTC" or (isinstance(zone, ZoneInfo) and zone.key == name)


def zone_named(name: str, field: str = "zone") -> tzinfo:
    """The IANA zone of that name. Raises `Invalid`."""
    zone = known_zone(name)
    if zone is None or not is_usable(name):
        raise Invalid.field(field, "time_zone_unknown")
    return zone


def moment_of(given: When, zone_name: str, field: str) -> Moment:
    """The moment as an event says it. Raises `Invalid` for times that the clocks leave out or that no calendar has."""
    day = given.date() if isinstance(given, datetime) else given
    if not FIRST <= day < LAST:
        raise Invalid.field(field, "day_out_of_range", first=FIRST.year, last=LAST.year)
    if not isinstance(given, datetime):
        return Moment(datetime(given.year, given.month, given.day), is_date=True)  # noqa: DTZ001  a wall time
    zone = zone_named(zone_name)
    if given.tzinfo is not None:
        given = given.astimezone(zone).replace(tzinfo=None, fold=0)
    given = given.replace(microsecond=0)
    local = given.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != given:
        raise Invalid.field(field, "time_left_out", given=given.isoformat(), zone=zone_name)
    return Moment(given, tzid=zone_name, tz=zone)


def comes_again(given: When | None, moment: Moment) -> bool:
    """Whether `given`, which `moment` was read from, is the second of two times that the clocks show alike. A zone
    cannot say that one (RFC 5545 §3.3.5), UTC can."""
    if not isinstance(given, datetime) or given.tzinfo is None or moment.tz is None:
        return False
    return given.astimezone(UTC).replace(microsecond=0) > moment.utc(moment.tz)


def in_utc(moment: Moment, given: When | None = None) -> Moment:
    """The same in UTC, as `given` if that `comes_again`."""
    instant = moment.utc(moment.tz or UTC)
    if isinstance(given, datetime) and comes_again(given, moment):
        instant = given.astimezone(UTC)
    return Moment(instant.replace(tzinfo=None, microsecond=0), tzid="UTC", tz=UTC)


def shown(instant: datetime, *, zone: str, all_day: bool, home: tzinfo) -> str:
    """An instant as its owner reads it: a date, or a time with its offset."""
    if all_day:
        return instant.astimezone(home).date().isoformat()
    return instant.astimezone((known_zone(zone) if zone else None) or home).isoformat()


def day_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Raises `Invalid` at the ends of time, as do the others."""
    return _span(_within_time(day), day + timedelta(days=1), zone)


def week_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From Monday (ISO 8601)."""
    monday = _within_time(day) - timedelta(days=day.weekday())
    return _span(monday, monday + timedelta(days=7), zone)


def month_span(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    first = _within_time(day).replace(day=1)
    return _span(first, (first + timedelta(days=32)).replace(day=1), zone)


def _within_time(day: date) -> date:
    if not YEARS[0] < day.year < YEARS[1]:
        raise Invalid.field("day", "day_out_of_range", first=YEARS[0], last=YEARS[1])
    return day


def _span(first: date, end: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """From one midnight to another, in UTC: a day of change has 23 or 25 hours."""
    midnights = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in (first, end)]
    return midnights[0], midnights[1]


def shown_to_people(instant: datetime, home: tzinfo, language: str, *, all_day: bool) -> str:
    """`lundi 2 mars 2026, 09:00`, in the zone of the base."""
    local = instant.astimezone(home)
    day = format_date(local.date(), format="full", locale=language)
    return day if all_day else f"{day}, {local:%H:%M}"
