"""Reads what changed in a calendar, page by page; the cursor is saved when everything before it was."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from xrm_platform.providers import BadResponse, Change, ChangePage, RemoteEvent, Removed

from . import event_queries, queries
from .deletions import settle_missing
from .taking import UID_TWICE, take
from .work import Work

CHUNK = 500
"""Changes that one transaction takes: so many that what it costs by itself is little, so few that others can write in
between."""

AHEAD = 5
"""Pages that are read while those before them are taken in."""

CURSOR_LASTS = timedelta(days=7)
"""How long changes are asked for before everything is compared once more."""

MOST_PAGES = 20_000
KNOWN_FEW = 3


class Pull:
    """One reading of the calendar of a link."""

    def __init__(
        self,
        work: Work,
        cursor: str | None,
        pass_no: int,
        *,
        known: int,
        before_end: Callable[[Work], Awaitable[None]] | None = None,
    ) -> None:
        """`known` is how many events of the calendar were known before, once everything was read at least once;
        `before_end` is called when all was read, before the cursor is saved."""
        self.cursor = cursor
        self._work = work
        self._before_end = before_end
        self._pass = pass_no + 1
        self._known = known
        self._postponed: list[Change] = []
        self._named = 0
        self._complete = False

    @property
    def pass_no(self) -> int:
        """The number of the last full listing."""
        return self._pass if self._complete else self._pass - 1

    async def run(self) -> None:
        """Raises a `ProviderError` for a listing that cannot be read to its end; then the cursor stays what it was, and
        nothing counts as gone."""
        pages: asyncio.Queue[ChangePage | None] = asyncio.Queue(AHEAD)
        reading = asyncio.create_task(self._read_ahead(pages))
        try:
            while (page := await _what_came(pages)) is not None:
                await self._take(page)
            await reading
        finally:
            await _ended(reading)
        await self._end()

    async def _read_ahead(self, pages: asyncio.Queue[ChangePage | None]) -> None:
        """All pages, then None, also after a failure: what came before it is taken in."""
        try:
            async with contextlib.aclosing(self._pages()) as told:
                async for page in told:
                    await pages.put(page)
        except Exception:
            await pages.put(None)
            raise
        await pages.put(None)

    async def _pages(self) -> AsyncGenerator[ChangePage]:
        calendar, cursor = self._work.link.calendar, self.cursor
        previous: Sequence[Change] = ()
        number = 0
        told = self._work.driver.pages("changes", lambda driver: driver.changes(calendar, cursor))
        async with contextlib.aclosing(cast("AsyncGenerator[ChangePage]", told)) as pages:
            async for page in pages:
                number += 1
                if number > MOST_PAGES or (page.changes and page.changes == previous):
                    raise BadResponse("listing_repeats")
                previous = page.changes
                yield page
                if page.cursor is not None:
                    self.cursor = page.cursor
                    return
        raise BadResponse("listing_without_end")

    async def _take(self, page: ChangePage) -> None:
        if page.complete and not self._complete:
            self._complete = True
            await self._write_link({"pass_no": self._pass})
        self._named += sum(not isinstance(change, Removed) for change in page.changes)
        changes: Sequence[Change] = page.changes
        if self._complete and self._known >= KNOWN_FEW:
            changes = await self._known_ones(changes)
        for start in range(0, len(changes), CHUNK):
            await take(self._work, changes[start : start + CHUNK], self.pass_no)

    async def _known_ones(self, changes: Sequence[Change]) -> Sequence[Change]:
        """Those whose events are known. The others wait until it is sure that this is still the same calendar."""
        link = self._work.link
        refs = [change.ref for change in changes]
        known: set[str | None] = set()
        async with self._work.store.read() as session:
            for start in range(0, len(refs), CHUNK):
                rows = await event_queries.by_refs(
                    session, base_id=link.base_id, link_id=link.id, refs=refs[start : start + CHUNK]
                )
                known |= {row.ref for row in rows}
        self._postponed += [change for change in changes if change.ref not in known]
        return [change for change in changes if change.ref in known]

    async def _end(self) -> None:
        link = self._work.link
        if self._complete:
            await self._require_the_same_calendar()
            async with self._work.transaction() as session:
                await event_queries.mark_unseen(session, base_id=link.base_id, link_id=link.id, pass_no=self._pass)
            for start in range(0, len(self._postponed), CHUNK):
                await take(self._work, self._postponed[start : start + CHUNK], self._pass)
        else:
            await self._look_for_never_listed()
        if await settle_missing(self._work, all_at_once=self._complete and not self._named):
            await self._take_again()
        if self._before_end is not None:
            await self._before_end(self._work)
        values: dict[str, Any] = {"cursor": self.cursor}
        if self._complete:
            values["cursor_at"] = self._work.now()
        await self._write_link(values)

    async def _require_the_same_calendar(self) -> None:
        """Raises `BadResponse` when a full listing names other events and none of those that were known."""
        link = self._work.link
        if self._known < KNOWN_FEW or not self._named:
            return
        async with self._work.store.read() as session:
            if await event_queries.any_seen(session, base_id=link.base_id, link_id=link.id, pass_no=self._pass):
                return
        if not await self._same_uids():
            raise BadResponse("other_calendar")

    async def _same_uids(self) -> bool:
        """Whether any event that came has a known UID: a server may have given all of them new names."""
        link = self._work.link
        uids = [change.uid for change in self._postponed if isinstance(change, RemoteEvent)]
        async with self._work.store.read() as session:
            for start in range(0, len(uids), CHUNK):
                part = uids[start : start + CHUNK]
                if await event_queries.events_by_uid(session, base_id=link.base_id, owner_id=link.owner_id, uids=part):
                    return True
        return False

    async def _look_for_never_listed(self) -> None:
        """What we made since the last listing, and this one does not name, may have been deleted at once."""
        link = self._work.link
        async with self._work.store.read() as session:
            rows = await event_queries.never_listed(session, base_id=link.base_id, link_id=link.id)
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            refs = [row.ref for row in part if row.ref is not None]
            there = {event.ref for event in await self._fetched(refs)}
            async with self._work.transaction() as session:
                for row in await event_queries.by_ids(session, base_id=link.base_id, ids=[row.id for row in part]):
                    row.seen_pass, row.missing = self.pass_no, row.ref not in there

    async def _take_again(self) -> None:
        """What had to wait because its UID was still that of another event, which may be gone by now."""
        link = self._work.link
        async with self._work.store.read() as session:
            refs = await event_queries.parked_refs(
                session, base_id=link.base_id, link_id=link.id, reason=UID_TWICE, limit=CHUNK
            )
        if refs:
            await take(self._work, await self._fetched(refs), self.pass_no)

    async def _fetched(self, refs: Sequence[str]) -> Sequence[RemoteEvent]:
        calendar = self._work.link.calendar
        found: Sequence[RemoteEvent] = await self._work.driver.call(
            "fetch", lambda driver: driver.fetch(calendar, refs)
        )
        return found

    async def _write_link(self, values: dict[str, Any]) -> None:
        link = self._work.link
        async with self._work.transaction() as session:
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values=values)


async def _what_came(pages: asyncio.Queue[ChangePage | None]) -> ChangePage | None:
    """The next page, together with those that came meanwhile, as far as one transaction takes them; None after all."""
    page = await pages.get()
    while page is not None and len(page.changes) < CHUNK and not pages.empty():
        following = pages.get_nowait()
        if following is None:
            pages.put_nowait(None)
            break
        page = ChangePage((*page.changes, *following.changes), following.cursor, page.complete or following.complete)
    return page


async def _ended(task: asyncio.Task[None]) -> None:
    """Reading of which nobody takes any more."""
    if not task.done():
        task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
