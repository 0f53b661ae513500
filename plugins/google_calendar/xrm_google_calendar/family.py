"""A series as it is at Google's by now: its master and every item that is unlike it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xrm_platform.providers import BadResponse, NotFound, RemoteEvent

from . import reading, times
from .client import GoogleClient
from .times import instant

Item = dict[str, Any]
LARGEST_PAGE = 2500


@dataclass(frozen=True, slots=True)
class Family:
    """An event that does not repeat is a family of one."""

    master: Item
    exceptions: Sequence[Item] = field(default_factory=tuple)

    @property
    def etag(self) -> str:
        return reading.etag_of(self.master, self.exceptions)

    def event(self, unsaid: tuple[str, ...] = ()) -> RemoteEvent:
        """As the platform knows it. Raises `BadResponse` when it cannot be read."""
        try:
            event = reading.remote_event(self.master, self.exceptions)
        except reading.UNREADABLE as error:
            raise BadResponse("event_not_understood", detail=str(error)) from error
        return RemoteEvent(event.ref, event.etag, event.uid, event.ical, unsaid)

    def exception(self, at: str) -> Item | None:
        """The item of the occurrence that began at the instant `at`, if it is unlike the series."""
        return next((one for one in self.exceptions if original(one) == at), None)


def original(exception: Mapping[str, Any]) -> str | None:
    """The instant of the occurrence that an exception stands for."""
    began = exception.get("originalStartTime")
    if not isinstance(began, Mapping):
        return None
    return instant(times.from_google(began)[0])


def repeats(item: Mapping[str, Any]) -> bool:
    """Whether an item is the master of a series."""
    return bool(item.get("recurrence"))


def is_gone(item: Mapping[str, Any]) -> bool:
    """Whether an item is a tombstone."""
    return item.get("status") == "cancelled"


async def fetch(client: GoogleClient, calendar: str, ref: str, uid: str | None = None) -> Family:
    """The family of the event `ref`. `uid` spares a request when it is known to be a series.

    Raises `NotFound` when it is gone.
    """
    master: Item | None = None
    if uid is None:
        master = await client.get("calendars", calendar, "events", ref)
        if is_gone(master):
            raise NotFound
        if not repeats(master):
            return Family(master)
        uid = str(master.get("iCalUID", ""))
    exceptions: list[Item] = []
    query: dict[str, str | int] = {"iCalUID": uid, "showDeleted": "true", "maxResults": LARGEST_PAGE}
    async for page in client.pages("calendars", calendar, "events", **query):
        for item in items_of(page):
            if item["id"] == ref:
                master = item
            elif item.get("recurringEventId") == ref:
                exceptions.append(item)
    if master is None or is_gone(master):
        raise NotFound
    return Family(master, tuple(exceptions))


async def occurrence(client: GoogleClient, calendar: str, ref: str, at: date) -> Item | None:
    """The item of one occurrence, whether it is unlike its series or not; None when the series has none there."""
    began = at.isoformat() if not isinstance(at, datetime) else at.isoformat(timespec="seconds")
    path = ("calendars", calendar, "events", ref, "instances")
    found = items_of(await client.get(*path, originalStart=began, showDeleted="true"))
    return found[0] if found else None


def items_of(answer: Mapping[str, Any]) -> list[Item]:
    """The entries of a listing. Raises `BadResponse`: a listing that is none is not an empty one."""
    found = answer.get("items")
    if not isinstance(found, list) or not all(isinstance(one, dict) and one.get("id") for one in found):
        raise BadResponse("no_listing")
    return found
