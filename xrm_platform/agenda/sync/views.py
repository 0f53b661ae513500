"""Links and what happens on them as they are shown: people by their code, all else by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict


class LinkChanges(TypedDict, total=False):
    """`name` and `color` are also given to the calendar itself, where its provider can."""

    name: str
    color: str
    direction: str
    auto_sync: bool
    poll_minutes: int


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A calendar that an account reaches. `link` is the id of the link that it already has."""

    id: str
    name: str
    color: str | None
    time_zone: str | None
    writable: bool
    link: str | None


@dataclass(frozen=True, slots=True)
class LinkView:
    """`health` is `new`, `ok`, `failing`, `held` (deletions wait for somebody to agree) or `gone`; `cursor_at` is when
    everything was last compared. Until `push_ends_at`, which is put off in time, the provider calls when something
    changes there; None where it does not, and only polling finds it."""

    id: str
    owner: str
    account: str
    provider: str
    calendar: str
    name: str
    color: str | None
    writable: bool
    direction: str
    auto_sync: bool
    poll_minutes: int
    state: str
    health: str
    last_success_at: datetime | None
    next_run_at: datetime | None
    push_ends_at: datetime | None
    failing_since: datetime | None
    error_code: str | None
    error_params: Mapping[str, Any]
    cursor_at: datetime | None
    events: int
    waiting: int
    parked: int
    conflicts: int
    held_here: int
    held_there: int


@dataclass(frozen=True, slots=True)
class RunView:
    """What a synchronisation did. Deletions that wait are in `held_here` and `held_there`."""

    link: str
    state: str
    read: int
    made_here: int
    changed_here: int
    dropped_here: int
    made_there: int
    changed_there: int
    dropped_there: int
    conflicts: int
    parked: int
    held_here: int = 0
    held_there: int = 0
    error_code: str | None = None
    error_params: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class PlannedView:
    """One thing that a synchronisation would do: `did` is made, changed or dropped, `side` here or there."""

    side: str
    did: str
    title: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """What a synchronisation would do, counted, with the first of each kind. `same` events need nothing. Nobody is
    invited by it."""

    link: str
    same: int
    made_here: int
    changed_here: int
    dropped_here: int
    made_there: int
    changed_there: int
    dropped_there: int
    conflicts: int
    parked: int
    held: bool
    examples: tuple[PlannedView, ...]


@dataclass(frozen=True, slots=True)
class ConflictView:
    """A wish that gave way: that of the calendar when `theirs_lost`, else that of the agenda. An empty text means that
    this side had deleted the event. `resolution` is mine, theirs or, while it is open, None."""

    id: str
    link: str
    event: str
    at: datetime
    kind: str
    theirs_lost: bool
    title: str
    properties: tuple[str, ...]
    ours: str
    theirs: str
    resolution: str | None
    resolved_at: datetime | None
    resolved_by: str | None


@dataclass(frozen=True, slots=True)
class ParkedView:
    """An event that cannot be brought together until either side changes it, and why."""

    id: str
    event: str | None
    title: str
    ref: str | None
    reason: str
    params: Mapping[str, Any]
    since: datetime
