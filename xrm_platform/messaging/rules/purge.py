"""Texts are deleted after the time that a base keeps them. Who wrote to whom, when, and what became of it stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xrm_platform.messaging.files import Files
from xrm_platform.people import audit
from xrm_platform.people.bases import operator_of
from xrm_platform.people.tables import Base
from xrm_platform.store import Store

from . import queries
from .settings import DAYS_KEPT

EVERY = timedelta(hours=1)
BATCH = 500
STORED_LATELY = timedelta(days=1)
"""A file that was stored within this time may belong to a message that is just being written."""


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
        """Purge every base; how many messages lost their texts."""
        async with self._store.read() as session:
            bases = await queries.bases_with_days_kept(session)
        purged = 0
        for base, days, has_rules in bases:
            kept = days if has_rules else DAYS_KEPT
            if kept is not None:
                purged += await self._purge(base, self._now() - timedelta(days=kept))
        return purged

    async def _purge(self, base: Base, before: datetime) -> int:
        """Texts and attachments of messages made before `before` that are not under way."""
        purged = 0
        while ids := await self._purge_some(base, before):
            purged += len(ids)
        return purged

    async def _purge_some(self, base: Base, before: datetime) -> list[str]:
        now = self._now()
        async with self._store.write() as session:
            ids = await queries.purgeable(session, base_id=base.id, before=before, limit=BATCH)
            if not ids:
                return ids
            files = await queries.files_of(session, base_id=base.id, message_ids=ids)
            await queries.purge(session, base_id=base.id, message_ids=ids, at=now)
            unused = files - await queries.files_in_use(session, sha256s=files)
            audit.record(
                session,
                operator_of(base, "platform"),
                action="messages.purged",
                subject="messages",
                subject_id=base.code,
                changes={"count": [None, len(ids)], "before": [None, before.isoformat()]},
                at=now,
            )
        for sha256 in unused:
            await self._files.forget(sha256, unused_since=now - STORED_LATELY)
        return ids
