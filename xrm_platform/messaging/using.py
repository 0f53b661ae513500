"""What keeps an account from being removed: messages that wait to go by it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .bulk.states import JobState
from .bulk.tables import BulkJob
from .states import UNDER_WAY
from .tables import Message


async def messages_wait(session: AsyncSession, *, base_id: str, account_id: str) -> str | None:
    """A `Use` of accounts: messages that are held, queued or on their way, and bulk jobs that are not at their end or
    that nobody has started yet."""
    waiting = select(Message.id).where(
        Message.base_id == base_id, Message.account_id == account_id, Message.state.in_(UNDER_WAY)
    )
    jobs = select(BulkJob.id).where(BulkJob.base_id == base_id, BulkJob.account_id == account_id)
    running = jobs.where(BulkJob.state.in_([JobState.RUNNING, JobState.PAUSED]))
    if await session.scalar(select(waiting.exists() | running.exists())):
        return "account_in_use"
    drafts = jobs.where(BulkJob.state.in_([JobState.PREPARING, JobState.DRAFT]))
    return "account_of_bulk_draft" if await session.scalar(select(drafts.exists())) else None
