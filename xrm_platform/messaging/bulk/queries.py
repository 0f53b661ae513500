"""All SQL of bulk jobs and selections. Every query takes the base, but for those by which jobs are found and woken."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageRecipient

from .states import JobState, RowState
from .tables import BulkJob, BulkRow, Selection

STEP = 500
"""Rows of one statement where ids are named."""


async def job(session: AsyncSession, *, base_id: str, job_id: str, for_update: bool = False) -> BulkJob | None:
    """`for_update` locks it until the transaction ends."""
    query = select(BulkJob).where(BulkJob.base_id == base_id, BulkJob.id == job_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def job_to_run(session: AsyncSession, *, job_id: str) -> BulkJob | None:
    """A job that is running, of any base: the name of the work says no more."""
    return await session.scalar(select(BulkJob).where(BulkJob.id == job_id, BulkJob.state == JobState.RUNNING))


async def jobs(
    session: AsyncSession, *, base_id: str, senders: Collection[str] | None, before: str | None, limit: int
) -> Sequence[BulkJob]:
    """Newest first; `senders` None means everybody's."""
    query = select(BulkJob).where(BulkJob.base_id == base_id).order_by(BulkJob.id.desc()).limit(limit)
    if senders is not None:
        query = query.where(BulkJob.sender_id.in_(senders))
    if before is not None:
        query = query.where(BulkJob.id < before)
    return (await session.scalars(query)).all()


async def jobs_in(session: AsyncSession, *, base_id: str, state: JobState) -> frozenset[str]:
    """The ids of the base's jobs in a state."""
    query = select(BulkJob.id).where(BulkJob.base_id == base_id, BulkJob.state == state)
    return frozenset(await session.scalars(query))


async def stopped_jobs(session: AsyncSession, *, base_id: str, job_ids: Collection[str]) -> dict[str, JobState]:
    """Those of the jobs that are paused or cancelled."""
    query = select(BulkJob.id, BulkJob.state).where(
        BulkJob.base_id == base_id,
        BulkJob.id.in_(job_ids),
        BulkJob.state.in_((JobState.PAUSED, JobState.CANCELLED)),
    )
    return {job_id: JobState(state) for job_id, state in await session.execute(query)}


async def in_cancelled_job(session: AsyncSession, message: Message) -> bool:
    if message.bulk_id is None:
        return False
    stopped = await stopped_jobs(session, base_id=message.base_id, job_ids=[message.bulk_id])
    return stopped.get(message.bulk_id) is JobState.CANCELLED


async def of_all_bases(session: AsyncSession, *, state: JobState) -> Sequence[BulkJob]:
    """Jobs in a state, of any base. For the tick, which wakes and ends them."""
    return (await session.scalars(select(BulkJob).where(BulkJob.state == state))).all()


async def add_rows(session: AsyncSession, *, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(insert(BulkRow), [dict(row) for row in rows])


async def rows(
    session: AsyncSession, *, base_id: str, job_id: str, state: str | None, after: int, limit: int
) -> Sequence[BulkRow]:
    """In their order, those behind the position `after`."""
    query = select(BulkRow).where(BulkRow.base_id == base_id, BulkRow.job_id == job_id, BulkRow.position > after)
    if state is not None:
        query = query.where(BulkRow.state == state)
    return (await session.scalars(query.order_by(BulkRow.position).limit(limit))).all()


async def still_ready(session: AsyncSession, *, job_id: str, positions: Collection[int]) -> frozenset[int]:
    """Those of the rows that nobody has made a message of."""
    query = select(BulkRow.position).where(
        BulkRow.job_id == job_id, BulkRow.position.in_(positions), BulkRow.state == RowState.READY
    )
    return frozenset(await session.scalars(query))


async def is_any_ready(session: AsyncSession, *, job_id: str) -> bool:
    query = select(BulkRow.position).where(BulkRow.job_id == job_id, BulkRow.state == RowState.READY).limit(1)
    return await session.scalar(query) is not None


async def mark_rows(session: AsyncSession, *, job_id: str, marks: Sequence[Mapping[str, Any]]) -> None:
    """Write what became of rows, and forget their texts. Keys: `position`, `state`, `code`, `params`, `message_id`."""
    if not marks:
        return
    table = BulkRow.__table__
    names = ("state", "code", "params", "message_id")
    statement = (
        update(BulkRow)
        .where(table.c.job_id == job_id, table.c.position == bindparam("at_position"))
        .values(subject="", text="", html=None, **{name: bindparam(f"new_{name}") for name in names})
    )
    connection = await session.connection()
    await connection.execute(
        statement,
        [{"at_position": mark["position"], **{f"new_{name}": mark[name] for name in names}} for mark in marks],
    )


async def cancel_ready_rows(session: AsyncSession, *, base_id: str, job_id: str) -> None:
    await session.execute(
        update(BulkRow)
        .where(BulkRow.base_id == base_id, BulkRow.job_id == job_id, BulkRow.state == RowState.READY)
        .values(state=RowState.CANCELLED, subject="", text="", html=None)
    )


async def delete_job(session: AsyncSession, *, base_id: str, job_id: str) -> None:
    """With its rows, of which none has become a message."""
    await session.execute(delete(BulkRow).where(BulkRow.base_id == base_id, BulkRow.job_id == job_id))
    await session.execute(delete(BulkJob).where(BulkJob.base_id == base_id, BulkJob.id == job_id))


async def row_states(session: AsyncSession, *, job_ids: Collection[str]) -> Sequence[tuple[str, str, int]]:
    """(job, state, how many rows)."""
    query = select(BulkRow.job_id, BulkRow.state, func.count()).where(BulkRow.job_id.in_(job_ids))
    found = await session.execute(query.group_by(BulkRow.job_id, BulkRow.state))
    return [(job_id, state, count) for job_id, state, count in found]


async def message_states(session: AsyncSession, *, job_ids: Collection[str]) -> Sequence[tuple[str, str, int]]:
    """(job, state, how many messages)."""
    query = select(Message.bulk_id, Message.state, func.count()).where(Message.bulk_id.in_(job_ids))
    found = await session.execute(query.group_by(Message.bulk_id, Message.state))
    return [(job_id or "", state, count) for job_id, state, count in found]


async def is_under_way(
    session: AsyncSession, *, base_id: str, job_id: str, states: Collection[State], unknown_since: datetime | None
) -> bool:
    """Whether a message of the job is in one of `states`, or `unknown` and may still be settled: since then."""
    mine = select(Message.id).where(Message.base_id == base_id, Message.bulk_id == job_id)
    if await session.scalar(mine.where(Message.state.in_(states)).limit(1)) is not None:
        return True
    if unknown_since is None:
        return False
    lost = mine.where(Message.state == State.UNKNOWN, Message.due_at >= unknown_since)
    return await session.scalar(lost.limit(1)) is not None


async def failed_messages(session: AsyncSession, *, base_id: str, job_id: str) -> Sequence[tuple[str, str]]:
    """(message, address) of whom messages of the job did not reach, as far as their texts are still there; the messages
    are locked until the transaction ends."""
    query = (
        select(Message.id, MessageRecipient.address)
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .where(
            Message.base_id == base_id,
            Message.bulk_id == job_id,
            Message.state == State.FAILED,
            Message.purged_at.is_(None),
            MessageRecipient.base_id == base_id,
            MessageRecipient.state == State.FAILED,
        )
    )
    return [(message_id, address) for message_id, address in await session.execute(query.with_for_update(of=Message))]


async def report_rows(
    session: AsyncSession, *, base_id: str, job_id: str, after: int, limit: int
) -> Sequence[tuple[BulkRow, str | None, str | None, Mapping[str, Any] | None]]:
    """Rows in their order, each with the state and the error of whom its message went to."""
    query = (
        select(BulkRow, MessageRecipient.state, MessageRecipient.error_code, MessageRecipient.error_params)
        .outerjoin(
            MessageRecipient,
            (MessageRecipient.base_id == BulkRow.base_id)
            & (MessageRecipient.message_id == BulkRow.message_id)
            & (MessageRecipient.position == 0),
        )
        .where(BulkRow.base_id == base_id, BulkRow.job_id == job_id, BulkRow.position > after)
        .order_by(BulkRow.position)
        .limit(limit)
    )
    return [(row, state, code, params) for row, state, code, params in await session.execute(query)]


async def selections(session: AsyncSession, *, base_id: str, after: str | None, limit: int) -> Sequence[Selection]:
    """By name."""
    query = select(Selection).where(Selection.base_id == base_id).order_by(Selection.name).limit(limit)
    return (await session.scalars(query if after is None else query.where(Selection.name > after))).all()


async def selection(session: AsyncSession, *, base_id: str, name: str) -> Selection | None:
    return await session.scalar(select(Selection).where(Selection.base_id == base_id, Selection.name == name))
