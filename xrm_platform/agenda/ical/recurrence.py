"""When an event takes place: its occurrences inside a window, exceptions applied. Pure, and bounded whatever the rule.

dateutil follows the rule on the wall clock of the series; recurring-ical-events is what the tests hold this against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from .components import Incomprehensible, Item, dates, is_exception, items_of, read_item
from .lines import Block
from .rules import Rule, RuleError, instants, parse_rule
from .values import EARLIEST, LATEST, Moment, key_of
from .zones import Zones

MAX_FOLLOWED = 20_000
"""Instants of one rule that are followed from its start, before the window too."""

MAX_OCCURRENCES = 1_500
"""Occurrences of one series inside a window: a daily one over four years."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time an event takes place. `key` names it within its series, `original` is its start by the rule, `source`
    the block that describes it, `start` in the zone of the event."""

    key: str
    original: Moment | None
    start: Moment
    starts_at: datetime
    ends_at: datetime
    item: Item
    source: Block


@dataclass(frozen=True, slots=True)
class Expansion:
    """`cut` tells that there are more than are followed."""

    occurrences: tuple[Occurrence, ...]
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A component with what it says."""

    block: Block
    item: Item


@dataclass(frozen=True, slots=True)
class Series:
    """An event whole: the master (None where only exceptions are known) and its exceptions."""

    master: Read | None
    exceptions: tuple[Read, ...]
    zones: Zones

    @property
    def head(self) -> Read:
        return self.master or self.exceptions[0]

    @property
    def repeats(self) -> bool:
        return self.master is not None and (
            self.master.item.rule is not None or self.master.block.line("RDATE") is not None
        )

    @property
    def holds_private(self) -> bool:
        """Whether all of it, or an occurrence, is private."""
        return any(read.item.private for read in (self.head, *self.exceptions))


def read_series(calendar: Block) -> Series:
    """Raises `Incomprehensible` for a component that makes no sense, or two masters."""
    zones = Zones(calendar)
    master: Read | None = None
    exceptions = []
    for block in items_of(calendar):
        read = Read(block, read_item(block, zones))
        if is_exception(block):
            exceptions.append(read)
        elif master is not None:
            raise Incomprehensible("two_masters")
        else:
            master = read
    if master is None and not exceptions:
        raise Incomprehensible("nothing_inside")
    return Series(master, tuple(exceptions), zones)


def expand(series: Series, window_from: datetime, window_to: datetime, home: tzinfo) -> Expansion:
    """The occurrences that touch [`window_from`, `window_to`), by start. Floating times and dates are of zone `home`.

    What does not repeat is given whatever the window.
    """
    exceptions = {key_of(aligned(read.item.recurrence_id, series)): read for read in series.exceptions}
    found: list[Occurrence] = []
    cut = False
    if series.master is not None and series.master.item.start is not None:
        starts, cut = _starts(series, series.master, series.master.item.start, window_to, home)
        found += _applied(starts, series.master, exceptions, series, home)
    for key, read in exceptions.items():
        if read.item.start is not None:
            found.append(_of(read, key, aligned(read.item.recurrence_id, series), read.item.start, home))
    if series.repeats:
        found = [one for one in found if one.starts_at < window_to and one.ends_at >= window_from]
    found.sort(key=lambda one: (one.starts_at, one.key))
    return Expansion(tuple(found[:MAX_OCCURRENCES]), cut or len(found) > MAX_OCCURRENCES)


def takes_place(series: Series, home: tzinfo) -> bool:
    """Whether anything is left of an event: of a series all may have been taken out, one by one."""
    if series.master is None or series.master.item.start is None or series.exceptions:
        return True
    rule = series.master.item.rule
    if rule is not None and rule.count is None and rule.until is None:
        return True
    found = expand(series, EARLIEST.replace(tzinfo=UTC), LATEST.replace(tzinfo=UTC), home)
    return found.cut or bool(found.occurrences)


def aligned(recurrence_id: Moment | None, series: Series) -> Moment:
    """A RECURRENCE-ID in the form of DTSTART: programs write the date only, or UTC."""
    if recurrence_id is None:
        raise Incomprehensible("time_unreadable", "RECURRENCE-ID")
    start = None if series.master is None else series.master.item.start
    if start is None or recurrence_id.is_date == start.is_date:
        return recurrence_id
    if start.is_date:
        return Moment(recurrence_id.wall.replace(hour=0, minute=0, second=0), is_date=True)
    return start.at(datetime.combine(recurrence_id.wall.date(), start.wall.time()))


def _starts(
    series: Series, master: Read, first: Moment, window_to: datetime, home: tzinfo
) -> tuple[list[Moment], bool]:
    """The starts by rule and RDATE, without those of EXDATE and EXRULE; whether it was cut."""
    walls, cut = {first.wall}, False
    if master.item.rule is not None:
        followed, cut = _followed(master.item.rule, first, window_to, home)
        walls |= followed
    starts = {key_of(first.at(wall)): first.at(wall) for wall in walls}
    for moment in dates(master.block, "RDATE", series.zones):
        added = like(first, moment, home)
        starts[key_of(added)] = added
    for key in _excluded(series, master, first, window_to, home, starts.values()):
        starts.pop(key, None)
    return list(starts.values()), cut


def like(first: Moment, moment: Moment, home: tzinfo) -> Moment:
    """A date among times, or a time in another zone, as the series writes its starts."""
    if moment.is_date and not first.is_date:
        return first.at(datetime.combine(moment.wall.date(), first.wall.time()))
    if first.is_date:
        return Moment(moment.wall.replace(hour=0, minute=0, second=0), is_date=True)
    return first.of_instant(moment.utc(home), home)


def _excluded(
    series: Series, master: Read, first: Moment, window_to: datetime, home: tzinfo, starts: Iterable[Moment]
) -> Iterator[str]:
    for moment in dates(master.block, "EXDATE", series.zones):
        if moment.is_date and not first.is_date:
            yield from [key_of(start) for start in starts if start.wall.date() == moment.wall.date()]
        else:
            yield key_of(like(first, moment, home))
    for line in master.block.all("EXRULE"):
        try:
            rule = parse_rule(line.value)
        except RuleError:
            continue
        for wall in _followed(rule, first, window_to, home)[0]:
            yield key_of(first.at(wall))


def _followed(rule: Rule, first: Moment, window_to: datetime, home: tzinfo) -> tuple[set[datetime], bool]:
    """The wall times of a rule until the window or the rule ends; whether there were too many."""
    walls: set[datetime] = set()
    horizon = window_to.astimezone(first.tz or home).replace(tzinfo=None)
    try:
        for wall in instants(rule, first.wall, last_year=horizon.year + 1, limit=MAX_FOLLOWED):
            if wall > horizon or is_past(rule, first.at(wall), home):
                return walls, False
            walls.add(wall)
    except RuleError:
        return walls, False
    return walls, len(walls) >= MAX_FOLLOWED and rule.count != len(walls)


def is_past(rule: Rule, start: Moment, home: tzinfo) -> bool:
    """Whether a start is after the UNTIL of the rule."""
    if rule.until is None:
        return False
    if rule.until_utc and not start.is_date:
        return start.utc(home).replace(tzinfo=None) > rule.until
    return start.wall > rule.until


def _applied(
    starts: Sequence[Moment], master: Read, exceptions: Mapping[str, Read], series: Series, home: tzinfo
) -> Iterator[Occurrence]:
    """The occurrences that no exception describes; RANGE=THISANDFUTURE shifts and describes all after it (§3.8.4.4)."""
    following = sorted(
        ((aligned(read.item.recurrence_id, series), read) for read in exceptions.values() if read.item.and_following),
        key=lambda found: found[0].wall,
    )
    for start in starts:
        key = key_of(start)
        if key in exceptions:
            continue
        before = [found for found in following if found[0].wall <= start.wall]
        if not before:
            yield _of(master, key, start, start, home)
            continue
        changed, read = before[-1]
        moved = read.item.start or start
        yield _of(read, key, start, moved.moved(start.wall - changed.wall), home)


def _of(read: Read, key: str, original: Moment | None, start: Moment, home: tzinfo) -> Occurrence:
    starts_at = start.utc(home)
    ends_at = max(start.moved(read.item.length).utc(home), starts_at)
    return Occurrence(key, original, start, starts_at, ends_at, read.item, read.block)
