"""Where the owner of a phone number lives, as far as the number tells: time zones and public holidays. Pure."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import phonenumbers
from phonenumbers import NumberParseException, timezone

_FRENCH = {
    "FR": ("Europe/Paris", None),
    "GP": ("America/Guadeloupe", "971"),
    "MQ": ("America/Martinique", "972"),
    "GF": ("America/Cayenne", "973"),
    "RE": ("Indian/Reunion", "974"),
    "YT": ("Indian/Mayotte", "976"),
    "PM": ("America/Miquelon", "PM"),
    "BL": ("America/Guadeloupe", "BL"),
    "MF": ("America/Guadeloupe", "MF"),
    "NC": ("Pacific/Noumea", "NC"),
    "PF": ("Pacific/Tahiti", "PF"),
    "WF": ("Pacific/Wallis", "WF"),
}
"""Zone and subdivision of `holidays` by region. French Polynesia has three zones; nearly everybody lives in Tahiti's.
Numbers do not tell who lives in Alsace and Moselle, which have two holidays more."""


@dataclass(frozen=True, slots=True)
class Place:
    """`zones` are all that the number may be in; `country` and `subdivision` are those of `holidays`, "" where the
    country of the number is not known."""

    zones: tuple[str, ...]
    country: str
    subdivision: str | None = None

    def is_holiday(self, day: date) -> bool:
        return day in _holidays(self.country, self.subdivision, day.year)


@functools.lru_cache(maxsize=20_000)
def place_of(number: str, otherwise: str) -> Place:
    """The place of an E.164 number; `otherwise` is the zone that counts where the number tells none."""
    try:
        parsed = phonenumbers.parse(number)
    except NumberParseException:
        return Place((otherwise,), "")
    region = phonenumbers.region_code_for_number(parsed) or ""
    if region in _FRENCH:
        zone, subdivision = _FRENCH[region]
        return Place((zone,), "FR", subdivision)
    zones = tuple(zone for zone in timezone.time_zones_for_number(parsed) if _is_zone(zone))
    return Place(zones or (otherwise,), region)


@functools.lru_cache(maxsize=200)
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """Empty for a country that the library does not know."""
    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError:
        return frozenset()


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return True
