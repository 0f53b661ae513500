"""What changed in a calendar: pages of Google's listing, with the items of a series brought together.

Single events are told page by page; series when the listing is at its end, because their items may lie on any page.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from xrm_platform.providers import BadResponse, Change, ChangePage, NotFound, PermanentError, Removed, TransientError

from . import family, reading
from .client import GoogleClient
from .family import LARGEST_PAGE, Item, is_gone, items_of, repeats

SERIES_A_PAGE = 250


@dataclass(slots=True)
class Collected:
    """Items of series that were listed so far."""

    masters: dict[str, Item] = field(default_factory=dict)
    exceptions: dict[str, dict[str, Item]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def take(self, items: Sequence[Item]) -> list[Item]:
        """Put aside what belongs to series; the rest are events of their own."""
        singles = []
        for item in items:
            series = item.get("recurringEventId")
            if series:
                self.exceptions.setdefault(str(series), {})[item["id"]] = item
            elif repeats(item) and not is_gone(item):
                self.masters[item["id"]] = item
            else:
                self.gone.add(item["id"])
                singles.append(item)
        return singles


async def changes(client: GoogleClient, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:
    """What changed since `cursor`, or everything."""
    if cursor is not None:
        first = await _first_since(client, calendar, cursor)
        if first is not None:
            async for page in _incremental(client, calendar, cursor, first):
                yield page
            return
    async for page in _full(client, calendar):
        yield page


async def _first_since(client: GoogleClient, calendar: str, cursor: str) -> dict[str, Any] | None:
    """The first page since `cursor`; None when Google does not know it (any more), by 410, or 400 for no token."""
    try:
        return await client.get("calendars", calendar, "events", syncToken=cursor, maxResults=LARGEST_PAGE)
    except NotFound:
        # 410 for the token or 404 for the calendar: the full listing that follows tells one from the other.
        return None
    except PermanentError as error:
        if error.code != "request_refused":
            raise
        return None


async def _full(client: GoogleClient, calendar: str) -> AsyncIterator[ChangePage]:
    collected, token = Collected(), None
    async for page in client.pages("calendars", calendar, "events", maxResults=LARGEST_PAGE):
        token = page.get("nextSyncToken")
        singles = collected.take(items_of(page))
        yield ChangePage(tuple(await asyncio.to_thread(_told_of_singles, singles)), complete=True)
    for ids in _portions(list(collected.masters)):
        yield ChangePage(tuple(await asyncio.to_thread(_told_of_series, collected, ids)), complete=True)
    yield ChangePage(tuple(_told_of_orphans(collected)), _cursor(token), complete=True)


async def _incremental(
    client: GoogleClient, calendar: str, cursor: str, first: dict[str, Any]
) -> AsyncIterator[ChangePage]:
    collected, told, token = Collected(), list[Change](), None
    query: dict[str, str | int] = {"syncToken": cursor, "maxResults": LARGEST_PAGE}
    try:
        async for page in client.pages_from(first, "calendars", calendar, "events", **query):
            if told:
                yield ChangePage(tuple(told))
            told = await asyncio.to_thread(_told_of_singles, collected.take(items_of(page)))
            token = page.get("nextSyncToken")
    except NotFound as error:
        # Half of the changes are told already: the next attempt begins anew, and finds the token gone at once.
        raise TransientError(detail=error.detail) from error
    for ref in dict.fromkeys([*collected.masters, *collected.exceptions]):
        if ref not in collected.gone:
            told += await _told_of_touched(client, calendar, collected, ref)
    yield ChangePage(tuple(told), _cursor(token))


async def _told_of_touched(client: GoogleClient, calendar: str, collected: Collected, ref: str) -> list[Change]:
    """A series of which something changed, read whole."""
    master = collected.masters.get(ref)
    exceptions = collected.exceptions.get(ref, {}).values()
    uids = (str(one["iCalUID"]) for one in (*((master,) if master else ()), *exceptions) if one.get("iCalUID"))
    try:
        found = await family.fetch(client, calendar, ref, next(uids, None))
    except NotFound:
        return _told_alone(list(exceptions)) if master is None else [Removed(ref)]
    return [await asyncio.to_thread(reading.told, found.master, found.exceptions)]


def _told_of_singles(items: Sequence[Item]) -> list[Change]:
    return [Removed(item["id"]) if is_gone(item) else reading.told(item) for item in items]


def _told_of_series(collected: Collected, ids: Sequence[str]) -> list[Change]:
    return [reading.told(collected.masters[ref], tuple(collected.exceptions.get(ref, {}).values())) for ref in ids]


def _told_of_orphans(collected: Collected) -> list[Change]:
    """Occurrences of series that this calendar does not hold: somebody invited to one occurrence gets that alone."""
    orphans = [
        one for ref, items in collected.exceptions.items() if ref not in collected.masters for one in items.values()
    ]
    return [change for change in _told_alone(orphans) if not isinstance(change, Removed)]


def _told_alone(exceptions: Sequence[Item]) -> list[Change]:
    """Occurrences as events of their own, with a UID that no other occurrence of the series has."""
    return [
        Removed(one["id"]) if is_gone(one) else reading.told({**one, "iCalUID": f"{one['id']}@google.com"})
        for one in exceptions
    ]


def _portions(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + SERIES_A_PAGE] for start in range(0, len(ids), SERIES_A_PAGE)]


def _cursor(token: object) -> str:
    """Without a token at its end a listing was cut short, and is not to be believed."""
    if not isinstance(token, str) or not token:
        raise BadResponse("no_listing")
    return token
