"""Whether two accounts mean the same calendar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

LONGEST = 500


def remote_key(slug: str, settings: Mapping[str, Any], calendar: str) -> str:
    """The same for all accounts of one provider that reach the same calendar: where the server is, and the vendor's own
    name for the calendar. A calendar's name may be a path, which is the same on many servers."""
    url = str(settings.get("url") or settings.get("service") or "")
    parts = urlsplit(url)
    place = f"{parts.hostname}:{parts.port or ''}" if parts.hostname else url
    return f"{slug} {place} {unquote(calendar)}"[:LONGEST]


def is_inside(one: str, other: str) -> bool:
    """Whether one provider's name for a calendar holds that of another: Google offers its calendars by CalDAV too, at
    addresses that hold the id of the calendar."""
    name, longer = sorted((_name_of(one), _name_of(other)), key=len)
    return "@" in name and "/" not in name and f"/{name.lower()}/" in f"/{longer.lower()}/"


def _name_of(key: str) -> str:
    return key.split(" ", 2)[-1].strip("/")
