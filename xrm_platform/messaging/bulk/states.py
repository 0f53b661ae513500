"""The states of a bulk job and of its rows."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """`draft` waits for a person to look at it and start it. `running` until every message of it has come to an end."""

    PREPARING = "preparing"
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class RowState(StrEnum):
    """`ready` waits to become a message, `queued` has become one, `skipped` never will, for the reason that it says."""

    READY = "ready"
    QUEUED = "queued"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
