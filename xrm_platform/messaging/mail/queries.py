"""SQL of what holds mails together. Every query takes the base, but for the tick's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.providers import Channel
from xrm_platform.store import Record

from .tables import AddressInError, MailAnswer, MailReference, SentCopy


async def threads_of(
    session: AsyncSession, *, base_id: str, message_ids: Collection[str], for_update: bool = False
) -> dict[str, str]:
    """Thread by Message-ID, of those that are known; `for_update` locks them until the transaction ends."""
    query = select(MailReference.message_id, MailReference.thread_id).where(
        MailReference.base_id == base_id, MailReference.message_id.in_(message_ids)
    )
    if for_update:
        query = query.order_by(MailReference.message_id).with_for_update()
    return {row.message_id: row.thread_id for row in await session.execute(query)}


async def move_threads(session: AsyncSession, *, base_id: str, threads: Collection[str], into: str) -> None:
    await session.execute(
        update(MailReference)
        .where(MailReference.base_id == base_id, MailReference.thread_id.in_(threads))
        .values(thread_id=into)
    )


async def add_references(session: AsyncSession, *, base_id: str, message_ids: Collection[str], thread_id: str) -> None:
    rows = [{"base_id": base_id, "message_id": one, "thread_id": thread_id} for one in message_ids]
    await _insert_new(session, MailReference, rows)


def ids_in_thread(*, base_id: str, thread_id: str) -> Select[str]:
    """For other queries: most of them may be ids that mails only speak of, as many as somebody likes."""
    return select(MailReference.message_id).where(
        MailReference.base_id == base_id, MailReference.thread_id == thread_id
    )


async def answers(session: AsyncSession, *, base_id: str, message_ids: Collection[str]) -> dict[str, MailAnswer]:
    """By message, of those that answer a mail."""
    if not message_ids:
        return {}
    query = select(MailAnswer).where(MailAnswer.base_id == base_id, MailAnswer.message_id.in_(message_ids))
    return {row.message_id: row for row in await session.scalars(query)}


async def add_copies(
    session: AsyncSession, *, base_id: str, account_id: str, message_ids: Collection[str], due_at: datetime
) -> None:
    rows = [
        {"message_id": one, "base_id": base_id, "account_id": account_id, "due_at": due_at, "attempts": 0}
        for one in message_ids
    ]
    await _insert_new(session, SentCopy, rows)


async def due_copies(
    session: AsyncSession, *, base_id: str, account_id: str, now: datetime, limit: int
) -> Sequence[SentCopy]:
    query = select(SentCopy).where(
        SentCopy.base_id == base_id, SentCopy.account_id == account_id, SentCopy.due_at <= now
    )
    return (await session.scalars(query.order_by(SentCopy.due_at).limit(limit))).all()


async def accounts_with_due_copies(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """Of any base: for the tick, which only wakes."""
    return (await session.scalars(select(SentCopy.account_id).where(SentCopy.due_at <= now).distinct())).all()


async def postpone_copy(
    session: AsyncSession, *, base_id: str, message_id: str, due_at: datetime, attempts: int
) -> None:
    await session.execute(
        update(SentCopy)
        .where(SentCopy.base_id == base_id, SentCopy.message_id == message_id)
        .values(due_at=due_at, attempts=attempts)
    )


async def finish_copy(session: AsyncSession, *, base_id: str, message_id: str) -> None:
    await session.execute(delete(SentCopy).where(SentCopy.base_id == base_id, SentCopy.message_id == message_id))


async def put_address_in_error(session: AsyncSession, *, base_id: str, row: dict[str, Any]) -> None:
    await session.execute(
        delete(AddressInError).where(AddressInError.base_id == base_id, AddressInError.address == row["address"])
    )
    await _insert_new(session, AddressInError, [{**row, "base_id": base_id}])


async def forgive_address(session: AsyncSession, *, base_id: str, address: str) -> bool:
    """Whether it was in error."""
    forgiven = delete(AddressInError).where(AddressInError.base_id == base_id, AddressInError.address == address)
    return (await session.execute(forgiven.returning(AddressInError.address))).scalar() is not None


async def those_in_error(session: AsyncSession, *, base_id: str, addresses: Collection[str]) -> frozenset[str]:
    """Those of a few `addresses` (folded) that are in error."""
    query = select(AddressInError.address).where(
        AddressInError.base_id == base_id, AddressInError.address.in_(addresses)
    )
    return frozenset(await session.scalars(query))


async def addresses_in_error(
    session: AsyncSession, *, base_id: str, after: str | None, limit: int
) -> Sequence[AddressInError]:
    """By address."""
    query = select(AddressInError).where(AddressInError.base_id == base_id)
    if after is not None:
        query = query.where(AddressInError.address > after)
    return (await session.scalars(query.order_by(AddressInError.address).limit(limit))).all()


async def mail_recipients(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> Sequence[MessageRecipient]:
    """Those of the recipients that are mail addresses."""
    query = (
        select(MessageRecipient)
        .join(Message, Message.id == MessageRecipient.message_id)
        .where(MessageRecipient.base_id == base_id, MessageRecipient.id.in_(ids), Message.channel == Channel.MAIL)
    )
    return (await session.scalars(query)).all()


async def _insert_new(session: AsyncSession, table: type[Record], rows: Sequence[dict[str, Any]]) -> None:
    """Rows whose key is not there yet."""
    if rows:
        dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
        await session.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


async def mailed(session: AsyncSession, *, message_id: str) -> tuple[Message, str] | None:
    """A message of a mailing, of any base, and the address that it went to: its link says no more."""
    query = (
        select(Message, MessageRecipient.address)
        .join(
            MessageRecipient,
            and_(MessageRecipient.base_id == Message.base_id, MessageRecipient.message_id == Message.id),
        )
        .where(Message.id == message_id, Message.unsubscribe_url.is_not(None), MessageRecipient.position == 0)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])
