"""What a person gives to `xrm agenda`, as the agenda takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from xrm_platform.problems import Invalid

from .given import Ungiven, moment

if TYPE_CHECKING:
    from xrm_platform.agenda import EventChanges, EventGiven, Part, ReminderGiven
    from xrm_platform.agenda.requests import When

USUAL = timedelta(days=30)
REMOVABLE = ("recurrence",)


@dataclass(frozen=True, slots=True)
class Range:
    """`spans` are days within a `day`, `week` or `month`; else it goes from `since` to `until`."""

    spans: Mapping[str, str | None]
    since: str | None
    until: str | None


def range_given(given: Range, zone: str) -> tuple[datetime, datetime]:
    """Without anything the thirty days from now; with a beginning the thirty days after it. A date is its midnight.

    Raises `Ungiven` for several at once, `Invalid` for what is no time.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415  `--help` needs no time

    from xrm_platform.agenda.schedule import SPANS  # noqa: PLC0415
    from xrm_platform.agenda.times import YEARS  # noqa: PLC0415

    chosen = [(span, day) for span, day in given.spans.items() if day is not None]
    if len(chosen) + (given.since is not None or given.until is not None) > 1:
        raise Ungiven("one_range_only")
    for span, day in chosen:
        return SPANS[span](_day(day, span), ZoneInfo(zone))
    try:
        since = datetime.now(UTC) if given.since is None else moment(given.since, zone, "from")
        return since, since + USUAL if given.until is None else moment(given.until, zone, "to")
    except OverflowError as error:
        raise Invalid.field("from", "day_out_of_range", first=YEARS[0], last=YEARS[1]) from error


def _day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field(field, "time_malformed", given=text) from error


def time_given(text: str, field: str) -> When:
    """A date for whole days, or a time. Raises `Invalid`."""
    from xrm_platform.agenda.times import when  # noqa: PLC0415

    return when(text, field)


def part_given(occurrence: str | None, *, following: bool) -> Part | None:
    """Raises `Ungiven` for those that follow nothing."""
    from xrm_platform.agenda import Part  # noqa: PLC0415

    if following and occurrence is None:
        raise Ungiven("following_without_occurrence")
    return Part.FOLLOWING if following else None


def people_given(codes: str) -> list[str]:
    return [code.strip() for code in codes.split(",") if code.strip()]


def event_given(given: Mapping[str, Any]) -> EventGiven:
    """Options that were not given are left to the agenda."""
    from xrm_platform.agenda import EventGiven  # noqa: PLC0415

    return EventGiven(**_values(given))


def changes_given(given: Mapping[str, Any]) -> EventChanges:
    """An empty value (`''`) removes a recurrence."""
    return cast("EventChanges", _values(given))


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: value for name, value in given.items() if value is not None}
    for name in ("start", "end"):
        if name in values:
            values[name] = time_given(values[name], name)
    for name in REMOVABLE:
        if name in values:
            values[name] = values[name] or None
    if "participants" in values:
        values["participants"] = tuple(one for one in values["participants"] if one)
    if "reminders" in values:
        values["reminders"] = tuple(_reminder(one) for one in values["reminders"] if one)
    return values


def _reminder(text: str) -> ReminderGiven:
    """`15`, `60:sms`, `1440:mail:contact`, `60:sms:contact:0612345678`."""
    from xrm_platform.agenda import ReminderGiven  # noqa: PLC0415

    minutes, *rest = text.split(":", 3)
    if not minutes.isdecimal():
        raise Ungiven("reminder_malformed", given=text)
    return ReminderGiven(int(minutes), *rest)
