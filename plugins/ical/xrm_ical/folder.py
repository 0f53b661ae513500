"""A folder of `.ics` files, one event a file, as vdirsyncer and khal keep them.

Files are of the machine that the platform runs on, so its operator decides: only what lies within the folders of the
environment variable `XRM_ICAL_FOLDERS` can be an account. All work on files is done in threads.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from uuid import UUID, uuid5

from xrm_platform.providers import (
    Change,
    ChangePage,
    Conflict,
    NotFound,
    RemoteCalendar,
    RemoteEvent,
    Removed,
    Unreadable,
    Unsupported,
)

from .colors import from_server
from .cursors import Cursor, read_cursor
from .files import Files
from .ics import UnreadableError, uid_of
from .outgoing import storable

KIND = "folder"
CALENDAR = "folder"
PAGE = 100
KEYS = UUID("0f6dfd36-6e4e-5e0c-8d8e-3b1f6d2c7a55")
"""Namespace of the names that files get from the keys of their events."""

NAME_FILE, COLOR_FILE = "displayname", "color"
"""Files beside the events that say how the calendar looks (the vdir format)."""


class Folder:
    """The calendar in the folder of a `file:` address."""

    def __init__(self, url: str) -> None:
        self._files = Files(url)
        self._writing = asyncio.Lock()

    async def discover(self) -> None:
        """See whether the folder may be used and is there. Raises `AccountError`, `NotFound`."""
        await asyncio.to_thread(self._files.folder)

    async def calendars(self) -> Sequence[RemoteCalendar]:
        return [await asyncio.to_thread(self._calendar)]

    async def create_calendar(self, name: str, color: str | None) -> RemoteCalendar:  # noqa: ARG002
        raise Unsupported("no_new_calendars")

    async def change_calendar(self, calendar: str, name: str, color: str | None) -> RemoteCalendar:  # noqa: ARG002
        async with self._writing:
            await asyncio.to_thread(self._files.replace, NAME_FILE, name.encode())
            if color is not None:
                await asyncio.to_thread(self._files.replace, COLOR_FILE, color.encode())
            return await asyncio.to_thread(self._calendar)

    async def changes(self, calendar: str, cursor: str | None) -> AsyncIterator[ChangePage]:  # noqa: ARG002
        before = read_cursor(cursor, KIND)
        items = await asyncio.to_thread(self._items)
        seen = before.seen if before is not None else {}
        versions = {ref: item.etag for ref, item in items.items()}
        changes: list[Change] = [item for ref, item in items.items() if seen.get(ref) != item.etag]
        changes += [Removed(ref) for ref in seen if ref not in versions]
        pages = [tuple(changes[start : start + PAGE]) for start in range(0, len(changes), PAGE)] or [()]
        for number, page in enumerate(pages, start=1):
            written = Cursor(KIND, seen=versions).written() if number == len(pages) else None
            yield ChangePage(page, written, complete=before is None or before.emptied(versions))

    async def fetch(self, calendar: str, refs: Sequence[str]) -> Sequence[RemoteEvent]:  # noqa: ARG002
        found = await asyncio.to_thread(lambda: [self._item(ref) for ref in refs])
        return [item for item in found if isinstance(item, RemoteEvent)]

    async def create(self, calendar: str, key: str, ical: str) -> RemoteEvent:  # noqa: ARG002
        text, uid = storable(ical)
        ref = f"{uuid5(KEYS, key)}.ics"
        async with self._writing:
            made = await asyncio.to_thread(self._files.add, ref, text.encode())
        if made:
            return RemoteEvent(ref, version(text.encode()), uid, text)
        item = await asyncio.to_thread(self._item, ref)
        if not isinstance(item, RemoteEvent):
            raise Conflict
        return item

    async def update(self, calendar: str, event: RemoteEvent, ical: str) -> RemoteEvent:  # noqa: ARG002
        text, uid = storable(ical)
        after = RemoteEvent(event.ref, version(text.encode()), uid, text)
        async with self._writing:
            now = await asyncio.to_thread(self._item, event.ref)
            if now is None:
                raise NotFound
            if now.etag not in {event.etag, after.etag}:
                raise Conflict
            await asyncio.to_thread(self._files.replace, event.ref, text.encode())
        return after

    async def delete(self, calendar: str, event: RemoteEvent) -> None:  # noqa: ARG002
        async with self._writing:
            now = await asyncio.to_thread(self._item, event.ref)
            if now is None:
                return
            if now.etag != event.etag:
                raise Conflict
            await asyncio.to_thread(self._files.remove, event.ref)

    async def schedules(self, calendar: str) -> bool:  # noqa: ARG002
        return False

    def _calendar(self) -> RemoteCalendar:
        folder = self._files.folder()
        name, color = self._files.read(NAME_FILE), self._files.read(COLOR_FILE)
        return RemoteCalendar(
            CALENDAR,
            (name or b"").decode(errors="replace").strip() or folder.name,
            from_server((color or b"").decode(errors="replace")),
        )

    def _items(self) -> dict[str, RemoteEvent | Unreadable]:
        return {ref: item for ref in self._files.names() if (item := self._item(ref)) is not None}

    def _item(self, ref: str) -> RemoteEvent | Unreadable | None:
        """The event of a file, why it is none, or None without a file."""
        content = self._files.read(ref)
        if content is None:
            return None
        if len(content) > Files.LARGEST:
            return Unreadable(ref, version(content), "file_too_large")
        try:
            text = content.decode("utf-8-sig")
            return RemoteEvent(ref, version(content), uid_of(text), text)
        except UnicodeDecodeError:
            return Unreadable(ref, version(content), "not_icalendar")
        except UnreadableError as error:
            return Unreadable(ref, version(content), error.reason)


def version(content: bytes) -> str:
    """What a file says, for nobody else keeps count of its changes."""
    return hashlib.sha256(content).hexdigest()[:32]
