"""Texts are deleted after the time that a base keeps them. Who wrote to whom, when, and what became of it stays."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.files import Files
from xrm_platform.people import audit
from xrm_platform.people.bases import operator_of
from xrm_platform.people.tables import Base
from xrm_platform.store import Store

from . import purge_queries as queries
from .settings import DAYS_KEPT

EVERY = timedelta(hours=1)
BATCH = 500
STORED_LATELY = timedelta(days=1)
"""A file that was stored within this time may belong to a message that is just being written."""

_Find = Callable[..., Awaitable[list[str]]]
_Empty = Callable[..., Awaitable[None]]


class Purge:
    def __init__(self, store: Store, files: Files, now: Callable[[], datetime]) -> None:
        self._store = store
        self._files = files
        self._now = now
        self._next: datetime | None = None

    async def tick(self) -> None:
        """Purge if an hour has passed since this process did."""
        now = self._now()
        if self._next is None or now >= self._next:
            self._next = now + EVERY
            await self.run()

    async def run(self) -> int:
        """Purge every base; how many messages lost their texts, those that went out and those that came in."""
        async with self._store.read() as session:
            bases = await queries.bases_with_days_kept(session)
        purged = 0
        for base, days, has_rules in bases:
            kept = days if has_rules else DAYS_KEPT
            if kept is not None:
                purged += await self._purge(base, self._now() - timedelta(days=kept))
        return purged

    async def _purge(self, base: Base, before: datetime) -> int:
        """Texts and files of what is from before `before` and not under way."""
        async with self._store.write() as session:
            jobs = await queries.bulk_jobs(session, base_id=base.id, before=before, limit=BATCH)
            await queries.purge_bulk_jobs(session, base_id=base.id, ids=jobs)
        purged = 0
        for action, find, empty in (
            ("messages.purged", queries.messages, queries.purge_messages),
            ("inbound.purged", queries.inbound, queries.purge_inbound),
        ):
            while some := await self._purge_some(base, before, action, find, empty):
                purged += some
        return purged

    async def _purge_some(self, base: Base, before: datetime, action: str, find: _Find, empty: _Empty) -> int:
        now = self._now()
        async with self._store.write() as session:
            ids = await find(session, base_id=base.id, before=before, limit=BATCH)
            if not ids:
                return 0
            await empty(session, base_id=base.id, ids=ids, at=now)
            unused = await _files_of_nobody_else(session, base.id, ids)
            audit.record(
                session,
                operator_of(base, "platform"),
                action=action,
                subject="messages",
                subject_id=base.code,
                changes={"count": [None, len(ids)], "before": [None, before.isoformat()]},
                at=now,
            )
        for sha256 in unused:
            await self._files.forget(sha256, unused_since=now - STORED_LATELY)
        return len(ids)


async def _files_of_nobody_else(session: AsyncSession, base_id: str, ids: Collection[str]) -> set[str]:
    files = await queries.files_of(session, base_id=base_id, ids=ids)
    return files - await queries.files_in_use(session, sha256s=files)
