"""Copies of what was sent, put into the folder of sent mail where the server does not do so itself.

That a copy cannot be put there says nothing about the message: it was sent. Of a mailing nobody wants thousands of
copies.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.messaging import queries as message_queries
from xrm_platform.messaging.retry import BACK_OFF
from xrm_platform.messaging.sendables import Claimed, Sendables, read_claimed
from xrm_platform.messaging.sources import Source, Sources
from xrm_platform.messaging.tables import Message
from xrm_platform.providers import Capability, Category, OutgoingMail, ProviderError, TransientError
from xrm_platform.store import Store, new_id

from . import queries
from .tables import SentCopy

BATCH = 20


class Copies:
    def __init__(
        self, store: Store, sources: Sources, sendables: Sendables, wake: Wake, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._sources = sources
        self._sendables = sendables
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Wake what is due."""
        async with self._store.read() as session:
            accounts = await queries.accounts_with_due_copies(session, now=self._now())
        for account_id in accounts:
            self._wake(f"copy {account_id}")

    async def run(self, account_id: str) -> None:
        """The job `copy`: put what is due into the account's folder of sent mail."""
        source = await self._sources.open(account_id)
        if source is None or Capability.SENT_COPY not in source.driver.descriptor.capabilities:
            return
        base_id = source.account.base_id
        async with self._store.read() as session:
            due = await queries.due_copies(
                session, base_id=base_id, account_id=account_id, now=self._now(), limit=BATCH
            )
            messages = [await _message(session, base_id, copy) for copy in due]
            claimed = await read_claimed(session, base_id=base_id, messages=messages)
        for copy, one in zip(due, claimed, strict=True):
            await self._file(source, copy, one)
        if len(due) == BATCH:
            self._wake(f"copy {account_id}")

    async def _file(self, source: Source, copy: SentCopy, claimed: Claimed) -> None:
        if claimed.message.purged_at is not None or claimed.message.category == Category.MARKETING:
            async with self._store.write() as session:
                await queries.finish_copy(session, base_id=copy.base_id, message_id=copy.message_id)
            return
        sendable = await self._sendables.complete(claimed)
        error = sendable.error
        for mail in sendable.outgoing:
            error = await _filed(source, mail)
        attempts = copy.attempts + 1
        async with self._store.write() as session:
            if isinstance(error, TransientError) and attempts <= len(BACK_OFF):
                due_at = self._now() + BACK_OFF[attempts - 1]
                await queries.postpone_copy(
                    session, base_id=copy.base_id, message_id=copy.message_id, due_at=due_at, attempts=attempts
                )
                return
            await queries.finish_copy(session, base_id=copy.base_id, message_id=copy.message_id)
            await message_queries.add_events(session, base_id=copy.base_id, events=[self._event(claimed, error)])

    def _event(self, claimed: Claimed, error: ProviderError | None) -> dict[str, Any]:
        detail: dict[str, Any] = {"code": "copied_to_sent"}
        if error is not None:
            detail = {
                "code": "not_copied_to_sent",
                "reason": error.code,
                "params": error.params,
                "detail": error.detail,
            }
        return {
            "id": new_id(),
            "message_id": claimed.message.id,
            "at": self._now(),
            "state": claimed.message.state,
            "detail": detail,
        }


async def _filed(source: Source, mail: Any) -> ProviderError | None:
    try:
        await source.driver.call("file_sent", partial(_file_sent, mail))
    except ProviderError as error:
        return error
    return None


def _file_sent(mail: OutgoingMail, driver: Any) -> Awaitable[None]:
    """It is looked for before it is put there, so a lost answer is an ordinary failure."""
    filed: Awaitable[None] = driver.file_sent(mail)
    return filed


async def _message(session: AsyncSession, base_id: str, copy: SentCopy) -> Message:
    found = await message_queries.message(session, base_id=base_id, message_id=copy.message_id)
    assert found is not None  # noqa: S101 - the row of a copy refers to it
    return found
