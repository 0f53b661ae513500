"""Time zones of iCalendar by the names that Google knows: those of the IANA data base."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Timezone
from icalendar.timezone import tzid_from_tzinfo, tzids_from_tzinfo
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """The names of the zones that this machine knows."""
    return frozenset(available_timezones())


@lru_cache(maxsize=1024)
def by_name(tzid: str) -> str | None:
    """The IANA name behind a TZID: itself, one of Windows, or one with a prefix as `/example.org/Europe/Paris`."""
    if tzid.upper() in ("UTC", "Z", "ETC/UTC"):
        return "UTC"
    if tzid in known():
        return tzid
    if tzid in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[tzid]
    parts = tzid.strip('"').split("/")
    ends = ("/".join(parts[start:]) for start in range(1, len(parts)))
    return next((end for end in ends if end in known()), None)


def of_tzinfo(zone: tzinfo) -> str | None:
    """The IANA name of a zone, be it by its name or because its clocks go the same; None for one of its own."""
    if zone is UTC:
        return "UTC"
    name = tzid_from_tzinfo(zone)
    named = by_name(name) if name else None
    if named is not None:
        return named
    alike = (by_name(one) for one in tzids_from_tzinfo(zone))
    return next((one for one in alike if one is not None), None)


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
