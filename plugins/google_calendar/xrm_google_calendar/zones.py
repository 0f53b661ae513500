"""Time zones of iCalendar by the names that Google knows: those of the IANA data base."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone import tzid_from_tzinfo
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

USUAL = ("Europe/Paris", "Europe/London", "America/New_York", "America/Chicago", "America/Los_Angeles")
"""Of the zones whose clocks go alike, these are meant most often."""


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The names of the zones that this machine knows."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def by_name(tzid: str) -> str | None:
    """The IANA name behind a TZID: itself, one of Windows, one with a prefix as
    `/example.org/Europe/Paris`, or one written with dashes as `US-Eastern`."""
    if tzid.upper() in ("UTC", "Z", "ETC/UTC"):
        return "UTC"
    if tzid in known():
        return tzid
    if tzid in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[tzid]
    if tzid.replace("-", "/") in known():
        return tzid.replace("-", "/")
    parts = tzid.strip('"').split("/")
    ends = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return next((end for end in ends if end in known()), None)


def of(at: datetime) -> str | None:
    """The IANA name of the zone of `at`, be it by its name or because its clocks go the same in the year of `at`; None
    for a zone that is nobody else's."""
    if at.tzinfo is None or at.tzinfo is UTC:
        return "UTC"
    name = tzid_from_tzinfo(at.tzinfo)
    return (by_name(name) if name else None) or _alike(_clock(at.tzinfo, at.year), at.year)


def _clock(of_zone: tzinfo, year: int) -> tuple[timedelta | None, ...]:
    """How far the clocks of a zone are from UTC at noon of every tenth day of a year, which tells one rule of summer
    time from another."""
    return tuple(moment.astimezone(of_zone).utcoffset() for moment in _samples(year))


@lru_cache(maxsize=8)
def _samples(year: int) -> tuple[datetime, ...]:
    new_year = datetime(year, 1, 1, 12, tzinfo=UTC)
    return tuple(new_year + timedelta(days=10 * number) for number in range(36))


@lru_cache(maxsize=128)
def _alike(clock: tuple[timedelta | None, ...], year: int) -> str | None:
    """The first zone whose clocks go so; those that Windows names come first, for they are the best known."""
    best_known = sorted(set(WINDOWS_TO_OLSON.values()) & known(), key=lambda name: (name not in USUAL, name))
    others = sorted(known() - set(best_known))
    return next((name for name in (*best_known, *others) if _clock(ZoneInfo(name), year) == clock), None)


def zone(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for one that this machine does not know."""
    return ZoneInfo(name) if name in known() and name != "UTC" else UTC


def in_zone(at: datetime, name: str) -> datetime:
    """The same moment on the clocks of `name`."""
    return at.astimezone(zone(name))


@lru_cache(maxsize=256)
def definition(name: str) -> bytes:
    """The VTIMEZONE of a zone, which RFC 5545 §3.6.5 wants beside every TZID that is used."""
    return bytes(Timezone.from_tzid(name).to_ical())
