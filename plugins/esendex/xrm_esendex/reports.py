"""Finding what became of many messages in few requests.

A listing runs from the newest message back, and whoever asks about a large mailing asks for the oldest first: they are
a hundred pages deep. So where the first page has none of them, the listing is narrowed to the time between the first
and the last of those that are asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Protocol

from . import listings, mapping
from .answers import Record

FEW = 5
"""Up to so many are asked for one by one; more are looked for in the listing first."""

WORTH_A_PAGE = 10
"""So many still looked for are worth reading a further page of the listing, or finding out where they lie in it."""

MOST_ALONE = 200
"""Requests for single messages in one call; the others are asked for the next time."""

TIME = 30.0
"""Seconds after which nothing more is asked: with the timeout of one request, no longer than the platform waits."""


class Single(Protocol):
    def __call__(self, reference: str) -> Awaitable[Record | None]:
        """The header of one message, None where there is none."""


class Listing(Protocol):
    def __call__(self, **between: str) -> AsyncGenerator[list[Record]]:
        """The pages of headers, newest first; `start` and `finish` narrow them."""


class Reports:
    """One search."""

    def __init__(self, single: Single, listing: Listing) -> None:
        self._single = single
        self._listing = listing
        self._wanted: Mapping[str, str] = {}
        self._found: dict[str, Record] = {}
        self._pages_left = 0
        self._until = asyncio.get_running_loop().time() + TIME

    async def of(self, references: Sequence[str]) -> Mapping[str, Record]:
        """The headers by reference as it was given, of those that were found."""
        self._wanted = {reference.lower(): reference for reference in references}
        if len(self._wanted) > FEW:
            self._pages_left = 1 + len(self._wanted) // WORTH_A_PAGE
            await self._read({}, patient=False)
            await self._look_where_they_lie()
        for id_ in self._missing()[:MOST_ALONE]:
            if self._late:
                break
            await self._ask(id_)
        return {reference: self._found[id_] for id_, reference in self._wanted.items() if id_ in self._found}

    async def _look_where_they_lie(self) -> None:
        """Narrow the listing to where the missing ones are, as often as that helps: a mailing is in one piece, what was
        tried again later in others."""
        while len(missing := self._missing()) >= WORTH_A_PAGE and self._pages_left > 0 and not self._late:
            ends = [at for id_ in (missing[0], missing[-1]) if (at := await self._ask(id_)) is not None]
            before = len(self._found)
            if ends:
                # Whole seconds, so that nothing is lost with their fractions.
                finish = max(ends) + timedelta(seconds=1)
                await self._read({"start": listings.written(min(ends)), "finish": listings.written(finish)})
            if len(self._found) == before:
                break

    async def _read(self, between: Mapping[str, str], *, patient: bool = True) -> None:
        """Pages of the listing until nearly all are found; without patience no further than a page that has none."""
        async with aclosing(self._listing(**between)) as listing:
            async for page in listing:
                fresh = {id_: header for header in page if (id_ := mapping.header_id(header)) in self._wanted}
                self._found.update(fresh)
                self._pages_left -= 1
                enough = len(self._wanted) - len(self._found) <= FEW
                if enough or not (fresh or patient) or self._pages_left <= 0 or self._late:
                    break

    async def _ask(self, id_: str) -> datetime | None:
        """Ask for one message; when it was taken, None where that is not told."""
        header = await self._single(self._wanted[id_])
        if header is None:
            return None
        self._found[id_] = header
        return listings.submitted_at(header)

    def _missing(self) -> list[str]:
        return [id_ for id_ in self._wanted if id_ not in self._found]

    @property
    def _late(self) -> bool:
        return asyncio.get_running_loop().time() >= self._until
