"""Carrying units of one text over into another, whose other lines stay as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from xrm_platform.agenda.ical.lines import Block, Line, text_of
from xrm_platform.agenda.ical.zones import Zones

from .said import LEFT_OUT, WHOLE, Said, Told, Unit, left_out, unit_of, whole_value

Changes = Mapping[Unit, Told | None]
"""Units as they are to be; None for those that are to go."""

_STAMPS = ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED")


def state_of(said: Said, unit: Unit) -> Told | None:
    """A unit as it is in a text; None if it is not there."""
    which, name = unit
    if name != WHOLE:
        return said.units.get(unit)
    part = said.parts.get(which)
    return None if part is None else Told(whole_value(said, which), (part,))


def applied(target: Said, changes: Changes, source: Said) -> str:
    """The text of `target` with `changes`, which are units of `source`. Zones that they name come along."""
    if not changes:
        return text_of(target.calendar)
    items: list[Line | Block] = []
    carried: list[Line | Block] = []
    which_of = {id(block): which for which, block in target.parts.items()}
    zones = Zones(target.calendar)
    for item in target.calendar.items:
        which = which_of.get(id(item))
        if which is None or not isinstance(item, Block):
            items.append(item)
        elif (which, WHOLE) not in changes:
            wanted = {name: told for (of, name), told in changes.items() if of == which}
            items.append(_edited(item, wanted, source.parts.get(which), zones))
            carried += [part for told in wanted.values() if told is not None for part in told.items]
        elif changes[which, WHOLE] is not None:
            items.append(_renamed(source.parts[which], target))
            carried.append(items[-1])
    for which in sorted({of for of, _ in changes} - target.parts.keys()):
        # Whoever changed an exception that this side never had describes it whole.
        if which in source.parts and any(told is not None for (of, _), told in changes.items() if of == which):
            items.append(_renamed(source.parts[which], target))
            carried.append(items[-1])
    return text_of(target.calendar.with_items(_with_zones(items, carried, target, source)))


def _edited(block: Block, wanted: Mapping[str, Told | None], source: Block | None, zones: Zones) -> Block:
    if not wanted:
        return block
    waiting = dict(wanted)
    dates = _dates(block, waiting, zones)
    items: list[Line | Block] = []
    for item in block.items:
        name = unit_of(item)
        if name == LEFT_OUT and dates is not None:
            items += dates
            dates = []
        elif name is not None and name in wanted:
            items += _items(waiting.pop(name, None))
        else:
            items.append(item)
    more = [part for told in waiting.values() for part in _items(told)]
    lines = [*(dates or []), *(part for part in more if isinstance(part, Line))]
    inner = [part for part in more if isinstance(part, Block)]
    place = next((index for index, item in enumerate(items) if isinstance(item, Block)), len(items))
    return block.with_items(_stamped([*items[:place], *lines, *items[place:], *inner], source))


def _items(told: Told | None) -> Sequence[Line | Block]:
    return () if told is None else told.items


def _dates(block: Block, waiting: dict[str, Told | None], zones: Zones) -> list[Line | Block] | None:
    """The EXDATE lines as they are to be, and their changes are done with; None when nothing changes in them."""
    names = [name for name in waiting if name.startswith(LEFT_OUT)]
    if not names:
        return None
    changes = {name: waiting.pop(name) for name in names}
    kept: list[Line | Block] = [alone for name, alone in left_out(block, zones) if name not in changes]
    return [*kept, *(part for told in changes.values() for part in _items(told))]


def _stamped(items: list[Line | Block], source: Block | None) -> list[Line | Block]:
    """With the stamps of whoever made the change, unless it counts fewer changes than we do."""
    if source is None:
        return items
    stamps = {name: found for name in _STAMPS if (found := source.line(name)) is not None}
    done: list[Line | Block] = []
    for item in items:
        stamp = stamps.pop(item.name, None) if isinstance(item, Line) else None
        if stamp is None or not isinstance(item, Line):
            done.append(item)
        elif item.name == "SEQUENCE":
            done.append(max(item, stamp, key=_number))
        else:
            done.append(stamp)
    place = next((index for index, item in enumerate(done) if isinstance(item, Block)), len(done))
    return [*done[:place], *stamps.values(), *done[place:]]


def _number(line: Line) -> int:
    given = line.value.strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _renamed(block: Block, target: Said) -> Block:
    """A component of the other side with our UID."""
    uid = next((found for part in target.parts.values() if (found := part.line("UID")) is not None), None)
    if uid is None:
        return block
    return block.with_items([uid if isinstance(item, Line) and item.name == "UID" else item for item in block.items])


def _with_zones(
    items: Sequence[Line | Block], carried: Sequence[Line | Block], target: Said, source: Said
) -> list[Line | Block]:
    """With the definitions, from `source`, of the zones that `carried` names and `target` does not define."""
    known = {block.value("TZID").strip() for block in target.calendar.blocks if block.name == "VTIMEZONE"}
    named = set(_zones_named(carried)) - known
    added = [
        block for block in source.calendar.blocks if block.name == "VTIMEZONE" and block.value("TZID").strip() in named
    ]
    place = next((index for index, item in enumerate(items) if isinstance(item, Block)), len(items))
    return [*items[:place], *added, *items[place:]]


def _zones_named(items: Sequence[Line | Block]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Block):
            yield from _zones_named(item.items)
        elif item.param("TZID"):
            yield item.param("TZID").strip()
