"""A series that starts at another time: its exclusions, extra dates and exceptions go with it, and so do the days and
the end of its rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from .changes import Changes, placed, stamped, timed
from .components import Incomprehensible
from .lines import Block, Line, line
from .recurrence import Read, Series, aligned, like
from .rules import DAY_PARTS, TIME_PARTS, WEEKDAYS, Rule
from .values import Moment, key_of, time_params, utc_time, written_time


@dataclass(frozen=True, slots=True)
class Move:
    """From the start `old` of the series to `new`."""

    old: Moment
    new: Moment
    series: Series
    home: tzinfo

    @classmethod
    def of(cls, series: Series, changes: Changes, home: tzinfo) -> Move | None:
        """None when the changes leave the start of the series where it is, or it has none."""
        old = None if series.master is None else series.master.item.start
        if changes.start is None or old is None or changes.start == old:
            return None
        return cls(old, changes.start, series, home)

    def moment(self, moment: Moment) -> Moment:
        wall = like(self.old, moment, self.home).moved(self.new.wall - self.old.wall).wall
        return self.new.at(wall.replace(hour=0, minute=0, second=0) if self.new.is_date else wall)

    def dates(self, block: Block) -> Block:
        """The component with RDATE and EXDATE moved."""
        for name in ("RDATE", "EXDATE"):
            if block.line(name) is not None:
                block = placed(block, name, [self._line(found) for found in block.all(name)])
        return block

    def _line(self, found: Line) -> Line:
        values = []
        for value in found.value.split(","):
            start, _, rest = value.partition("/")
            try:
                moved = written_time(self.moment(self.series.zones.moment(found, start)))
                if rest and not rest.startswith("P"):
                    rest = written_time(self.moment(self.series.zones.moment(found, rest)))
            except ValueError as error:
                raise Incomprehensible("time_unreadable", f"{found.name}:{value[:40]}") from error
            values.append(f"{moved}/{rest}" if rest else moved)
        params = {"value": "PERIOD"} if "/" in found.value else {}
        return line(found.name, ",".join(values), **{**time_params(self.new), **params})

    def exception(self, read: Read, stamp: datetime) -> Block:
        """An exception that was only described otherwise moves with the series; one that had been moved stays."""
        if read.item.recurrence_id is None:
            return read.block
        original = aligned(read.item.recurrence_id, self.series)
        named = self.moment(original)
        params = {"range": "THISANDFUTURE"} if read.item.and_following else {}
        new = line("RECURRENCE-ID", written_time(named), **time_params(named), **params)
        block = placed(read.block, "RECURRENCE-ID", [new])
        if read.item.start is not None and key_of(read.item.start) == key_of(original):
            block = timed(block, read.item, named, None, self.home)
        return stamped(block, read.item, stamp, reschedules=True)

    def rule(self, rule: Rule) -> Rule:
        """Raises `Incomprehensible` when the rule names days or times of which nobody can say where they would go."""
        days = (self.new.wall.date() - self.old.wall.date()).days
        if days and any(map(rule.part, DAY_PARTS)):
            rule = rule.with_part("BYDAY", _turned(rule, days))
        if self.new.wall.time() != self.old.wall.time() and any(map(rule.part, TIME_PARTS)):
            raise Incomprehensible("rule_needs_new_days", str(rule)[:80])
        if rule.until is None or (rule.until_is_date and not days and self.new.is_date == self.old.is_date):
            return rule
        return rule.with_part("UNTIL", self._until(rule.until, in_utc=rule.until_utc and not self.old.is_date))

    def _until(self, until: datetime, *, in_utc: bool) -> str:
        if in_utc:
            until = until.replace(tzinfo=UTC).astimezone(self.old.tz or self.home).replace(tzinfo=None)
        moved = self.new.at(until).moved(self.new.wall - self.old.wall)
        return written_time(moved) if moved.is_date or moved.tz is None else utc_time(moved.utc(self.home))


def _turned(rule: Rule, days: int) -> str:
    """The weekdays of a weekly rule, so many days later."""
    names = rule.part("BYDAY").split(",")
    others = [name for name in DAY_PARTS if name != "BYDAY" and rule.part(name)]
    if rule.freq != "WEEKLY" or others or not all(name in WEEKDAYS for name in names):
        raise Incomprehensible("rule_needs_new_days", str(rule)[:80])
    return ",".join(WEEKDAYS[(WEEKDAYS.index(name) + days) % 7] for name in names)
