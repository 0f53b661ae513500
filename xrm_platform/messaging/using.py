"""What keeps an account from being removed: messages that wait to go by it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk.states import JobState
from .bulk.tables import BulkJob
from .states import UNDER_WAY
from .tables import Message


async def messages_wait(session: AsyncSession, *, base_id: str, account_id: str) -> str | None:
    """A `Use` of accounts: messages that are held, queued or on their way, and mailings that are not at their end."""
    waiting = select(Message.id).where(
        Message.base_id == base_id, Message.account_id == account_id, Message.state.in_(UNDER_WAY)
    )
    mailings = select(BulkJob.id).where(
        BulkJob.base_id == base_id,
        BulkJob.account_id == account_id,
        BulkJob.state.in_([JobState.RUNNING, JobState.PAUSED]),
    )
    used = await session.scalar(select(waiting.exists() | mailings.exists()))
    return "account_in_use" if used else None
