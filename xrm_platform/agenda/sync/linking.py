"""What is given for a link, checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xrm_platform.problems import Fault, Invalid, Missing
from xrm_platform.providers import RemoteCalendar

from .plan import Direction
from .tables import CalendarLink
from .views import LinkChanges

LONGEST_NAME = 200
POLL = (1, 7 * 24 * 60)
_COLOR = re.compile(r"#[0-9A-Fa-f]{6}")


def direction_of(given: str) -> Direction:
    try:
        return Direction(given)
    except ValueError:
        raise Invalid.field("direction", "unknown_choice", given=given[:40], allowed=", ".join(Direction)) from None


def poll_of(given: int) -> int:
    """Minutes between two synchronisations that nothing else asks for."""
    if not POLL[0] <= given <= POLL[1]:
        raise Invalid.field("poll_minutes", "poll_out_of_range", low=POLL[0], high=POLL[1])
    return given


def color_of(given: str | None) -> str | None:
    if given is not None and _COLOR.fullmatch(given) is None:
        raise Invalid.field("color", "color_malformed", given=given[:20])
    return given


def name_of(given: str) -> str:
    name = given.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid.field("name", "calendar_name_impossible", limit=LONGEST_NAME)
    return name


def checked_changes(given: LinkChanges) -> dict[str, Any]:
    """The columns that change. Raises `Invalid`, of each field that is wrong."""
    checks: dict[str, Any] = {
        "name": name_of,
        "color": color_of,
        "direction": direction_of,
        "auto_sync": bool,
        "poll_minutes": poll_of,
    }
    faults: dict[str, Fault | str] = {}
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = checks[name](value)
        except Invalid as invalid:
            faults |= invalid.fields
    if faults:
        raise Invalid(faults)
    return values


def looks_the_same(row: CalendarLink, values: dict[str, Any]) -> bool:
    """Whether the calendar has that name and colour already."""
    return bool(values.get("name", row.name) == row.name and values.get("color", row.color) == row.color)


def picked(calendars: Sequence[RemoteCalendar], wanted: str | None) -> RemoteCalendar:
    """The calendar with this id or, else, this name; without either the only one that can be written.

    Raises `Missing`, `Invalid` when several are meant.
    """
    names = ", ".join(sorted(one.name for one in calendars)) or "-"
    if wanted is None:
        found = [one for one in calendars if one.writable]
    else:
        found = [one for one in calendars if one.id == wanted] or [one for one in calendars if one.name == wanted]
    if not found:
        raise Missing("unknown_calendar", calendar=wanted or "-", known=names)
    if len(found) > 1:
        raise Invalid.field("calendar", "several_calendars", known=names)
    return found[0]
