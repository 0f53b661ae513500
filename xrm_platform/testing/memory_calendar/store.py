"""What the service keeps: calendars, their events and the order of what happened to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import uuid4

from icalendar import Calendar

from xrm_platform.providers import Change, RemoteEvent, Removed, Unreadable, Unsupported


@dataclass(slots=True)
class StoredCalendar:
    """A calendar; `version` counts what happened to it, and `changed_at` says when each ref, there or gone, did."""

    id: str
    name: str
    color: str | None
    version: int = 0
    epoch: str = field(default_factory=lambda: uuid4().hex)
    events: dict[str, RemoteEvent] = field(default_factory=dict)
    changed_at: dict[str, int] = field(default_factory=dict)
    spoilt: set[str] = field(default_factory=set)

    def keep(self, ref: str, ical: str) -> RemoteEvent:
        """Keep `ical` under `ref`. Raises `Unsupported` for a text without an event."""
        uid = uid_of(ical)
        self._happened(ref)
        self.events[ref] = RemoteEvent(ref, f"v{self.version}", uid, ical)
        return self.events[ref]

    def drop(self, ref: str) -> None:
        """Forget the event, but not that it was there."""
        self._happened(ref)
        del self.events[ref]

    def ref_of(self, uid: str) -> str | None:
        """Where the event with this UID is."""
        return next((ref for ref, event in self.events.items() if event.uid == uid), None)

    def cursor(self) -> str:
        """A text that stands for now."""
        return f"{self.epoch}:{self.version}"

    def since(self, cursor: str | None) -> tuple[list[Change], bool]:
        """What happened after `cursor`; everything, and True, when it is not one of these days."""
        epoch, _, version = (cursor or "").partition(":")
        if epoch != self.epoch:
            return [self._told(ref) for ref in self.events], True
        return [self._told(ref) for ref, at in self.changed_at.items() if at > int(version)], False

    def _told(self, ref: str) -> Change:
        event = self.events.get(ref)
        if event is None:
            return Removed(ref)
        return Unreadable(ref, event.etag, "spoilt") if event.uid in self.spoilt else event

    def _happened(self, ref: str) -> None:
        self.version += 1
        self.changed_at[ref] = self.version


def uid_of(ical: str) -> str:
    """The UID of the events of a text. Raises `Unsupported` for a text without one."""
    try:
        found = {str(event["UID"]) for event in Calendar.from_ical(ical).walk("VEVENT")}
    except (ValueError, KeyError) as error:
        raise Unsupported(detail=str(error)) from error
    if len(found) != 1:
        raise Unsupported
    return found.pop()


def title_of(ical: str) -> str:
    """The title of the first event of a text."""
    return str(Calendar.from_ical(ical).walk("VEVENT")[0].get("SUMMARY", ""))
