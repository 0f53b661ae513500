"""From the text of an event to what is stored beside it: its columns, its occurrences, its reminders. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from .ical.components import Item, Reminder, reminders_of
from .ical.editing import calendar_of
from .ical.recurrence import Expansion, Occurrence, Series, expand, read_series
from .ical.values import Moment

BEHIND = timedelta(days=366)
AHEAD = timedelta(days=731)
SPARE = timedelta(days=31)
"""Occurrences are kept for a year behind and two ahead; a month more, so that a series is extended once a month."""

MAX_TEXT = 1_000_000
"""Characters of one event."""

MAX_UID = 500
LATE = timedelta(hours=1)
"""How long after its time a reminder still helps."""

MAX_SUMMARY = 1_000
LONGEST = timedelta(days=3660)
"""Of what lasts longer than ten years the end is kept, and a view of a month beyond them does not show it."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """`columns` are those of the event row that the text decides, `occurrences` and `reminders` rows without the ids of
    their event."""

    series: Series
    columns: dict[str, Any]
    occurrences: tuple[dict[str, Any], ...]
    reminders: tuple[dict[str, Any], ...]


def prepare(text: str, home: tzinfo, now: datetime) -> Prepared:
    """Raises `Incomprehensible`. Takes milliseconds, for a long series a tenth of a second: in a thread."""
    series = read_series(calendar_of(text))
    window = window_at(now)
    expansion = expand(series, *window, home)
    columns = {
        "ical": text,
        **_columns(series, home),
        "cut": expansion.cut,
        "window_from": window[0] if series.repeats else None,
        "window_to": window[1] if series.repeats else None,
    }
    rows = tuple(row for occurrence in expansion.occurrences for row in occurrence_rows(occurrence, series))
    return Prepared(series, columns, rows, tuple(_reminders(expansion, now)))


def window_at(now: datetime) -> tuple[datetime, datetime]:
    return now - BEHIND, now + AHEAD + SPARE


def _columns(series: Series, home: tzinfo) -> dict[str, Any]:
    item = series.head.item
    start, end = item.start, item.end
    starts_at = None if start is None else start.utc(home)
    return {
        "uid": item.uid,
        **_said(item),
        "private": series.holds_private,
        "starts_at": starts_at,
        "ends_at": None if end is None or starts_at is None else max(end.utc(home), starts_at),
        "zone": "" if start is None else start.tzid,
        "all_day": start is not None and start.is_date,
        "recurs": series.repeats,
        "recurs_until": _last_end(series, home),
    }


def _said(item: Item) -> dict[str, Any]:
    """What the event row and the rows of occurrences both say."""
    return {
        "kind": item.kind,
        "summary": item.summary[:MAX_SUMMARY],
        "location": item.location[:MAX_SUMMARY],
        "status": item.status,
        "busy": item.busy and item.status != "cancelled",
        "private": item.private,
    }


def _last_end(series: Series, home: tzinfo) -> datetime | None:
    """After which a series has no occurrence: where its rule has an UNTIL, and nothing else may be later."""
    rule = series.head.item.rule
    if series.master is None or rule is None or rule.until is None:
        return None
    if series.exceptions or series.master.block.line("RDATE") is not None:
        return None
    start = series.master.item.start
    until = Moment(rule.until, tz=UTC if rule.until_utc or start is None else start.tz)
    return until.moved(series.master.item.length).moved(timedelta(days=1)).utc(home)


def occurrence_rows(occurrence: Occurrence, series: Series) -> Iterator[dict[str, Any]]:
    """A row for its start and for each month that it reaches into. Of a private series an occurrence that programs
    described apart, and did not call private, is private too."""
    row = {
        "key": occurrence.key,
        "starts_at": occurrence.starts_at,
        "ends_at": occurrence.ends_at,
        "zone": occurrence.start.tzid,
        "all_day": occurrence.start.is_date,
        "recurs": series.repeats,
        **_said(occurrence.item),
        "private": occurrence.item.private or series.head.item.private,
    }
    for segment in segments(occurrence.starts_at, occurrence.ends_at):
        yield {**row, "segment_at": segment}


def segments(starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """The start, and the first instant of each later month that is touched."""
    yield starts_at
    month = next_month(starts_at)
    while month < min(ends_at, starts_at + LONGEST):
        yield month
        month = next_month(month)


def month_of(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(instant: datetime) -> datetime:
    return month_of(month_of(instant) + timedelta(days=32))


def _reminders(expansion: Expansion, now: datetime) -> Iterator[dict[str, Any]]:
    """What is still to be reminded of. Cancelled occurrences are not."""
    known: dict[int, tuple[Reminder, ...]] = {}
    for occurrence in expansion.occurrences:
        if occurrence.item.status == "cancelled":
            continue
        reminders = known.setdefault(id(occurrence.source), reminders_of(occurrence.source))
        for reminder in reminders:
            due_at = occurrence.starts_at - reminder.before
            if due_at > now - LATE:
                yield {
                    "key": occurrence.key,
                    "reminder": reminder_name(reminder),
                    "channel": reminder.channel,
                    "target": reminder.to,
                    "address": reminder.address,
                    "starts_at": occurrence.starts_at,
                    "due_at": due_at,
                }


def reminder_name(reminder: Reminder) -> str:
    minutes = int(reminder.before.total_seconds()) // 60
    return f"{minutes}/{reminder.channel}/{reminder.to}/{reminder.address}"
