"""Ask vendors for what came in, because a call may be lost; and tell them who asked to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from xrm_platform.accounts.connections import Connections
from xrm_platform.jobs import Wake
from xrm_platform.messaging.sources import Source, Sources
from xrm_platform.messaging.troubles import Troubles
from xrm_platform.providers import (
    Capability,
    Channel,
    ConsentNeeded,
    InboundSms,
    OptedOut,
    PermanentError,
    ProviderError,
)
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import queries
from .mail.polling import MailPolling
from .mail.watching import Watching
from .pushes import write_down

EVERY = timedelta(minutes=5)
OVERLAP = timedelta(hours=24)
"""How far before the last time is asked again: a message can show late at the vendor. What is known is known by key."""

BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Before any vendor's first message."""

KEEP_CALLS = timedelta(days=30)

log = structlog.get_logger("xrm.messaging")


class Polling:
    def __init__(
        self,
        store: Store,
        sources: Sources,
        connections: Connections,
        troubles: Troubles,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        mail: MailPolling,
        watching: Watching,
    ) -> None:
        self._store = store
        self._sources = sources
        self._connections = connections
        self._troubles = troubles
        self._notices = notices
        self._wake = wake
        self._now = now
        self._mail = mail
        self._watching = watching
        self._begins = False

    def start(self) -> None:
        """This process works on: look at every mailbox once, then wait for what comes in."""
        self._begins = True
        self._watching.start()

    async def stop(self) -> None:
        """Wait for nothing more."""
        await self._watching.stop()

    async def tick(self) -> None:
        """Wake what is due, and forget calls of long ago."""
        now = self._now()
        async with self._store.read() as session:
            to_ask: Collection[str] = await queries.accounts_to_ask(session, what="inbox", before=now - EVERY)
            if self._begins:
                to_ask = {*to_ask, *await queries.mail_accounts(session)}
            called = await queries.accounts_with_waiting_calls(session)
        self._begins = False
        for account_id in to_ask:
            self._wake(f"inbox {account_id}")
        for account_id in called:
            self._wake(f"push {account_id}")
        async with self._store.write() as session:
            await queries.forget_calls(session, before=now - KEEP_CALLS)

    async def ask(self, account_id: str) -> None:
        """The job `inbox`: what came in for an account since the last time, and who opted out."""
        source = await self._sources.open(account_id, sending=False)
        if source is None or source.account.suspended:
            self._watching.end(account_id)
            return
        if self._mail.rests(source):
            return
        now = self._now()
        base_id = source.account.base_id
        async with self._store.read() as session:
            asked = await queries.asked(session, base_id=base_id, account_id=account_id, what="inbox")
        answered_at = None if asked is None else asked.answered_at
        answered = True
        try:
            if source.account.channel == Channel.MAIL:
                await self._mail.ask(source)
            else:
                await self._ask_for_sms(source, answered_at, now)
            if asked is not None and asked.answered_at != asked.at:
                await self._connections.note_health(source.account)
        except ProviderError as error:
            answered = False
            if source.account.channel == Channel.SMS or isinstance(error, ConsentNeeded):
                await self._troubles.note(source.account, error)
            else:  # its mailbox rests, and mail may still go
                await self._connections.note_health(source.account, error)
        async with self._store.write() as session:
            await queries.note_asked(
                session, base_id=base_id, account_id=account_id, what="inbox", at=now, answered=answered
            )

    async def _ask_for_sms(self, source: Source, answered_at: datetime | None, now: datetime) -> None:
        told = await self._told(source, answered_at)
        await write_down(self._store, self._notices, source, told, now)
        await self._tell_stops(source)

    async def _told(self, source: Source, answered_at: datetime | None) -> list[InboundSms | OptedOut]:
        """Who opted out is asked from the beginning the first time: a vendor may have known it for years."""
        since = (answered_at or source.account.created_at) - OVERLAP
        capabilities = source.driver.descriptor.capabilities
        told: list[InboundSms | OptedOut] = []
        if Capability.INBOUND in capabilities:
            inbox: Sequence[InboundSms] = await source.driver.call("inbox", lambda driver: driver.inbox(since))
            told.extend(inbox)
        if Capability.OPT_OUTS in capabilities:
            begin = BEGINNING if answered_at is None else since
            out: Sequence[OptedOut] = await source.driver.call("opt_outs", lambda driver: driver.opt_outs(begin))
            told.extend(out)
        return told

    async def _tell_stops(self, source: Source) -> None:
        base_id = source.account.base_id
        async with self._store.read() as session:
            stops = await queries.stops_to_tell(session, base_id=base_id, account_id=source.account.id)
        for inbound_id, number in stops:
            if Capability.ADD_OPT_OUT in source.driver.descriptor.capabilities:
                await _tell_stop(source, number)
            async with self._store.write() as session:
                await queries.note_told(session, base_id=base_id, ids=[inbound_id])


async def _tell_stop(source: Source, number: str) -> None:
    """What the vendor will never take, an answer that came from no number, must not keep the others from being told."""
    try:
        await source.driver.call("add_opt_out", partial(_add_opt_out, number))
    except PermanentError as error:
        log.warning("the vendor takes no opt-out of a number", account=source.account.id, code=error.code)


def _add_opt_out(number: str, driver: Any) -> Awaitable[None]:
    """Telling it twice changes nothing, so a lost answer is an ordinary failure."""
    told: Awaitable[None] = driver.add_opt_out(number)
    return told
