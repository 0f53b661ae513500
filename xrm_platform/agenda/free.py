"""When several people are free at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """On which weekdays (Monday is 0) and between which hours of the wall clock people can be met."""

    opens: time = time(8)
    closes: time = time(19)
    days: frozenset[int] = frozenset(range(5))


def free_slots(
    busy: Iterable[Interval], since: datetime, until: datetime, shortest: timedelta, hours: WorkingHours, zone: tzinfo
) -> Iterator[Interval]:
    """The times within the working hours of [`since`, `until`) that no busy one touches, at least `shortest` long."""
    taken = merged(busy)
    for opens, closes in _open(since, until, hours, zone):
        at = opens
        for begins, ends in taken:
            if ends <= at or begins >= closes:
                continue
            if begins - at >= shortest:
                yield at, begins
            at = max(at, ends)
        if closes - at >= shortest:
            yield at, closes


def merged(busy: Iterable[Interval]) -> list[Interval]:
    """The same time, in pieces that neither touch nor overlap, in order."""
    pieces: list[Interval] = []
    for begins, ends in sorted(busy):
        if pieces and begins <= pieces[-1][1]:
            pieces[-1] = (pieces[-1][0], max(pieces[-1][1], ends))
        elif ends > begins:
            pieces.append((begins, ends))
    return pieces


def _open(since: datetime, until: datetime, hours: WorkingHours, zone: tzinfo) -> Iterator[Interval]:
    day: date = since.astimezone(zone).date()
    while True:
        opens = datetime.combine(day, hours.opens, zone).astimezone(UTC)
        if opens >= until:
            return
        closes = datetime.combine(day, hours.closes, zone).astimezone(UTC)
        if day.weekday() in hours.days and max(opens, since) < min(closes, until):
            yield max(opens, since), min(closes, until)
        day += timedelta(days=1)
