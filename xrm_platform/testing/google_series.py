"""Series as Google keeps them: a master, and one item for each occurrence that is unlike it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from .google_event_rules import length, moment, starts, zone_of
from .google_refusals import Refused

Event = dict[str, Any]

OF_THE_MASTER_ONLY = ("recurrence", "etag", "id")


def occurrence_id(master_id: str, start: date | datetime) -> str:
    """What Google calls the occurrence that began at `start`."""
    if isinstance(start, datetime):
        return f"{master_id}_{start.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{master_id}_{start:%Y%m%d}"


def occurrences(events: Mapping[str, Event], master: Event, original_start: str | None) -> list[Event]:
    """The occurrences of `master`, those that are unlike it as they are stored; cancelled ones are left out."""
    wanted = None if original_start is None else _original(original_start)
    found = []
    for start in starts(master):
        if wanted is not None and start != wanted:
            continue
        event = events.get(occurrence_id(master["id"], start)) or _like_the_series(master, start)
        if event["status"] != "cancelled" or wanted is not None:
            found.append(event)
    return found


def occurrence_by_id(events: Mapping[str, Event], id_: str) -> Event | None:
    """The occurrence of this id that is not stored, because it is like its series."""
    master_id, _, stamp = id_.rpartition("_")
    master = events.get(master_id)
    if not stamp or master is None or "recurrence" not in master or master["status"] == "cancelled":
        return None
    for start in starts(master):
        if occurrence_id(master_id, start) == id_:
            return _like_the_series(master, start)
    return None


def beside_the_series(events: Mapping[str, Event], stored: Event) -> list[str]:
    """Exceptions whose occurrence is no longer one of the series `stored`: they go (our choice)."""
    mine = {id_ for id_, event in events.items() if event.get("recurringEventId") == stored["id"]}
    if not mine:
        return []
    if "recurrence" not in stored or stored["status"] == "cancelled":
        return sorted(mine)
    return sorted(mine - {occurrence_id(stored["id"], start) for start in starts(stored)})


def _like_the_series(master: Event, start: date | datetime) -> Event:
    event = {name: value for name, value in master.items() if name not in OF_THE_MASTER_ONLY}
    return {
        **event,
        "etag": master["etag"],
        "id": occurrence_id(master["id"], start),
        "recurringEventId": master["id"],
        "originalStartTime": _time(master, start),
        "start": _time(master, start),
        "end": _time(master, start + length(master)),
    }


def _time(master: Event, at: date | datetime) -> dict[str, str]:
    if not isinstance(at, datetime):
        return {"date": at.isoformat()}
    return {"dateTime": at.isoformat(), "timeZone": zone_of(master).key}


def _original(written: str) -> date | datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError as error:
        raise Refused(400, "invalid", "Invalid originalStart") from error
    return at.date() if len(written) == len("2026-01-01") else moment({"dateTime": written}, "original")
