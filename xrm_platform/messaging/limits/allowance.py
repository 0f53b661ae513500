"""How many more recipients an account may write to now, and when the next if none. Read from rows, so that neither a
restart nor a second process begins anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy.ext.asyncio import AsyncSession

from . import queries

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)

Counts = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an account may write to at `now`: within each `window` at most `most` recipients, of which `counts` went, by
    minutes, oldest first. Pure."""

    counts: Counts
    limits: Sequence[tuple[int, timedelta]]
    now: datetime

    @property
    def limited(self) -> bool:
        return bool(self.limits)

    @property
    def left(self) -> int:
        """How many more recipients now, by the narrowest limit."""
        return min(most - sum(recipients for _, recipients in self._within(window)) for most, window in self.limits)

    def fitting(self, sizes: Sequence[int]) -> int:
        """How many of the messages to so many recipients each may go now, in their order."""
        if not sizes:
            return 0
        left = self.left
        return sum(total <= left for total in accumulate(sizes)) or int(not self.wait_for(sizes[0]))

    def wait_for(self, recipients: int) -> timedelta:
        """How long until a message to so many may go, zero for now. One to more than a limit allows goes when nobody
        was written to within its window: it would never go otherwise."""
        return max(
            (self._wait(min(recipients, most), most, window) for most, window in self.limits), default=timedelta()
        )

    def _wait(self, recipients: int, most: int, window: timedelta) -> timedelta:
        within = self._within(window)
        left = most - sum(sent for _, sent in within)
        wait = timedelta()
        for at, sent in within:
            if left >= recipients:
                break
            left += sent
            wait = at + MINUTE + window - self.now
        return wait

    def _within(self, window: timedelta) -> Counts:
        return [(at, recipients) for at, recipients in self.counts if at + MINUTE + window > self.now]


async def allowed(session: AsyncSession, *, base_id: str, account_id: str, now: datetime) -> Allowance:
    """Locks the limit until the transaction ends, in which `count` follows."""
    limit = await queries.limit(session, base_id=base_id, account_id=account_id, for_update=True)
    if limit is None:
        return Allowance((), (), now)
    counts = await queries.counts(session, base_id=base_id, account_id=account_id, since=now - DAY - MINUTE)
    given = ((limit.hourly, HOUR), (limit.daily, DAY))
    return Allowance(counts, [(most, window) for most, window in given if most is not None], now)


async def count(session: AsyncSession, *, base_id: str, account_id: str, recipients: int, now: datetime) -> None:
    """Note that the account writes to `recipients` more."""
    minute = now.replace(second=0, microsecond=0)
    await queries.add(
        session,
        base_id=base_id,
        account_id=account_id,
        at=minute,
        recipients=recipients,
        keep_since=now - DAY - MINUTE,
    )
