"""Events as they are shown. `start` and `end` are as the owner reads them: a date (the end exclusive), or a time with
its offset; `starts_at` and `ends_at` are the instants. What is `hidden` is somebody's private event: only its time is
told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """`collaborator` is a code, None for people outside; `status` is needs-action, accepted, tentative, declined …

    `invited` is what became of the last invitation of somebody outside: waiting, sent, skipped, failed, and
    `invited_note` the code of why; None for who was invited by other means, or not at all.
    """

    email: str | None
    name: str
    collaborator: str | None
    status: str
    invited: str | None = None
    invited_note: str = ""


@dataclass(frozen=True, slots=True)
class ReminderView:
    minutes: int
    channel: str
    to: str
    address: str | None


@dataclass(frozen=True, slots=True)
class SeriesExceptionView:
    """An occurrence of a series that is not as the rule says."""

    key: str
    start: str | None
    end: str | None
    summary: str
    status: str


@dataclass(frozen=True, slots=True)
class AgendaEventView:
    """`owner` is a collaborator's code, `recurrence` a rule of RFC 5545, `rev` the number of changes so far; `cut`
    tells that a series has more occurrences than are kept."""

    id: str
    uid: str
    owner: str
    kind: str
    summary: str
    description: str
    location: str
    start: str | None
    end: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    all_day: bool
    zone: str
    status: str
    busy: bool
    private: bool
    hidden: bool
    recurrence: str | None
    exceptions: tuple[SeriesExceptionView, ...]
    organizer: str | None
    participants: tuple[ParticipantView, ...]
    reminders: tuple[ReminderView, ...]
    cut: bool
    rev: int
    created_at: datetime
    created_by: str
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class OccurrenceView:
    """One time an event takes place; `key` names it within its event."""

    event: str
    key: str
    owner: str
    kind: str
    summary: str
    location: str
    start: str
    end: str
    starts_at: datetime
    ends_at: datetime
    all_day: bool
    zone: str
    status: str
    busy: bool
    private: bool
    hidden: bool
    recurs: bool


@dataclass(frozen=True, slots=True)
class SlotView:
    """A time at which all who were asked for are free."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OverlapView:
    """Two times at which somebody would be busy twice: an occurrence of the event, and what it overlaps."""

    key: str
    starts_at: datetime
    other: OccurrenceView


@dataclass(frozen=True, slots=True)
class AgendaImportNoteView:
    """Something of a file that is not in the agenda as it was. `line` is where, `about` what, `code` why; `lost` when
    it is not in the agenda at all."""

    line: int
    about: str
    code: str
    params: Mapping[str, Any]
    lost: bool


@dataclass(frozen=True, slots=True)
class AgendaImportView:
    """How many events came new, were changed, were as they are, and were skipped; and every line that says why."""

    added: int
    changed: int
    unchanged: int
    skipped: int
    notes: tuple[AgendaImportNoteView, ...]


@dataclass(frozen=True, slots=True)
class FeedView:
    id: str
    owner: str
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgendaPreferencesView:
    """`tell_owner`: whether the owner of an event gets a mail when the manager changed it. `invites`: whether events
    invite people outside by mail; `not_inviting` are the codes of collaborators whose events do not."""

    tell_owner: bool
    invites: bool
    not_inviting: tuple[str, ...]
