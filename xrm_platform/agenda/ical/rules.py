"""Recurrence rules (RFC 5545 §3.3.10): read, written, and followed by dateutil within bounds.

dateutil goes on until the year 9999 when a rule never matches ("30 February"), which takes many seconds, and gives
86,400 instants a day when one is by the second. Here every rule ends: at a year, and after a number of instants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dateutil.rrule import DAILY, HOURLY, MINUTELY, MONTHLY, SECONDLY, WEEKLY, YEARLY, rrule, weekday

from .values import plain_time, within_time

FREQUENCIES: Mapping[str, Any] = {
    "YEARLY": YEARLY,
    "MONTHLY": MONTHLY,
    "WEEKLY": WEEKLY,
    "DAILY": DAILY,
    "HOURLY": HOURLY,
    "MINUTELY": MINUTELY,
    "SECONDLY": SECONDLY,
}
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LIMITS: Mapping[str, tuple[str, int, int]] = {
    "BYSECOND": ("bysecond", 0, 60),
    "BYMINUTE": ("byminute", 0, 59),
    "BYHOUR": ("byhour", 0, 23),
    "BYMONTHDAY": ("bymonthday", -31, 31),
    "BYYEARDAY": ("byyearday", -366, 366),
    "BYWEEKNO": ("byweekno", -53, 53),
    "BYMONTH": ("bymonth", 1, 12),
    "BYSETPOS": ("bysetpos", -366, 366),
}
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
YEAR_READS = 6
"""How often dateutil reads the week numbers of a rule while it prepares a year, at most."""


class RuleError(ValueError):
    """`code` says what is wrong with a rule: `rule_malformed`, `rule_frequency`, `rule_part` …"""

    def __init__(self, code: str, part: str = "") -> None:
        self.code = code
        self.part = part
        super().__init__(f"{code} {part}")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its parts as written, in their order; `until` is naive, in UTC or local as `until_utc` says."""

    parts: tuple[tuple[str, str], ...]
    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    until_utc: bool = False
    until_is_date: bool = False

    def __str__(self) -> str:
        return ";".join(f"{name}={value}" for name, value in self.parts)

    def part(self, name: str) -> str:
        return next((value for known, value in self.parts if known == name), "")

    def with_part(self, name: str, value: str | None) -> Rule:
        """With that part in its place, or at the end; None takes it away."""
        parts = tuple((known, value if known == name else old) for known, old in self.parts)
        if value is not None and not self.part(name):
            parts = (*parts, (name, value))
        return parse_rule(";".join(f"{known}={given}" for known, given in parts if given is not None))


def parse_rule(text: str) -> Rule:
    """Raises `RuleError` for what is no rule, or one without end in itself (INTERVAL=0)."""
    parts = []
    for piece in text.strip().strip(";").split(";"):
        name, separator, value = piece.partition("=")
        if not separator or not value:
            raise RuleError("rule_malformed", piece[:40])
        parts.append((name.strip().upper(), value.strip().upper()))
    given = dict(parts)
    if given.get("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise RuleError("rule_part", f"RSCALE={given['RSCALE'][:20]}")
    if len(given) != len(parts):
        raise RuleError("rule_malformed", text[:40])
    if given.get("FREQ") not in FREQUENCIES:
        raise RuleError("rule_frequency", given.get("FREQ", ""))
    rule = Rule(
        tuple(parts), given["FREQ"], _number(given, "INTERVAL", 1) or 1, _number(given, "COUNT", 1), *_until(given)
    )
    _keywords(rule)
    return rule


def _number(given: Mapping[str, str], name: str, low: int) -> int | None:
    if name not in given:
        return None
    if not re.fullmatch(r"\d{1,9}", given[name]) or int(given[name]) < low:
        raise RuleError("rule_part", f"{name}={given[name][:20]}")
    return int(given[name])


def _until(given: Mapping[str, str]) -> tuple[datetime | None, bool, bool]:
    if "UNTIL" not in given:
        return None, False, False
    try:
        wall, is_date, in_utc = plain_time(given["UNTIL"])
    except ValueError as error:
        raise RuleError("rule_part", f"UNTIL={given['UNTIL'][:20]}") from error
    if is_date:
        wall = wall.replace(hour=23, minute=59, second=59)
    return within_time(wall), in_utc, is_date


def _keywords(rule: Rule) -> dict[str, Any]:
    """The rule as dateutil takes it, without its end. Parts that are no part of a rule are left out."""
    keywords: dict[str, Any] = {"interval": rule.interval}
    for name, value in rule.parts:
        if name in _LIMITS:
            keyword, low, high = _LIMITS[name]
            keywords[keyword] = [_bounded(name, number, low, high) for number in value.split(",")]
        elif name == "BYDAY":
            keywords["byweekday"] = [_weekday(day) for day in value.split(",")]
        elif name == "WKST":
            if value not in WEEKDAYS:
                raise RuleError("rule_part", f"{name}={value[:20]}")
            keywords["wkst"] = weekday(WEEKDAYS.index(value))
    return keywords


def _bounded(name: str, text: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[+-]?\d{1,4}", text) or not low <= int(text) <= high or (low < 0 and int(text) == 0):
        raise RuleError("rule_part", f"{name}={text[:20]}")
    return int(text)


def _weekday(text: str) -> weekday:
    found = _DAY.fullmatch(text.strip())
    if found is None or (found[1] and not 1 <= abs(int(found[1])) <= 53):
        raise RuleError("rule_part", f"BYDAY={text[:20]}")
    place = int(found[1]) if found[1] else None
    return weekday(WEEKDAYS.index(found[2]), place)


class _PastLastYear(Exception):
    pass


class _Bounded(rrule):
    """dateutil's rule, which gives up after its last year. Before each year dateutil asks the rule for `_byweekno`,
    and nothing else happens once a year, so that is where it is stopped; a test holds dateutil to it."""

    reads_left = YEAR_READS

    @property
    def _byweekno(self) -> Any:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise _PastLastYear
        return self.__dict__["weeks"]

    @_byweekno.setter
    def _byweekno(self, value: Any) -> None:
        self.__dict__["weeks"] = value


TIME_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
DAY_PARTS = ("BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYDAY")
STEPS_A_DAY: Mapping[str, int] = {"HOURLY": 24, "MINUTELY": 24 * 60, "SECONDLY": 24 * 60 * 60}
MAX_STEPS = 2_000_000


def _coarsened(rule: Rule) -> Rule:
    """A rule by the hour or finer that stops at certain times, as a daily one at these times: dateutil would step
    through all seconds between them. Raises `RuleError` for what cannot be said so and would take too long."""
    steps = STEPS_A_DAY.get(rule.freq, 0)
    if not steps:
        return rule
    if rule.part("BYSETPOS"):
        raise RuleError("rule_too_fine", str(rule)[:80])
    if not any(map(rule.part, TIME_PARTS)):
        return rule
    if rule.interval == 1:
        finer = TIME_PARTS[: list(STEPS_A_DAY).index(rule.freq) + 1]
        every = {name: ",".join(map(str, range(_LIMITS[name][1], 24 if name == "BYHOUR" else 60))) for name in finer}
        parts = [(name, "DAILY" if name == "FREQ" else value) for name, value in rule.parts]
        parts += [(name, value) for name, value in every.items() if not rule.part(name)]
        return parse_rule(";".join(f"{name}={value}" for name, value in parts))
    if rule.freq != "HOURLY" and any(map(rule.part, DAY_PARTS)):
        raise RuleError("rule_too_fine", str(rule)[:80])
    return rule


def _affordable(rule: Rule, limit: int) -> int:
    """How many instants may be asked for: from one to the next dateutil may step through a whole day."""
    steps = STEPS_A_DAY.get(rule.freq, 0) // rule.interval
    if steps and any(map(rule.part, TIME_PARTS)):
        return max(min(limit, MAX_STEPS // max(steps, 1)), 1)
    return limit


def instants(rule: Rule, first: datetime, *, last_year: int, limit: int) -> Iterator[datetime]:
    """The wall times of a rule from `first` on, at most `limit` and none after `last_year`; `until` is the caller's to
    heed, who knows the zone. Raises `RuleError` for a rule that can never match, or only after too long."""
    rule = _coarsened(rule)
    limit = _affordable(rule, min(limit, rule.count or limit))
    try:
        followed = _Bounded(FREQUENCIES[rule.freq], dtstart=first, **_keywords(rule))
    except (ValueError, TypeError) as error:
        raise RuleError("rule_empty", str(rule)[:80]) from error
    years = max(last_year - first.year, 0) + 2
    followed.reads_left = years * (YEAR_READS if rule.part("BYWEEKNO") else 1) + YEAR_READS
    given = iter(followed)
    try:
        for _ in range(limit):
            wall = next(given, None)
            if wall is None or wall.year > last_year:
                return
            yield wall
    except (_PastLastYear, OverflowError):
        return


def followable(rule: Rule) -> Rule:
    """The same rule. Raises `RuleError` for one that `instants` would refuse."""
    next(instants(rule, datetime(2000, 1, 1), last_year=2000, limit=1), None)  # noqa: DTZ001  wall time
    return rule


def ended(rule: Rule, until: str) -> Rule:
    """The rule with another end (a value of UNTIL) in the place of its own."""
    return replace(rule, parts=tuple(part for part in rule.parts if part[0] != "COUNT")).with_part("UNTIL", until)
