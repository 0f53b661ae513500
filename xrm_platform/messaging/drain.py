"""One run over the messages of an account that are due.

A message is claimed and committed as `sending` before its provider hears of it, and what came of it is committed before
anything else is done with it. While calls are under way, the results that have arrived are written together, and the
same transaction claims what follows: one commit serves as many messages as there are results.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.problems import Unavailable
from xrm_platform.providers import (
    Capability,
    OutgoingMail,
    OutgoingSms,
    ProviderError,
    SendResult,
    TransientError,
)
from xrm_platform.registry import DriverClosed, Notices
from xrm_platform.store import Store

from . import claiming
from . import delivery_queries as queries
from .answers import Answer, matched, settled
from .drafts.keeping import Kept, stored
from .limits.allowance import Allowance, allowed, count
from .outcomes import Outcome, Terms
from .pace import Pace
from .retry import NotHandedOver
from .rules.admission import Gate, Passed
from .sendables import Claimed, Sendable, Sendables, read_claimed
from .sources import Source
from .states import State
from .writing import write_outcomes

log = structlog.get_logger("xrm.messaging")

TRY_AGAIN_SECONDS = 0.2
"""After which a result is tried to be written again that the database did not take."""


@dataclass(frozen=True, slots=True)
class Worker:
    """What every run of one process works with. `owner` names the process in its leases, which last `lease`."""

    store: Store
    sendables: Sendables
    gate: Gate
    notices: Notices
    now: Callable[[], datetime]
    owner: str
    lease: timedelta
    stopping: asyncio.Event


class Drain:
    """`run` once. Afterwards `rest` is how long the account has to rest, `full` when its limits leave room again,
    `suspend` why it cannot go on at all."""

    def __init__(self, worker: Worker, source: Source, pace: Pace) -> None:
        self.rest: timedelta | None = None
        self.suspend: ProviderError | None = None
        self.full: timedelta | None = None
        self._worker = worker
        self._source = source
        self._base_id = source.account.base_id
        self._account_id = source.account.id
        self._pace = pace
        self._limits = source.driver.descriptor.limits
        capabilities = source.driver.descriptor.capabilities
        self._terms = Terms(
            idempotent=Capability.IDEMPOTENT_SEND in capabilities, reports=Capability.DELIVERY_REPORTS in capabilities
        )
        self._claimed: dict[str, None] = {}
        """The ids of what the provider has not been offered."""
        self._ready: deque[Sendable] = deque()
        self._calls: dict[asyncio.Task[Sequence[Answer]], Sequence[Sendable]] = {}
        self._finished: list[tuple[Sequence[Sendable], Sequence[Answer]]] = []
        """What has arrived and is not written yet."""
        self._drafts: dict[str, Kept] = {}
        """By message, what of it became a draft."""
        self._leased_until = worker.now() + worker.lease
        self._nothing_due = False
        self._driver_closed = False

    async def run(self) -> None:
        """Until nothing is due any more, or the account has to rest or to stop."""
        try:
            await self._claim_more(await self._write())
            while self._start_calls():
                await self._finished_calls()
                await self._claim_more(await self._write())
        finally:
            await self._leave()

    @property
    def _halted(self) -> bool:
        broken_off = self._worker.stopping.is_set() or self._driver_closed
        return broken_off or self.rest is not None or self.suspend is not None

    def _start_calls(self) -> bool:
        """Keep every connection busy; whether any is."""
        while self._ready and len(self._calls) < self._limits.connections and not self._halted:
            batch = self._next_batch()
            for sendable in batch:
                del self._claimed[sendable.attempt.message_id]
            self._calls[asyncio.create_task(self._hand_over(batch))] = batch
        return bool(self._calls)

    def _next_batch(self) -> Sequence[Sendable]:
        """Whole messages up to the provider's limit, at least one."""
        batch = [self._ready.popleft()]
        size = len(batch[0].outgoing)
        while self._ready and size + len(self._ready[0].outgoing) <= self._limits.batch:
            batch.append(self._ready.popleft())
            size += len(batch[-1].outgoing)
        return batch

    async def _hand_over(self, batch: Sequence[Sendable]) -> Sequence[Answer]:
        """Call the driver; a message to more numbers than it takes at once goes in several calls."""
        outgoing = [one for sendable in batch for one in sendable.outgoing]
        answers: list[Answer] = []
        for start in range(0, len(outgoing), self._limits.batch):
            part = outgoing[start : start + self._limits.batch]
            await self._pace.wait(len(part))
            answers.extend([NotHandedOver()] * len(part) if self._halted else await self._send(part))
        return answers

    async def _send(self, part: Sequence[OutgoingMail | OutgoingSms]) -> Sequence[Answer]:
        if self._worker.now() >= self._leased_until:
            # The database could not be reached for so long that another worker may have taken these messages.
            return [TransientError("lease_lost")] * len(part)
        try:
            results: Sequence[SendResult] = await self._source.driver.call(
                "send", lambda driver: driver.send(part), effect=True
            )
        except DriverClosed:
            self._driver_closed = True
            return [NotHandedOver()] * len(part)
        except ProviderError as error:
            return [error] * len(part)
        return [await self._kept(answer) for answer in matched(part, results)]

    async def _kept(self, answer: Answer) -> Answer:
        """The answer, with what it handed over stored."""
        told, draft = await stored(answer, self._worker.sendables.files)
        if draft is not None and isinstance(told, SendResult):
            self._drafts[told.id] = draft
        return told

    async def _finished_calls(self) -> None:
        """Wait for what arrives, at least one call's; while nothing does, the leases are renewed."""
        while True:
            done, _ = await asyncio.wait(
                self._calls, timeout=self._worker.lease.total_seconds() / 3, return_when=asyncio.FIRST_COMPLETED
            )
            if done:
                self._finished += [(self._calls.pop(task), task.result()) for task in done]
                self._start_calls()
                return
            try:
                async with self._worker.store.write() as session:
                    await self._renew_leases(session)
            except Unavailable as problem:
                log.warning("leases not renewed", account=self._account_id, code=problem.code)

    async def _write(self) -> Sequence[Claimed]:
        """Commit what has arrived and claim what follows, in one transaction.

        What a provider answered is known to nobody else: while the database does not take it, it is tried again for as
        long as a lease lasts.
        """
        patience = asyncio.get_running_loop().time() + self._worker.lease.total_seconds()
        while True:
            try:
                return await self._write_once()
            except Unavailable as problem:
                if not self._finished or asyncio.get_running_loop().time() >= patience:
                    raise
                log.warning("results not written yet", account=self._account_id, code=problem.code)
                await asyncio.sleep(TRY_AGAIN_SECONDS)

    async def _write_once(self) -> Sequence[Claimed]:
        now = self._worker.now()
        outcomes = [
            outcome for batch, answers in self._finished for outcome in settled(batch, answers, self._terms, now)
        ]
        self._heed(outcomes)
        async with self._worker.store.write() as session:
            written = await write_outcomes(
                session,
                base_id=self._base_id,
                account_id=self._account_id,
                owner=self._worker.owner,
                outcomes=outcomes,
                drafts=self._drafts,
                now=now,
            )
            if self._leased_until - now < self._worker.lease * 2 / 3:
                await self._renew_leases(session)
            passed = await self._claim(session, now)
        self._finished.clear()
        for outcome in outcomes:
            self._drafts.pop(outcome.message_id, None)
        self._claimed.update((one.message.id, None) for one in passed.going)
        changed = [*((outcome.message_id, outcome.state) for outcome in written), *passed.stopped]
        self._worker.notices.post(self._source.base_code, "message", changed)
        return passed.going

    def _heed(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.rest is not None:
                self.rest = max(outcome.rest, self.rest or outcome.rest)
            if outcome.suspend is not None:
                self.suspend = outcome.suspend

    async def _claim(self, session: AsyncSession, now: datetime) -> Passed:
        # Nothing is claimed before there is a connection for it: what a crash leaves unknown is what was being sent.
        under_way = len(self._ready) + sum(len(batch) for batch in self._calls.values())
        room = self._limits.connections * self._limits.batch - under_way
        if self._halted or self._nothing_due or room < 1:
            return Passed()
        allowance = await allowed(session, base_id=self._base_id, account_id=self._account_id, now=now)
        if allowance.limited:
            room = await self._room_within(session, allowance, room, now)
            if room < 1:
                self._nothing_due = True
                return Passed()
        messages = await claiming.claim(
            session,
            base_id=self._base_id,
            account_id=self._account_id,
            rev=self._source.account.rev,
            owner=self._worker.owner,
            now=now,
            lease_until=self._leased_until,
            limit=room,
        )
        self._nothing_due = not messages
        passed = await self._worker.gate.passed(
            session,
            base_id=self._base_id,
            provider=self._source.driver.descriptor,
            claimed=await read_claimed(session, base_id=self._base_id, messages=messages),
            now=now,
        )
        if allowance.limited and passed.going:
            going = sum(row.state == State.SENDING for one in passed.going for row in one.recipients)
            await count(session, base_id=self._base_id, account_id=self._account_id, recipients=going, now=now)
        return passed

    async def _room_within(self, session: AsyncSession, allowance: Allowance, room: int, now: datetime) -> int:
        """For how many of the next messages the limits leave room; they count recipients."""
        sizes = await claiming.sizes_of_due(
            session, base_id=self._base_id, account_id=self._account_id, now=now, limit=room
        )
        fitting = allowance.fitting(sizes)
        if sizes and not fitting:
            self.full = allowance.wait_for(sizes[0])
        return fitting

    async def _claim_more(self, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            self._ready.append(await self._worker.sendables.complete(one))

    async def _renew_leases(self, session: AsyncSession) -> None:
        self._leased_until = self._worker.now() + self._worker.lease
        await queries.renew_leases(
            session,
            base_id=self._base_id,
            account_id=self._account_id,
            owner=self._worker.owner,
            lease_until=self._leased_until,
        )

    async def _leave(self) -> None:
        """Write what calls still under way give, and give back what was not handed over."""
        self._nothing_due = True
        if self._calls:
            await asyncio.wait(self._calls)
            self._finished += [(batch, task.result()) for task, batch in self._calls.items()]
            self._calls.clear()
        try:
            if self._finished:
                await self._write()
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        if not self._claimed:
            return
        async with self._worker.store.write() as session:
            await queries.release(
                session,
                base_id=self._base_id,
                owner=self._worker.owner,
                message_ids=list(self._claimed),
                now=self._worker.now(),
            )
