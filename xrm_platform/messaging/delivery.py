"""Deliver what is due: the handlers of the jobs `deliver`, `poll` and `tick`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from xrm_platform.accounts.preferences import sms_paused_meanwhile
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.jobs import Wake
from xrm_platform.providers import Capability, Channel
from xrm_platform.registry import Notices
from xrm_platform.store import Store, new_id

from . import delivery_queries as queries
from .drain import Drain, Worker
from .held import hold_queued
from .pace import Pace
from .recovery import Recovery
from .rules.admission import Gate
from .sendables import Sendables
from .sources import Sources
from .troubles import Troubles


class Delivery:
    """`lease` is how long this process may be silent before what it is sending counts as lost."""

    def __init__(
        self,
        store: Store,
        sources: Sources,
        troubles: Troubles,
        recovery: Recovery,
        sendables: Sendables,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        *,
        lease: timedelta,
    ) -> None:
        self._store = store
        self._sources = sources
        self._troubles = troubles
        self._recovery = recovery
        self._wake = wake
        self._now = now
        self._worker = Worker(store, sendables, Gate(), notices, now, new_id(), lease, asyncio.Event())
        self._paces: dict[str, Pace] = {}
        self._resting: dict[str, datetime] = {}

    def stop(self) -> None:
        """Let the calls under way end, and hand over nothing more."""
        self._worker.stopping.set()

    async def tick(self) -> None:
        """Find what nobody woke us for: messages and reports that are due, and what a dead worker left."""
        await self._recovery.run()
        now = self._now()
        async with self._store.read() as session:
            deliver = await queries.due_accounts(session, now=now)
            poll = await queries.accounts_with_due_reports(session, now=now)
        for account_id in deliver:
            self._wake(f"deliver {account_id}")
        for account_id in poll:
            self._wake(f"poll {account_id}")

    async def deliver(self, account_id: str) -> None:
        """Send what is due of the account, then ask to be woken when the next message is. An account whose vendor asked
        to wait is left alone until then, whoever wakes it."""
        rested_at = self._resting.get(account_id)
        if rested_at is not None and self._now() < rested_at:
            self._wake(f"deliver {account_id}", rested_at)
            return
        source = await self._sources.open(account_id)
        if source is None or await self._held(source.account):
            return
        account = source.account
        pace = self._paces.setdefault(
            account_id, Pace(source.driver.descriptor.limits.per_second, self._worker.stopping)
        )
        drain = Drain(self._worker, source, pace)
        await drain.run()
        if drain.rest is not None:
            self._resting[account_id] = self._now() + drain.rest
        if Capability.SENT_COPY in source.driver.descriptor.capabilities:
            self._wake(f"copy {account_id}")
        if drain.suspend is not None:
            await self._troubles.note(account, drain.suspend)
        elif not self._worker.stopping.is_set():
            await self._wake_for_the_next(account.base_id, account_id, drain.rest or drain.full)

    async def _held(self, account: ProviderAccount) -> bool:
        """Whether the base has paused SMS. What slipped into the queue meanwhile is held with the rest."""
        if account.channel != Channel.SMS:
            return False
        async with self._store.write() as session:
            if not await sms_paused_meanwhile(session, base_id=account.base_id):
                return False
            await hold_queued(session, base_id=account.base_id, actor="platform", now=self._now())
            return True

    async def _wake_for_the_next(self, base_id: str, account_id: str, rest: timedelta | None) -> None:
        async with self._store.read() as session:
            due = await queries.next_due(session, base_id=base_id, account_id=account_id)
        if due is not None:
            self._wake(f"deliver {account_id}", due if rest is None else max(due, self._now() + rest))
