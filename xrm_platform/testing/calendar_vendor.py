"""The stand-in for a calendar service as tests see it, events to give to it, and readings of what came out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from itertools import count
from typing import Any, Protocol

import pytest

from xrm_platform.providers import (
    Change,
    ChangePage,
    ProviderDescriptor,
    ProviderError,
    RemoteCalendar,
    RemoteEvent,
    Removed,
)

from .driver_contract import Vendor
from .translations import assert_explained

_numbers = count(1)


class CalendarVendor(Vendor, Protocol):
    """The stand-in for a calendar service, and what somebody else does there. Events go by their UID here: what the
    driver tells as `RemoteEvent.uid`. Faults strike the driver only, never these methods."""

    calendar_name: str
    """Of the one calendar that is there when a test begins, without events."""

    async def put(self, uid: str, title: str) -> None:
        """Somebody else makes an event of an hour, or gives the one with this UID another title."""

    async def delete(self, uid: str) -> None:
        """Somebody else deletes an event."""

    async def titles(self) -> Mapping[str, str]:
        """The title of each event of the calendar, by UID."""

    async def decorate(self, uid: str) -> None:
        """Give an event something that only this vendor knows (a property of its own, a conference, a label)."""

    async def decorated(self, uid: str) -> bool:
        """Whether what `decorate` gave is still there."""

    async def spoil(self, uid: str) -> None:
        """From now on the driver sees something in the place of this event that nobody can understand."""

    async def rename_calendar(self, name: str, color: str) -> None:
        """Somebody else changes name and colour (#RRGGBB)."""

    async def delete_calendar(self) -> None:
        """Somebody else deletes the calendar."""

    async def forget_cursors(self) -> None:
        """The cursors that were given out until now are no longer known."""

    async def lose_next_answer(self) -> None:
        """Do what the next writing request asks for, and cut the connection instead of saying so."""

    async def cut_next_listing(self) -> None:
        """Break off the next answer to a reading request of `changes` in its middle."""

    async def answer_garbage(self) -> None:
        """From now on every request is answered with a page for people: HTML, status 200."""

    async def come_back(self) -> None:
        """Reachable and sane again."""


def vevent(uid: str, title: str, *lines: str, start: str = "DTSTART:20270310T090000Z") -> tuple[str, ...]:
    """The content lines (RFC 5545 §3.6.1) of an event of an hour."""
    return (
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261124T093000Z",
        start,
        *([] if any(line.startswith(("DTEND", "DURATION")) for line in lines) else ["DURATION:PT1H"]),
        f"SUMMARY:{title}",
        *lines,
        "END:VEVENT",
    )


def vcalendar(*lines: str) -> str:
    """One VCALENDAR of these content lines."""
    whole = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Tests//XRM//EN", *lines, "END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in whole)


def folded(line: str) -> str:
    """`line` in pieces of at most 75 octets (RFC 5545 §3.1)."""
    pieces, piece = [], ""
    for character in line:
        if len(f"{piece}{character}".encode()) > 75:
            pieces.append(piece)
            piece = " "
        piece += character
    return "\r\n".join([*pieces, piece])


def an_event(uid: str | None = None, title: str = "Meeting", *lines: str) -> str:
    """A small event; without `uid`, different from all others of this run."""
    return vcalendar(*vevent(uid or f"event-{next(_numbers)}@example.com", title, *lines))


def retitled(ical: str, old: str, new: str) -> str:
    """The same text with another title, and nothing else changed."""
    changed = ical.replace(f"SUMMARY:{old}", f"SUMMARY:{new}")
    assert changed != ical
    return changed


async def pages_of(driver: Any, calendar: str, cursor: str | None = None) -> list[ChangePage]:
    """All pages of a listing: a cursor on the last and only there, and either all of them complete or none."""
    changes: AsyncIterator[ChangePage] = driver.changes(calendar, cursor)
    pages = [page async for page in changes]
    assert pages, "a listing has one page at least"
    assert all(page.cursor is None for page in pages[:-1])
    assert pages[-1].cursor
    assert len({page.complete for page in pages}) == 1
    return pages


async def changed(driver: Any, calendar: str, cursor: str | None = None) -> tuple[list[Change], str, bool]:
    """What a listing told, its cursor, and whether it was complete. No item is told twice."""
    pages = await pages_of(driver, calendar, cursor)
    told = [change for page in pages for change in page.changes]
    assert len({change.ref for change in told}) == len(told)
    last = pages[-1]
    assert last.cursor
    return told, last.cursor, last.complete


def events(told: Sequence[Change]) -> dict[str, RemoteEvent]:
    """The events among `told`, by UID; there is nothing else among them."""
    found = [change for change in told if isinstance(change, RemoteEvent)]
    assert found == list(told)
    return {event.uid: event for event in found}


def removed(told: Sequence[Change]) -> set[str]:
    """The refs of what `told` says is gone."""
    return {change.ref for change in told if isinstance(change, Removed)}


async def calendar_named(driver: Any, name: str) -> RemoteCalendar:
    """The one calendar of this name."""
    listed: Sequence[RemoteCalendar] = await driver.calendars()
    (found,) = [calendar for calendar in listed if calendar.name == name]
    return found


async def error_of(descriptor: ProviderDescriptor, answer: Awaitable[Any]) -> ProviderError:
    """The error that `answer` ends with, for which there is a sentence in every language."""
    with pytest.raises(ProviderError) as caught:
        await answer
    assert_explained(descriptor, caught.value.code, caught.value.params)
    return caught.value
