"""Three-way merge of iCalendar texts, unit by unit (see `said`).

Each side is compared with what it was when both last agreed, not with the other side: what a vendor cannot say is
then never taken for something that somebody took away there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .said import LEFT_OUT, MASTER, WHEN, WHOLE, Said, Told, Unit, Unsaid, read
from .writing import Changes, applied, state_of


@dataclass(frozen=True, slots=True)
class Merged:
    """`ours` is what our side has to say. `base` is what it counts as agreed on: what differs between the two is what
    the other side has yet to hear. `lost_ours` and `lost_theirs` are the units in which a side's wish gave way."""

    ours: str
    base: str
    lost_ours: tuple[Unit, ...] = ()
    lost_theirs: tuple[Unit, ...] = ()


def changed(before: Said, after: Said) -> Changes:
    """The units that differ, as they are in `after`; None for those that are gone. All units of an exception that came
    or went are one, `WHOLE`."""
    found: dict[Unit, Told | None] = {
        (which, WHOLE): state_of(after, (which, WHOLE)) for which in before.parts.keys() ^ after.parts.keys()
    }
    for unit in before.units.keys() | after.units.keys():
        if (unit[0], WHOLE) not in found and before.values.get(unit) != after.values.get(unit):
            found[unit] = after.units.get(unit)
    return found


def merge(ours: str, theirs: str, agreed_ours: str, agreed_theirs: str, *, ours_wins: bool = True) -> Merged:
    """The changes of both sides together. Where both changed the same differently, one of them gives way: the deletion
    of an occurrence to its edit, edits of occurrences to a move of their series, else as `ours_wins` tells.

    Raises `Unsaid` when one of the texts is no event.
    """
    mine, yours, base = read(ours), read(theirs), read(agreed_ours)
    here, there = changed(base, mine), changed(read(agreed_theirs), yours)
    lost_ours, lost_theirs = _lost(here, there, mine, yours, ours_wins=ours_wins)
    heard: Changes = {unit: told for unit, told in there.items() if unit not in lost_theirs}
    given_up = {unit: state_of(yours, unit) for unit in lost_ours}
    return Merged(
        ours=applied(mine, {**heard, **given_up}, yours),
        base=applied(base, {**there, **given_up}, yours),
        lost_ours=tuple(sorted(lost_ours)),
        lost_theirs=tuple(sorted(lost_theirs)),
    )


def united(ours: str, theirs: str) -> Merged:
    """Both texts together where nothing is known to be agreed: what only one side says is kept, else ours wins; which
    occurrences there are is ours to say. Raises `Unsaid`."""
    mine, yours = read(ours), read(theirs)
    taken: dict[Unit, Told | None] = {}
    if mine.values.get((MASTER, WHEN)) == yours.values.get((MASTER, WHEN)):
        taken = {(which, WHOLE): state_of(yours, (which, WHOLE)) for which in yours.parts.keys() - mine.parts.keys()}
    shared = [unit for unit in yours.units if unit[0] in mine.parts and not unit[1].startswith(LEFT_OUT)]
    taken |= {unit: yours.units[unit] for unit in shared if unit not in mine.units}
    lost = [unit for unit in shared if unit in mine.units and mine.values[unit] != yours.values[unit]]
    return Merged(applied(mine, taken, yours), theirs, lost_theirs=tuple(sorted(lost)))


def carried(text: str, before: str, after: str) -> str:
    """`text` with what changed from `before` to `after`, and nothing else. Raises `Unsaid`."""
    target, source = read(text), read(after)
    return applied(target, changed(read(before), source), source)


def chosen(text: str, source: str, units: Collection[Unit]) -> str:
    """`text` with `units` as `source` has them. Raises `Unsaid`."""
    read_source = read(source)
    return applied(read(text), {unit: state_of(read_source, unit) for unit in units}, read_source)


def differs(before: str, after: str) -> bool:
    """Whether two texts say different things; those that are no events, whether they are different at all."""
    if before == after:
        return False
    try:
        return bool(changed(read(before), read(after)))
    except Unsaid:
        return True


def _lost(here: Changes, there: Changes, mine: Said, yours: Said, *, ours_wins: bool) -> tuple[set[Unit], set[Unit]]:
    """The units of each side that give way."""
    lost_ours: set[Unit] = set()
    lost_theirs: set[Unit] = set()
    for unit in here.keys() & there.keys():
        if _value(here[unit]) == _value(there[unit]):
            continue
        if unit[1] == WHOLE and (here[unit] is None or there[unit] is None):
            (lost_ours if here[unit] is None else lost_theirs).add(unit)
        else:
            (lost_theirs if ours_wins else lost_ours).add(unit)
    lost_ours |= _survived(here, there, ours_wins=ours_wins)
    lost_theirs |= _survived(there, here, ours_wins=not ours_wins)
    mover = _mover(here, there, mine, yours, ours_wins=ours_wins)
    if mover == "ours":
        lost_theirs |= _of_occurrences(there)
        lost_ours -= _of_occurrences(here)
    elif mover == "theirs":
        lost_ours |= _of_occurrences(here)
        lost_theirs -= _of_occurrences(there)
    return lost_ours, lost_theirs


def _survived(side: Changes, other: Changes, *, ours_wins: bool) -> set[Unit]:
    """The exceptions that `side` took away, or made anew, while `other` edited them."""
    edited = {unit[0] for unit in other if unit[1] != WHOLE}
    return {
        unit
        for unit, told in side.items()
        if unit[1] == WHOLE and unit[0] in edited and (told is None or not ours_wins)
    }


def _mover(here: Changes, there: Changes, mine: Said, yours: Said, *, ours_wins: bool) -> str:
    """Which side moved a series of which the other changed occurrences, by times that are no longer those of it."""
    when = (MASTER, WHEN)
    moved_here, moved_there = when in here, when in there
    if moved_here and moved_there:
        if mine.values.get(when) == yours.values.get(when):
            return ""
        return "ours" if ours_wins else "theirs"
    if moved_here:
        return "ours"
    return "theirs" if moved_there else ""


def _of_occurrences(changes: Changes) -> set[Unit]:
    return {unit for unit in changes if unit[0] != MASTER or unit[1].startswith(LEFT_OUT)}


def _value(told: Told | None) -> object:
    return None if told is None else told.value
