"""How a series repeats: RRULE, EXRULE, RDATE and EXDATE, and the lines of Google's `recurrence`.

Google takes them without DTSTART, UNTIL in UTC for timed series, and EXDATE best in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from icalendar import Event
from icalendar.prop.recur.recur import vRecur

from xrm_platform.providers import BadResponse, Unsupported

from . import zones
from .properties import every
from .times import Span, instant

RULES = ("RRULE", "EXRULE")
DATES = ("RDATE", "EXDATE")
LINE = re.compile(r"(RRULE|EXRULE|RDATE|EXDATE)((?:;[A-Za-z-]+=[^:;]+)*):(.*)", re.IGNORECASE | re.DOTALL)


def to_google(event: Event, span: Span) -> list[str] | None:
    """The lines of `recurrence` in one order whatever the text's; None for an event that does not repeat."""
    lines = [f"{name}:{_rule(rule, span)}" for name in RULES for rule in every(event, name)]
    for name in DATES:
        dates = {instant(at) for listed in every(event, name) for at in _moments(listed, span)}
        if dates:
            lines.append(f"{name}{';VALUE=DATE' if span.all_day else ''}:{','.join(sorted(dates))}")
    return lines if any(line.startswith(("RRULE", "RDATE")) for line in lines) else None


def cancelled(event: Event, span: Span) -> set[str]:
    """The occurrences that EXDATE takes out, by their `instant`."""
    return {instant(at) for listed in every(event, "EXDATE") for at in _moments(listed, span)}


def _rule(rule: Any, span: Span) -> str:
    parts = dict(rule.items())
    until = parts.get("UNTIL")
    if until:
        parts["UNTIL"] = [_until(until[0] if isinstance(until, list) else until, span)]
    shell = Event()
    shell["RRULE"] = vRecur(parts)
    return str(shell.content_lines()[1]).partition(":")[2]


def _until(until: date, span: Span) -> date:
    """A date that ends a timed series means the whole of that day where the series takes place."""
    if span.all_day:
        return until.date() if isinstance(until, datetime) else until
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    if until.tzinfo is None:
        until = until.replace(tzinfo=zones.zone(span.zone))
    return until.astimezone(UTC)


def _moments(listed: Any, span: Span) -> Iterable[date]:
    for one in getattr(listed, "dts", [listed]):
        at = one.dt
        if isinstance(at, tuple):
            raise Unsupported("period")
        if not isinstance(at, date):
            raise Unsupported("property_not_understood", name="RDATE")
        yield span.like_it(at)


def from_google(lines: Sequence[str], cancelled_at: Sequence[date], event: Event, span: Span) -> None:
    """Write into `event` how Google says that it repeats. `cancelled_at`: occurrences that are cancelled one by one.

    Raises `BadResponse` for a line that cannot be read.
    """
    dates: dict[str, dict[str, date]] = {name: {} for name in DATES}
    dates["EXDATE"].update((instant(at), at) for at in cancelled_at)
    for line in lines:
        found = LINE.fullmatch(line)
        if found is None:
            raise BadResponse("recurrence_not_understood", detail=line)
        name, parameters, value = found[1].upper(), found[2], found[3]
        try:
            if name in RULES:
                event.add(name, _rule_from_google(value, span))
            else:
                dates[name].update((instant(at), at) for at in _dates(value, parameters, span))
        except ValueError as error:
            raise BadResponse("recurrence_not_understood", detail=line) from error
    for name, found_dates in dates.items():
        if found_dates:
            event.add(name, [span.written(found_dates[key]) for key in sorted(found_dates)])


def _rule_from_google(value: str, span: Span) -> Any:
    """The rule; in a series without zone it ends by the clock, as it begins."""
    rule = vRecur.from_ical(value)
    if span.floating and rule.get("UNTIL"):
        rule["UNTIL"] = [span.written(until) for until in rule["UNTIL"]]
    return rule


def _dates(value: str, parameters: str, span: Span) -> Iterable[date]:
    named = re.search(r"TZID=\"?([^;:\"]+)", parameters, re.IGNORECASE)
    zone = (zones.by_name(named[1]) or span.zone) if named else span.zone
    for written in filter(None, value.split(",")):
        if "T" not in written:
            yield span.like_it(date.fromisoformat(written))
            continue
        at = datetime.fromisoformat(written)
        aware = at if at.tzinfo else at.replace(tzinfo=zones.zone(zone))
        yield aware.date() if span.all_day else zones.in_zone(aware, span.zone)
