"""What an iCalendar text says, in units that can be compared and carried over to another text one by one.

A unit is a property, a group of properties that only make sense together (when an event is), one guest, one left-out
occurrence, or all alarms. Two texts say the same when their units do: the order of lines, folding, escapes, stamps,
the name of the program and how a zone is spelt are no part of it. The UID is none either: each side has its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from xrm_platform.agenda.ical.components import Incomprehensible, items_of, read_item
from xrm_platform.agenda.ical.lines import Block, Line, line, parse
from xrm_platform.agenda.ical.values import Moment, key_of, listed, text
from xrm_platform.agenda.ical.zones import Zones, known_zone

Which = str
"""A component of a series: empty for the master, else the key of its RECURRENCE-ID."""

Unit = tuple[Which, str]

MASTER: Which = ""
WHEN = "when"
ALARMS = "alarms"
WHOLE = "whole"
"""Stands for all units of an exception that is there on one side only."""

LEFT_OUT = "EXDATE "
GUEST = "ATTENDEE "

_WHEN_NAMES = frozenset({"DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXRULE"})
_NOISE = frozenset(
    {
        "UID",
        "DTSTAMP",
        "CREATED",
        "LAST-MODIFIED",
        "SEQUENCE",
        "RECURRENCE-ID",
        "REQUEST-STATUS",
        "X-RADICALE-NAME",
        "X-MOZ-LASTACK",
        "X-MOZ-GENERATION",
        "X-LIC-ERROR",
        "ACKNOWLEDGED",
    }
)
_UNLESS_SAID = {
    "STATUS": "CONFIRMED",
    "TRANSP": "OPAQUE",
    "CLASS": "PUBLIC",
    "PRIORITY": "0",
    "X-MICROSOFT-CDO-BUSYSTATUS": "BUSY",
}
"""What is meant where nothing is said (RFC 5545 §3.8.1.3, §3.8.1.9, §3.8.2.7)."""

_FOR_PROGRAMS = frozenset({"STATUS", "TRANSP", "CLASS"})
_LISTS = frozenset({"CATEGORIES", "RESOURCES"})
_IDLE_PARAMS = frozenset({("VALUE", "TEXT"), ("VALUE", "URI"), ("RSVP", "FALSE"), ("CUTYPE", "INDIVIDUAL")})
_GUEST_DEFAULTS = frozenset({("ROLE", "REQ-PARTICIPANT"), ("PARTSTAT", "NEEDS-ACTION")})


class Unsaid(ValueError):
    """A text that is no event."""


@dataclass(frozen=True, slots=True)
class Told:
    """One unit: `value` is what is compared, `items` are the lines and blocks that say it."""

    value: Any
    items: tuple[Line | Block, ...]


@dataclass(frozen=True)
class Said:
    """A text, read. `units` has nothing for what is meant without being said."""

    calendar: Block
    parts: Mapping[Which, Block]
    units: Mapping[Unit, Told]

    @cached_property
    def values(self) -> dict[Unit, Any]:
        return {unit: told.value for unit, told in self.units.items()}

    @property
    def title(self) -> str:
        head = self.parts.get(MASTER) or next(iter(self.parts.values()))
        return text(head.value("SUMMARY"))

    @property
    def uid(self) -> str:
        head = self.parts.get(MASTER) or next(iter(self.parts.values()))
        return text(head.value("UID")).strip()


def read(ical: str) -> Said:
    """Raises `Unsaid` for a text without event, with two masters, or with an occurrence described twice."""
    blocks, _ = parse(ical)
    calendar = next((block for block in blocks if block.name == "VCALENDAR"), None)
    if calendar is None:
        raise Unsaid("no_calendar")
    zones = Zones(calendar)
    parts: dict[Which, Block] = {}
    for block in items_of(calendar):
        which = which_of(block, zones)
        if which in parts:
            raise Unsaid("said_twice")
        parts[which] = block
    if not parts:
        raise Unsaid("no_event")
    units: dict[Unit, Told] = {}
    for which, block in parts.items():
        for name, told in _units_of(block, zones):
            units[which, name] = told
    return Said(calendar, parts, units)


def same(one: str, other: str) -> bool:
    """Whether two texts say the same event. Of a text that is none, whether they are the same letters."""
    if one == other:
        return True
    try:
        return read(one).values == read(other).values
    except Unsaid:
        return False


def fingerprint(ical: str) -> str:
    """The same for all texts that say the same event."""
    try:
        values = read(ical).values
    except Unsaid:
        return hashlib.sha256(ical.encode()).hexdigest()
    told = "\n".join(f"{unit!r} {values[unit]!r}" for unit in sorted(values))
    return hashlib.sha256(told.encode()).hexdigest()


def which_of(block: Block, zones: Zones) -> Which:
    """Which component of its series a block is."""
    found = block.line("RECURRENCE-ID")
    if found is None:
        return MASTER
    try:
        return key_of(zones.moment(found))
    except ValueError:
        return found.value.strip()


def whole_value(said: Said, which: Which) -> Any:
    """All that one component says."""
    return tuple(sorted((name, repr(value)) for (of, name), value in said.values.items() if of == which))


def unit_of(item: Line | Block) -> str | None:
    """The unit that a line or a block belongs to; None for what is no part of what is said. Of EXDATE, which has one
    for each of its values, only the beginning."""
    if isinstance(item, Block):
        return ALARMS if item.name == "VALARM" else f"BEGIN:{item.name}"
    if item.name in _NOISE:
        return None
    if item.name in _WHEN_NAMES:
        return WHEN
    if item.name == "EXDATE":
        return LEFT_OUT
    if item.name == "ATTENDEE":
        return GUEST + item.value.strip().lower()
    return item.name


def left_out(block: Block, zones: Zones) -> Iterator[tuple[str, Line]]:
    """The occurrences that EXDATE leaves out, each as the name of its unit and a line of its own."""
    for source, value in listed(block.all("EXDATE")):
        try:
            key = key_of(zones.moment(source, value.strip()))
        except ValueError:
            key = value.strip()
        params = {name.lower(): given for name, given in source.params if name in ("TZID", "VALUE")}
        yield LEFT_OUT + key, line("EXDATE", value.strip(), **params)


def _units_of(block: Block, zones: Zones) -> Iterator[tuple[str, Told]]:
    gathered: dict[str, list[Line | Block]] = {}
    for item in block.items:
        name = unit_of(item)
        if name is not None and name != LEFT_OUT:
            gathered.setdefault(name, []).append(item)
    for name, items in gathered.items():
        value = _value(name, items, block, zones)
        if value is not None:
            yield name, Told(value, tuple(items))
    for name, alone in left_out(block, zones):
        yield name, Told(name, (alone,))


def _value(name: str, items: list[Line | Block], block: Block, zones: Zones) -> Any:
    if name == WHEN:
        return _when(block, zones)
    blocks = [item for item in items if isinstance(item, Block)]
    if blocks:
        return tuple(sorted(_block_value(item) for item in blocks))
    lines = [item for item in items if isinstance(item, Line)]
    if name in _UNLESS_SAID and lines[-1].value.strip().upper() == _UNLESS_SAID[name]:
        return None
    return tuple(sorted(value for value in map(_line_value, lines) if value is not None)) or None


def _line_value(read_line: Line) -> tuple[Any, ...] | None:
    value = text(read_line.value).strip()
    if not value:
        return None
    params = {(name, given.strip()) for name, given in read_line.params if (name, given.upper()) not in _IDLE_PARAMS}
    if read_line.name in ("ATTENDEE", "ORGANIZER"):
        value = value.lower()
        params = {(name, given) for name, given in params if (name, given.upper()) not in _GUEST_DEFAULTS}
    if read_line.name in _FOR_PROGRAMS:
        value = value.upper()
    if read_line.name in _LISTS:
        value = ",".join(sorted(part.strip() for part in value.split(",")))
    return value, tuple(sorted(params))


def _block_value(block: Block) -> tuple[Any, ...]:
    """An alarm or the like: all it says, apart from what programs number it with."""
    lines = sorted(
        (item.name, *told)
        for item in block.lines
        if item.name not in _NOISE and not item.name.endswith("ALARM-UID") and item.name != "X-WR-ALARMUID"
        for told in [_line_value(item)]
        if told is not None
    )
    return (block.name, tuple(lines), tuple(_block_value(inner) for inner in block.blocks))


def _when(block: Block, zones: Zones) -> Any:
    """When an event is, whichever way it is written. What makes no sense is compared as it is written."""
    try:
        item = read_item(block, zones)
        if item.start is None:
            return None
        recurring = bool(block.all("RRULE", "RDATE", "EXRULE"))
        return (
            key_of(item.start),
            zone_name(item.start) if recurring else "",
            str(item.length) if recurring or item.start.is_date else key_of(item.start.moved(item.length)),
            tuple(sorted(_rule(found.value) for found in block.all("RRULE"))),
            tuple(sorted(_rule(found.value) for found in block.all("EXRULE"))),
            tuple(sorted(_dates(block, zones))),
        )
    except (Incomprehensible, ValueError):
        return tuple(sorted(found.unfolded for found in block.all(*_WHEN_NAMES)))


def zone_name(moment: Moment) -> str:
    """The zone of a time, the same for all spellings of a known one."""
    known = known_zone(moment.tzid) if moment.tzid else None
    return getattr(known, "key", None) or moment.tzid


def _rule(value: str) -> str:
    """A rule whatever the order of its parts and their values; what is meant unless said is left out."""
    parts = []
    for part in value.strip().strip(";").upper().split(";"):
        name, _, given = part.partition("=")
        if part not in ("INTERVAL=1", "WKST=MO"):
            parts.append(f"{name}={','.join(sorted(given.split(',')))}")
    return ";".join(sorted(parts))


def _dates(block: Block, zones: Zones) -> Iterator[str]:
    for source, value in listed(block.all("RDATE")):
        yield key_of(zones.moment(source, value.partition("/")[0].strip()))
