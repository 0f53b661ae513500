"""The VTIMEZONE that an event of ours carries: two rules drawn from the zone as it is now, valid without end.

A list of changes is several kB an event, and a series without end outlives it: it is written only for zones whose
changes no yearly rule says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from .lines import Block, block, line
from .rules import WEEKDAYS

PROVED_YEARS = 12
"""For how many years the rules are held against the zone before they are believed."""

LISTED_YEARS = 20
EPOCH_YEAR = 1970


@dataclass(frozen=True, slots=True)
class _Change:
    """Clocks change at `wall` (as they show before it) from `before` to `after`."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str


@lru_cache(maxsize=256)
def vtimezone(name: str, year: int) -> Block:
    """The definition of an IANA zone for events from `year` on."""
    zone = ZoneInfo(name)
    changes = _changes(zone, year)
    if not changes:
        now = datetime(year, 1, 1, tzinfo=zone)
        steady = _Change(datetime(EPOCH_YEAR, 1, 1), _offset(now), _offset(now), now.tzname() or name)  # noqa: DTZ001
        return _block(name, [_part("STANDARD", steady, None)])
    rules = [_rule(change.wall.date()) for change in changes]
    if len(changes) == 2 and all(_holds(zone, year, change, rule) for change, rule in zip(changes, rules, strict=True)):
        parts = [
            _part("DAYLIGHT" if change.after > change.before else "STANDARD", change, rule)
            for change, rule in zip(changes, rules, strict=True)
        ]
        return _block(name, parts)
    return _block(
        name, _listed([change for later in range(year, year + LISTED_YEARS) for change in _changes(zone, later)])
    )


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _changes(zone: tzinfo, year: int) -> list[_Change]:
    """The changes of clocks in a year, found by halving each day at whose ends the offset differs."""
    found = []
    day = datetime(year, 1, 1, tzinfo=UTC)
    while day.year == year:
        following = day + timedelta(days=1)
        if _offset(day.astimezone(zone)) != _offset(following.astimezone(zone)):
            low, high = day, following
            while high - low > timedelta(seconds=1):
                middle = (low + (high - low) / 2).replace(microsecond=0)
                same = _offset(middle.astimezone(zone)) == _offset(day.astimezone(zone))
                low, high = (middle, high) if same else (low, middle)
            before, after = _offset(day.astimezone(zone)), _offset(high.astimezone(zone))
            wall = (high + before).replace(tzinfo=None)
            found.append(_Change(wall, before, after, high.astimezone(zone).tzname() or ""))
        day = following
    return found


def _listed(changes: list[_Change]) -> list[Block]:
    """Every change by its date, those of one kind together: for clocks that follow the moon."""
    kinds: dict[tuple[timedelta, timedelta, str], list[_Change]] = {}
    for change in changes:
        kinds.setdefault((change.before, change.after, change.name), []).append(change)
    parts = []
    for first, *others in kinds.values():
        part = _part("DAYLIGHT" if first.after > first.before else "STANDARD", first, None)
        dates = ",".join(other.wall.strftime("%Y%m%dT%H%M%S") for other in others)
        parts.append(part.with_items([*part.items, line("RDATE", dates)]) if dates else part)
    return parts


def _rule(day: date) -> tuple[int, int, int]:
    """Month, which of its weekdays (-1 the last), weekday."""
    last = (day + timedelta(days=7)).month != day.month
    return day.month, -1 if last else (day.day - 1) // 7 + 1, day.weekday()


def _day(year: int, rule: tuple[int, int, int]) -> date:
    month, place, weekday = rule
    if place == -1:
        end = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return end - timedelta(days=(end.weekday() - weekday) % 7)
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (place - 1))


def _holds(zone: tzinfo, year: int, change: _Change, rule: tuple[int, int, int]) -> bool:
    """Whether the clocks change by the rule for years, backwards from the year too where it was so already."""
    for later in range(year, year + PROVED_YEARS):
        wall = datetime.combine(_day(later, rule), change.wall.time())
        instant = (wall - change.before).replace(tzinfo=UTC)
        ends = [_offset((instant + timedelta(seconds=aside)).astimezone(zone)) for aside in (-1, 0)]
        if ends != [change.before, change.after]:
            return False
    return True


def _part(kind: str, change: _Change, rule: tuple[int, int, int] | None) -> Block:
    start = change.wall
    if rule is not None:
        start = datetime.combine(_day(EPOCH_YEAR, rule), change.wall.time())
    lines = [
        line("DTSTART", start.strftime("%Y%m%dT%H%M%S")),
        line("TZOFFSETFROM", _written(change.before)),
        line("TZOFFSETTO", _written(change.after)),
        line("TZNAME", change.name),
    ]
    if rule is not None:
        month, place, weekday = rule
        lines.insert(1, line("RRULE", f"FREQ=YEARLY;BYMONTH={month};BYDAY={place}{WEEKDAYS[weekday]}"))
    return block(kind, lines)


def _block(name: str, parts: list[Block]) -> Block:
    return block("VTIMEZONE", [line("TZID", name), *parts])


def _written(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    text = f"{sign}{seconds // 3600:02}{seconds % 3600 // 60:02}"
    return text + (f"{seconds % 60:02}" if seconds % 60 else "")
