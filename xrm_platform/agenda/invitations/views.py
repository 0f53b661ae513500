"""What people outside were told of an event and what they answered, as it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class InvitedView:
    """`state` is waiting, sent, skipped or failed, also when the mail that it went with (`message`) did not arrive;
    `note` is the code of why, with `params`."""

    address: str
    name: str
    state: str
    note: str
    params: Mapping[str, Any]
    message: str | None


@dataclass(frozen=True, slots=True)
class InvitationView:
    """A scheduling message: `method` is REQUEST or CANCEL, `what` it tells invited, changed, cancelled or uninvited;
    `occurrences` are the keys of those that it is about, none for the event as a whole."""

    id: str
    method: str
    what: str
    occurrences: tuple[str, ...]
    sequence: int
    created_at: datetime
    created_by: str
    people: tuple[InvitedView, ...]


@dataclass(frozen=True, slots=True)
class InvitationAnswerView:
    """`kind` is reply or counter (another time is proposed, as `proposed_start` and `proposed_end` say). `taken`: it is
    the participant's status now; else `note` is the code of why not. `occurrence` is a key, None for the event as a
    whole."""

    received_at: datetime
    address: str
    occurrence: str | None
    kind: str
    status: str
    taken: bool
    note: str
    comment: str
    proposed_start: str | None
    proposed_end: str | None


@dataclass(frozen=True, slots=True)
class EventInvitationsView:
    """Newest first, the last hundred of each."""

    event: str
    sent: tuple[InvitationView, ...]
    answers: tuple[InvitationAnswerView, ...]
