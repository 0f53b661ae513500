"""A subscription: a calendar that somebody publishes as one text, to be read only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from xrm_platform.providers import (
    BadResponse,
    Change,
    ChangePage,
    DriverContext,
    RemoteCalendar,
    RemoteEvent,
    Removed,
    Unsupported,
)

from .cursors import Cursor, read_cursor
from .download import Download, Downloader
from .published import Published, read_published

KIND = "feed"

CALENDAR = "subscription"
"""The id of the one calendar: its address may hold a secret, and is no name for it."""

PAGE = 100


class Feed:
    """A calendar behind an address that ends in `.ics` or begins with `webcal:`."""

    def __init__(self, url: str, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._host = urlsplit(url).hostname or ""
        self._downloader = Downloader(url, settings, context)

    async def discover(self) -> None:
        """Nothing to find: the address is the calendar's."""

    async def calendars(self) -> Sequence[RemoteCalendar]:
        """The one calendar, with the name that its publisher gave it."""
        published = await self._published(await self._downloader.download())
        return [RemoteCalendar(CALENDAR, published.name or self._host, published.color, published.zone, writable=False)]

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:  # noqa: ARG002
        """What is not as it was. Publishers stamp all events at each request: what an event says is compared."""
        before = read_cursor(cursor, KIND)
        etag, modified = _conditions(before)
        download = await self._downloader.download(etag, modified)
        if download is None:
            yield ChangePage((), cursor)
            return
        published = await self._published(download)
        versions = {ref: item.etag for ref, item in published.items.items()}
        after = Cursor(KIND, json.dumps([download.etag, download.modified]), versions)
        seen = before.seen if before is not None else {}
        changes: list[Change] = [item for ref, item in published.items.items() if seen.get(ref) != item.etag]
        changes += [Removed(ref) for ref in seen if ref not in versions]
        pages = [tuple(changes[start : start + PAGE]) for start in range(0, len(changes), PAGE)] or [()]
        for number, page in enumerate(pages, start=1):
            last = number == len(pages)
            yield ChangePage(
                page, after.written() if last else None, complete=before is None or before.emptied(versions)
            )

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:  # noqa: ARG002
        if not refs:
            return []
        items = (await self._published(await self._downloader.download())).items
        return [item for ref in refs if isinstance(item := items.get(ref), RemoteEvent)]

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:  # noqa: ARG002
        raise Unsupported("read_only")

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:  # noqa: ARG002
        raise Unsupported("read_only")

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:  # noqa: ARG002
        raise Unsupported("read_only")

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:  # noqa: ARG002
        raise Unsupported("read_only")

    async def delete(self, calendar: str, event: RemoteEvent) -> None:  # noqa: ARG002
        raise Unsupported("read_only")

    async def schedules(self, calendar: str) -> bool:  # noqa: ARG002
        return False

    async def _published(self, download: Download | None) -> Published:
        if download is None:
            raise BadResponse("no_calendar_text", detail="304 to a request without conditions")
        return await asyncio.to_thread(read_published, download.body)


def _conditions(before: Cursor | None) -> tuple[str, str]:
    """ETag and Last-Modified of what was read before."""
    etag, modified = json.loads(before.token) if before is not None else ("", "")
    return etag, modified
