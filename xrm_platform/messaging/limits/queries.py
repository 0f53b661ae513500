"""All SQL of sending limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import SendingCount, SendingLimit


async def limit(
    session: AsyncSession, *, base_id: str, account_id: str, for_update: bool = False
) -> SendingLimit | None:
    """`for_update`: whoever counts waits for those who count at this moment."""
    query = select(SendingLimit).where(SendingLimit.base_id == base_id, SendingLimit.account_id == account_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def counts(
    session: AsyncSession, *, base_id: str, account_id: str, since: datetime
) -> Sequence[tuple[datetime, int]]:
    """(minute, recipients), oldest first."""
    query = (
        select(SendingCount.at, SendingCount.recipients)
        .where(SendingCount.base_id == base_id, SendingCount.account_id == account_id, SendingCount.at > since)
        .order_by(SendingCount.at)
    )
    return [(at, recipients) for at, recipients in await session.execute(query)]


async def add(
    session: AsyncSession, *, base_id: str, account_id: str, at: datetime, recipients: int, keep_since: datetime
) -> None:
    """Count `recipients` in the minute `at`, and forget what is older than `keep_since`."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(SendingCount).values(
        base_id=base_id, account_id=account_id, at=at, recipients=recipients
    )
    more = SendingCount.recipients + statement.excluded.recipients
    keys = ["base_id", "account_id", "at"]
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_={"recipients": more}))
    await session.execute(
        delete(SendingCount).where(
            SendingCount.base_id == base_id, SendingCount.account_id == account_id, SendingCount.at <= keep_since
        )
    )
