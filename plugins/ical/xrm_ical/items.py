"""Reading events from a calendar, many at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from xrm_platform.providers import NotFound, PermanentError, RemoteEvent, Unreadable

from .bodies import multiget
from .hrefs import normal_path
from .ics import UnreadableError, uid_of
from .multistatus import CALDAV, DAV, Multistatus
from .webdav import WebDav

CHUNK = 100
"""Events in one request, as Thunderbird and Evolution do."""

DATA = f"{CALDAV}calendar-data"
ETAG = f"{DAV}getetag"


class Text(NamedTuple):
    """A resource as the server gave it."""

    etag: str
    ical: str


class Items:
    """The events of the calendars of a server, by their refs: paths, written in one way."""

    def __init__(self, dav: WebDav) -> None:
        self._dav = dav

    async def read(self, url: str, refs: Sequence[str]) -> dict[str, RemoteEvent | Unreadable]:
        """These events of the calendar at `url`, at most `CHUNK`. What is gone is left out."""
        texts = texts_told(await self._dav.report(url, multiget(refs), 1), url)
        # Not every server tells each, or tells the text: what it has not said to be gone is asked for by itself.
        for ref in refs:
            if ref not in texts:
                texts[ref] = await self._alone(url, ref)
        return await asyncio.to_thread(_events, {ref: text for ref in refs if (text := texts[ref]) is not None})

    async def _alone(self, url: str, ref: str) -> Text | None:
        """One resource; without a text, hence unreadable, if the server keeps it for itself: the others go on."""
        try:
            return await self.get(url, ref)
        except PermanentError:
            return Text("", "")

    async def get(self, url: str, ref: str) -> Text | None:
        """One resource, None if it is gone."""
        answer = await self._dav.http.request("GET", urljoin(url, ref), acts=False)
        if answer.status in {404, 410}:
            return None
        if not answer.good:
            raise self._dav.http.error(answer)
        return Text(answer.headers.get("ETag", ""), answer.body.decode(errors="replace"))

    async def event(self, url: str, ref: str) -> RemoteEvent:
        """One event. Raises `NotFound` if it is gone or cannot be understood."""
        found = (await self.read(url, [ref])).get(ref)
        if not isinstance(found, RemoteEvent):
            raise NotFound
        return found


def texts_told(told: Multistatus, url: str) -> dict[str, Text | None]:
    """What a multiget told, by ref: None for what is gone. What it told only in part is left out."""
    texts: dict[str, Text | None] = {}
    for response in told.responses:
        try:
            ref = normal_path(response.href, url)
        except ValueError:
            continue
        etag, ical = response.text(ETAG), response.raw_text(DATA)
        if response.status in {404, 410} or response.refused.get(DATA) in {404, 410}:
            texts[ref] = None
        elif etag and ical and ical.strip():
            texts[ref] = Text(etag, ical)
    return texts


def _events(texts: dict[str, Text]) -> dict[str, RemoteEvent | Unreadable]:
    """Texts as events, or why they are none. Runs in a thread."""
    return {ref: _event(ref, text) for ref, text in texts.items()}


def _event(ref: str, text: Text) -> RemoteEvent | Unreadable:
    try:
        return RemoteEvent(ref, text.etag, uid_of(text.ical), text.ical)
    except UnreadableError as error:
        return Unreadable(ref, text.etag, error.reason)
