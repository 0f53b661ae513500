"""What somebody asks to have in an agenda."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict


class Part(StrEnum):
    """What of a series is meant: all of it, one occurrence, or that one and all after it."""

    SERIES = "series"
    THIS = "this"
    FOLLOWING = "following"


@dataclass(frozen=True, slots=True)
class ReminderGiven:
    """`minutes` before the start, by `mail` or `sms`, to the `owner` or the `contact`. `address` is the mail address or
    mobile number of the contact; without it mail goes to the participants who are not of the base."""

    minutes: int
    channel: str = "mail"
    to: str = "owner"
    address: str | None = None


When = datetime | date
"""A date for something that lasts whole days; a naive time is of the zone that is given with it, or of the base."""


@dataclass(frozen=True, slots=True)
class EventGiven:
    """An event of the collaborator `owner` (code).

    `end` is exclusive: the day after the last one, for whole days. Without it an appointment lasts an hour or a day.
    `recurrence` is a rule of RFC 5545 (`FREQ=WEEKLY;BYDAY=MO`). `participants` are codes of collaborators and
    addresses, `a@b.fr` or `Name <a@b.fr>`. Without `busy` appointments and calls take up their time, tasks and notes
    do not.
    """

    owner: str
    summary: str
    start: When
    end: When | None = None
    kind: str = "appointment"
    zone: str | None = None
    location: str = ""
    description: str = ""
    recurrence: str | None = None
    participants: tuple[str, ...] = ()
    reminders: tuple[ReminderGiven, ...] = ()
    status: str = "confirmed"
    private: bool = False
    busy: bool | None = None


class EventChanges(TypedDict, total=False):
    """What to change; a field that is left out stays. A new `start` without `end` keeps how long it lasts; a
    `recurrence` of None ends the series."""

    summary: str
    start: When
    end: When
    kind: str
    zone: str
    location: str
    description: str
    recurrence: str | None
    participants: tuple[str, ...]
    reminders: tuple[ReminderGiven, ...]
    status: str
    private: bool
    busy: bool
