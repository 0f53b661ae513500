"""How far links and their events are."""

from __future__ import annotations

from enum import StrEnum


class LinkState(StrEnum):
    """`NEW` until somebody asked for the first synchronisation; `GONE` when the calendar is no longer there."""

    NEW = "new"
    ACTIVE = "active"
    GONE = "gone"


class Standing(StrEnum):
    """How an event and its counterpart stand. `PARKED` ones wait until either side changes, and say why."""

    CLEAN = "clean"
    DIRTY = "dirty"
    PARKED = "parked"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"
