"""All SQL of messages that people ask for. What the delivery runs on stands in `delivery_queries`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import class_mapper

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people.tables import Collaborator, User
from xrm_platform.store import new_id

from .states import HeldFor, State
from .tables import Attachment, Message, MessageEvent, MessageRecipient


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    """What decides whether a message is held."""

    id: str
    channel: str
    sender_id: str
    account_id: str
    held_for: str | None
    bulk_id: str | None


async def message(session: AsyncSession, *, base_id: str, message_id: str, for_update: bool = False) -> Message | None:
    """`for_update` locks it until the transaction ends."""
    query = select(Message).where(Message.base_id == base_id, Message.id == message_id)
    return await session.scalar(query.with_for_update() if for_update else query)


async def message_with_key(session: AsyncSession, *, base_id: str, key: str) -> Message | None:
    return await session.scalar(select(Message).where(Message.base_id == base_id, Message.idempotency_key == key))


async def messages(
    session: AsyncSession,
    *,
    base_id: str,
    senders: Collection[str] | None,
    channel: str | None,
    state: str | None,
    before: str | None,
    limit: int,
) -> Sequence[Message]:
    """Newest first; `senders` None means everybody's, `before` is the id of the last one of the page before."""
    query = select(Message).where(Message.base_id == base_id).order_by(Message.id.desc()).limit(limit)
    if senders is not None:
        query = query.where(Message.sender_id.in_(senders))
    if channel is not None:
        query = query.where(Message.channel == channel)
    if state is not None:
        query = query.where(Message.state == state)
    if before is not None:
        query = query.where(Message.id < before)
    return (await session.scalars(query)).all()


async def recipients(
    session: AsyncSession, *, base_id: str, message_ids: Collection[str]
) -> dict[str, list[MessageRecipient]]:
    """Recipients by message, in their order."""
    rows = await session.scalars(
        select(MessageRecipient)
        .where(MessageRecipient.base_id == base_id, MessageRecipient.message_id.in_(message_ids))
        .order_by(MessageRecipient.message_id, MessageRecipient.position)
    )
    found: dict[str, list[MessageRecipient]] = {message_id: [] for message_id in message_ids}
    for row in rows:
        found[row.message_id].append(row)
    return found


async def events(session: AsyncSession, *, base_id: str, message_id: str) -> Sequence[MessageEvent]:
    query = select(MessageEvent).where(MessageEvent.base_id == base_id, MessageEvent.message_id == message_id)
    return (await session.scalars(query.order_by(MessageEvent.id))).all()


async def attachments(session: AsyncSession, *, base_id: str, message_id: str) -> Sequence[Attachment]:
    query = select(Attachment).where(Attachment.base_id == base_id, Attachment.message_id == message_id)
    return (await session.scalars(query.order_by(Attachment.position))).all()


async def accounts(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> dict[str, ProviderAccount]:
    query = select(ProviderAccount).where(ProviderAccount.base_id == base_id, ProviderAccount.id.in_(ids))
    return {row.id: row for row in await session.scalars(query)}


async def add_messages(
    session: AsyncSession,
    *,
    messages: Sequence[Message],
    recipients: Sequence[MessageRecipient],
    attachments: Sequence[Attachment],
) -> None:
    """Insert complete rows, all of a table at once. The objects stay the caller's: the session does not know them."""
    connection = await session.connection()
    for table, rows in ((Message, messages), (MessageRecipient, recipients), (Attachment, attachments)):
        if rows:
            names = [column.key for column in class_mapper(table).column_attrs]
            values = [{name: getattr(row, name) for name in names} for row in rows]
            await connection.execute(insert(table), values)


async def add_events(session: AsyncSession, *, base_id: str, events: Iterable[dict[str, Any]]) -> None:
    rows = [
        {"recipient_id": None, "dedup_key": None, "detail": {}, "actor": "platform", **event, "base_id": base_id}
        for event in events
    ]
    if rows:
        await (await session.connection()).execute(insert(MessageEvent), rows)


async def waiting(
    session: AsyncSession,
    *,
    base_id: str,
    state: State,
    channel: str | None = None,
    sender_id: str | None = None,
    bulk_id: str | None = None,
) -> list[WaitingMessage]:
    """Messages that are queued or held, locked until the transaction ends."""
    query = select(
        Message.id, Message.channel, Message.sender_id, Message.account_id, Message.held_for, Message.bulk_id
    ).where(Message.base_id == base_id, Message.state == state)
    if bulk_id is not None:
        query = query.where(Message.bulk_id == bulk_id)
    if channel is not None:
        query = query.where(Message.channel == channel)
    if sender_id is not None:
        query = query.where(Message.sender_id == sender_id)
    return [WaitingMessage(*row) for row in await session.execute(query.with_for_update())]


async def add_change_events(
    session: AsyncSession,
    *,
    base_id: str,
    message_ids: Collection[str],
    state: State,
    actor: str,
    at: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """One event for each message: somebody brought it to `state`."""
    common = {"at": at, "state": state, "actor": actor, "detail": dict(detail or {})}
    await add_events(
        session,
        base_id=base_id,
        events=[{**common, "id": new_id(), "message_id": message_id} for message_id in message_ids],
    )


async def hold(
    session: AsyncSession, *, base_id: str, message_ids: Collection[str], source: State, held_for: HeldFor
) -> None:
    """Hold messages that are in `source`, or change what they are held for."""
    await move(session, base_id=base_id, message_ids=message_ids, source=source, target=State.HELD)
    for start in range(0, len(message_ids), 500):
        chunk = list(message_ids)[start : start + 500]
        await session.execute(
            update(Message)
            .where(Message.base_id == base_id, Message.id.in_(chunk), Message.state == State.HELD)
            .values(held_for=held_for)
        )


async def move(
    session: AsyncSession,
    *,
    base_id: str,
    message_ids: Collection[str],
    source: State,
    target: State,
    due_at: datetime | None = None,
) -> None:
    """Bring messages and those of their recipients that are in `source` to `target`."""
    for start in range(0, len(message_ids), 500):
        chunk = list(message_ids)[start : start + 500]
        values: dict[str, Any] = {"state": target} if due_at is None else {"state": target, "due_at": due_at}
        await session.execute(
            update(Message)
            .where(Message.base_id == base_id, Message.id.in_(chunk), Message.state == source)
            .values(**values)
        )
        await session.execute(
            update(MessageRecipient)
            .where(
                MessageRecipient.base_id == base_id,
                MessageRecipient.message_id.in_(chunk),
                MessageRecipient.state == source,
            )
            .values(state=target)
        )


async def queue_failed(session: AsyncSession, *, base_id: str, message_ids: Sequence[str], now: datetime) -> None:
    """Queue messages that failed, and those of their recipients that did, as if they had never been tried."""
    afresh: dict[str, Any] = {"state": State.QUEUED, "error_code": None, "error_params": {}, "error_detail": ""}
    for start in range(0, len(message_ids), 500):
        chunk = message_ids[start : start + 500]
        await session.execute(
            update(Message)
            .where(Message.base_id == base_id, Message.id.in_(chunk), Message.state == State.FAILED)
            .values(**afresh, attempts=0, due_at=now)
        )
        await session.execute(
            update(MessageRecipient)
            .where(
                MessageRecipient.base_id == base_id,
                MessageRecipient.message_id.in_(chunk),
                MessageRecipient.state == State.FAILED,
            )
            .values(**afresh, not_before=None)
        )


async def people_of_account(session: AsyncSession, *, base_id: str, owner_id: str | None) -> Sequence[tuple[str, str]]:
    """(code, mail address) of the collaborators who are administrators, and of the one whose account it is, as far as
    they can be written to; oldest first."""
    query = (
        select(Collaborator.id, Collaborator.code, Collaborator.email)
        .outerjoin(
            User,
            and_(
                User.base_id == Collaborator.base_id,
                User.collaborator_id == Collaborator.id,
                User.is_admin.is_(True),
                User.active.is_(True),
            ),
        )
        .where(
            Collaborator.base_id == base_id,
            Collaborator.active.is_(True),
            Collaborator.email.is_not(None),
            or_(User.id.is_not(None), Collaborator.id == owner_id),
        )
        .order_by(Collaborator.id)
        .distinct()
    )
    return [(code, email or "") for _, code, email in await session.execute(query)]
