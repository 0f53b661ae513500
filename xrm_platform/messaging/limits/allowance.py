"""How many more recipients an account may write to now, and when the next if none. Read from rows, so that neither a
restart nor a second process begins anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from . import queries

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)

Counts = Sequence[tuple[datetime, int]]


@dataclass(frozen=True, slots=True)
class Allowance:
    """`left` recipients now, None without a limit; `again` is how long to wait when none is left."""

    left: int | None = None
    again: timedelta = timedelta()


def allowance(counts: Counts, hourly: int | None, daily: int | None, now: datetime) -> Allowance:
    """By what was written in the minutes of `counts`, oldest first. Pure."""
    found = [_of(counts, limit, window, now) for limit, window in ((hourly, HOUR), (daily, DAY)) if limit is not None]
    if not found:
        return Allowance()
    return Allowance(min(one.left or 0 for one in found), max(one.again for one in found))


def _of(counts: Counts, limit: int, window: timedelta, now: datetime) -> Allowance:
    within = [(at, recipients) for at, recipients in counts if at + MINUTE + window > now]
    left = limit - sum(recipients for _, recipients in within)
    if left > 0:
        return Allowance(left)
    for at, recipients in within:
        left += recipients
        if left > 0:
            return Allowance(0, at + MINUTE + window - now)
    return Allowance(0, window)  # a limit of 0


async def allowed(session: AsyncSession, *, base_id: str, account_id: str, now: datetime) -> Allowance:
    """Locks the limit until the transaction ends, in which `count` follows."""
    limit = await queries.limit(session, base_id=base_id, account_id=account_id, for_update=True)
    if limit is None:
        return Allowance()
    counts = await queries.counts(session, base_id=base_id, account_id=account_id, since=now - DAY - MINUTE)
    return allowance(counts, limit.hourly, limit.daily, now)


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
