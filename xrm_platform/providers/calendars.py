"""Calendars as they cross the border. iCalendar (RFC 5545) is the common language: an event is one VCALENDAR text with
its master and all its overrides, and whoever does not understand a property leaves it where it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RemoteCalendar:
    """`id` is the vendor's lasting name for it, never an alias such as "primary"; `color` is #RRGGBB."""

    id: str
    name: str
    color: str | None = None
    time_zone: str | None = None
    writable: bool = True


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """`ref` finds it again, `etag` is its version as the vendor last told it, `uid` may differ from ours."""

    ref: str
    etag: str
    uid: str
    ical: str
    unsaid: tuple[str, ...] = field(default=(), compare=False)
    """After `create` or `update`: names of properties that the vendor can neither say nor keep."""


@dataclass(frozen=True, slots=True)
class Removed:
    ref: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that exists and cannot be understood: parked with its reason, never taken for deleted. `reason` is a code
    of the section `errors` of the provider's translations, without params."""

    ref: str
    etag: str
    reason: str


Change = RemoteEvent | Removed | Unreadable


@dataclass(frozen=True, slots=True)
class ChangePage:
    """A page of changes. `cursor` comes with the last page only and is saved after everything before it was."""

    changes: tuple[Change, ...]
    cursor: str | None = None
    complete: bool = False
    """True on every page of a full listing: what it does not name is gone."""


@dataclass(frozen=True, slots=True)
class PushChannel:
    """The vendor calls us about a calendar until `expires_at`. `resource` is its own name for what is watched."""

    id: str
    resource: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PushHint:
    """A call that came: on which channel, and the secret that proves it. `opened` says only that the channel works."""

    channel: str
    secret: str = field(repr=False)
    opened: bool = False
