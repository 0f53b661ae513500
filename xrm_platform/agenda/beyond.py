"""Occurrences of series outside of the time for which they are stored, worked out when somebody looks there. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo

from .drawing import occurrence_rows
from .ical.editing import calendar_of
from .ical.recurrence import expand, read_series
from .tables import Event, OccurrenceRow


def rows_beyond(series: Sequence[Event], since: datetime, until: datetime, home: tzinfo) -> list[OccurrenceRow]:
    """What of [`since`, `until`) is not among the stored occurrences of these series."""
    return [row for event in series for row in _rows(event, since, until, home)]


def _rows(event: Event, since: datetime, until: datetime, home: tzinfo) -> Iterator[OccurrenceRow]:
    series = read_series(calendar_of(event.ical))
    for occurrence in expand(series, since, until, home).occurrences:
        stored = (
            event.window_from is not None
            and event.window_to is not None
            and occurrence.starts_at < event.window_to
            and occurrence.ends_at >= event.window_from
        )
        touches = occurrence.ends_at > since or occurrence.starts_at >= since
        if stored or not touches:
            continue
        row = next(occurrence_rows(occurrence, series))
        yield OccurrenceRow(base_id=event.base_id, owner_id=event.owner_id, event_id=event.id, **row)
