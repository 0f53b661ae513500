"""A file of events: taken apart into events as they are stored, put together again, told without what is private."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .components import COMPONENTS, Incomprehensible, is_exception, is_private, items_of, read_item
from .lines import Block, Line, block, fold, line, parse, text_of
from .recurrence import read_series
from .values import escaped, text
from .zones import Zones

MAX_EVENTS = 20_000
MAX_NOTES = 500
OF_AN_EVENT = frozenset({"VERSION", "PRODID", "CALSCALE"})
"""What of a calendar's own properties goes with each of its events; the others speak of the calendar."""

TIMES = frozenset(
    {"UID", "DTSTAMP", "DTSTART", "DTEND", "DUE", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"}
    | {"SEQUENCE", "TRANSP", "STATUS"}
)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Note:
    """Something of a file that is not kept as it was: `code` is why, `about` what; `lost` when it is not kept."""

    code: str
    number: int
    about: str = ""
    lost: bool = True
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """An event of a file, as it would be stored; `number` is its line."""

    uid: str
    text: str
    number: int
    summary: str


@dataclass(slots=True)
class FileRead:
    events: list[Found] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    skipped: int = 0

    def note(self, code: str, number: int, about: str = "", *, lost: bool = True, **params: Any) -> None:
        if len(self.notes) < MAX_NOTES:
            self.notes.append(Note(code, number, about[:100], lost, params))


def decoded(content: bytes) -> tuple[str, Note | None]:
    """The text of a file: UTF-8, UTF-16 with its mark, else Windows-1252, which is noted."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _UNSTORABLE.sub("", content.decode("utf-16", "replace")), None
    try:
        read, note = content.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        read, note = content.decode("cp1252", "replace"), Note("not_utf8", 1, lost=False)
    cleaned = _UNSTORABLE.sub("", read)
    if cleaned != read and note is None:
        note = Note("characters_removed", 1, lost=False)
    return cleaned, note


def read_file(content: bytes) -> FileRead:
    """Take a file apart. Never raises, whatever it holds; everything that is not kept is noted."""
    whole, note = decoded(content)
    blocks, faults = parse(whole, salvages=True)
    read = FileRead([], [] if note is None else [note])
    for fault in faults:
        read.note(f"line_{fault.code}", fault.number, fault.text)
    for calendar in _calendars(blocks, read):
        _take_apart(calendar, read)
    if not read.events and not read.notes:
        read.note("no_calendar", 1)
    return read


def _calendars(blocks: Sequence[Block], read: FileRead) -> Iterator[Block]:
    """VCALENDARs; events without one around them are taken as if they had."""
    alone = [found for found in blocks if found.name in COMPONENTS]
    for found in blocks:
        if found.name == "VCALENDAR":
            yield found
        elif found.name not in COMPONENTS:
            read.note("component_unknown", found.number, found.name)
    if alone:
        yield block("VCALENDAR", [line("VERSION", "2.0"), *alone])


def _take_apart(calendar: Block, read: FileRead) -> None:
    for own in calendar.lines:
        if own.name not in OF_AN_EVENT:
            read.note("calendar_property", own.number, own.name, value=text(own.value)[:60])
    for inner in calendar.blocks:
        if inner.name not in (*COMPONENTS, "VTIMEZONE"):
            read.note("component_unknown", inner.number, inner.name)
    head = [own for own in calendar.lines if own.name in OF_AN_EVENT]
    zones = [inner for inner in calendar.blocks if inner.name == "VTIMEZONE"]
    for uid, parts in _by_uid(calendar, read).items():
        if len(read.events) >= MAX_EVENTS:
            read.note("too_many_events", parts[0].number, lost=True, limit=MAX_EVENTS)
            read.skipped += 1
            continue
        made = calendar.with_items([*head, *_used(zones, parts), *parts])
        try:
            series = read_series(made)
        except Incomprehensible as error:
            read.skipped += 1
            read.note(f"event_{error.code}", parts[0].number, _about(parts[0]), part=error.part)
            continue
        for tzid in series.zones.unknown:
            read.note("zone_unknown", parts[0].number, _about(parts[0]), lost=False, zone=tzid[:60])
        if series.head.item.rule_fault:
            read.note("rule_unusable", parts[0].number, _about(parts[0]), lost=False, rule=series.head.item.rule_fault)
        read.events.append(Found(uid, text_of(made), parts[0].number, series.head.item.summary))


def _by_uid(calendar: Block, read: FileRead) -> dict[str, list[Block]]:
    """The components of each event. One without UID gets one made from what it says, so that it is known again; one
    that makes no sense is left out without taking the others of its event along."""
    groups: dict[str, list[Block]] = {}
    zones = Zones(calendar)
    for part in items_of(calendar):
        try:
            read_item(part, zones)
        except Incomprehensible as error:
            read.skipped += 1
            read.note(f"event_{error.code}", part.number, _about(part), part=error.part)
            continue
        uid = text(part.value("UID")).strip()
        if not uid:
            uid = hashlib.sha256(text_of(part).encode()).hexdigest()[:32]
            part = part.with_items([line("UID", uid), *(item for item in part.items if not _is_uid(item))])  # noqa: PLW2901
            read.note("uid_made", part.number, _about(part), lost=False)
        same = groups.setdefault(uid, [])
        twin = next((one for one in same if _place(one) == _place(part)), None)
        if twin is not None:
            same.remove(twin)
            read.skipped += 1
            read.note("event_twice", twin.number, _about(twin))
        same.append(part)
    return groups


def _is_uid(item: Line | Block) -> bool:
    return isinstance(item, Line) and item.name == "UID"


def _place(part: Block) -> str:
    """Which occurrence a component is about; of two for the same the later in the file counts."""
    named = part.line("RECURRENCE-ID")
    return "" if named is None else named.value.strip()


def _about(part: Block) -> str:
    return text(part.value("SUMMARY")) or text(part.value("UID"))


def _used(zones: Sequence[Block], parts: Sequence[Block]) -> list[Block]:
    """The definitions of zones that the parts name, each once."""
    named = {found.param("TZID").strip() for part in parts for found in _all_lines(part)}
    named |= {written[1].strip() for part in parts for found in part.lines if (written := _named_late(found))}
    kept: dict[str, Block] = {}
    for zone in zones:
        tzid = zone.value("TZID").strip()
        if tzid in named:
            kept.setdefault(tzid, zone)
    return list(kept.values())


def _named_late(found: Line) -> re.Match[str] | None:
    return re.search(r";TZID=([^;]+):\d{8}T\d{6}Z?\Z", found.unfolded) if ":" in found.value else None


def _all_lines(part: Block) -> Iterator[Line]:
    for item in part.items:
        if isinstance(item, Line):
            yield item
        else:
            yield from _all_lines(item)


def joined(texts: Iterable[str], prodid: str, name: str = "") -> str:
    """One file of many stored events. Two zones of one name that differ get names of their own."""
    zones: dict[str, Block] = {}
    events: list[Block] = []
    for one in texts:
        for calendar in parse(one)[0]:
            renamed: dict[str, str] = {}
            for zone in calendar.blocks:
                if zone.name == "VTIMEZONE":
                    _add_zone(zone, zones, renamed)
            events += [_with_zones(part, renamed) for part in items_of(calendar)]
    head = [line("VERSION", "2.0"), line("PRODID", prodid)]
    if name:
        head.append(line("X-WR-CALNAME", escaped(name)))
    return text_of(block("VCALENDAR", [*head, *zones.values(), *events]))


def _add_zone(zone: Block, zones: dict[str, Block], renamed: dict[str, str]) -> None:
    tzid = zone.value("TZID").strip()
    name, number = tzid, 1
    while name in zones and text_of(_named(zone, name)) != text_of(zones[name]):
        number += 1
        name = f"{tzid} {number}"
    zones[name] = _named(zone, name) if name != tzid else zone
    if name != tzid:
        renamed[tzid] = name


def _named(zone: Block, name: str) -> Block:
    if zone.value("TZID").strip() == name:
        return zone
    return zone.with_items([line("TZID", name) if _is(item, "TZID") else item for item in zone.items])


def _is(item: Line | Block, name: str) -> bool:
    return isinstance(item, Line) and item.name == name


def _with_zones(part: Block, renamed: dict[str, str]) -> Block:
    if not renamed:
        return part
    items: list[Line | Block] = []
    for item in part.items:
        if isinstance(item, Line) and item.param("TZID").strip() in renamed:
            tzid = item.param("TZID")
            flat = item.unfolded.replace(f"TZID={tzid}", f"TZID={renamed[tzid.strip()]}", 1)
            items.append(Line(item.name, item.params, item.value, fold(flat)))
        else:
            items.append(item)
    return part.with_items(items)


def holds_private(stored: str) -> bool:
    """Whether an event, or an occurrence of it, is private."""
    return any(is_private(part) for calendar in parse(stored)[0] for part in items_of(calendar))


def masked(stored: str, word: str, *, whole: bool = True) -> str:
    """A stored event with nothing but its times, and `word` for what it is about. Unless the `whole` of it is asked
    for, of a series that is not private itself only its private occurrences."""
    calendars, _ = parse(stored)
    parts = [part for calendar in calendars for part in items_of(calendar)]
    masters = [part for part in parts if not is_exception(part)]
    whole = whole or any(is_private(part) for part in masters or parts)
    made = []
    for calendar in calendars:
        items: list[Line | Block] = []
        for item in calendar.items:
            if isinstance(item, Block) and item.name in COMPONENTS and (whole or is_private(item)):
                kept = [own for own in item.lines if own.name in TIMES]
                items.append(block(item.name, [*kept, line("CLASS", "PRIVATE"), line("SUMMARY", escaped(word))]))
            else:
                items.append(item)
        made.append(calendar.with_items(items))
    return text_of(*made)
