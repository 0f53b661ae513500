"""All SQL of what comes in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.providers import Channel

from .tables import Asked, InboundMessage, PushAddress, PushCall


async def push_address(session: AsyncSession, *, token_hash: str) -> PushAddress | None:
    """Whose address it is: a vendor that calls says no more."""
    query = select(PushAddress).join(ProviderAccount, ProviderAccount.id == PushAddress.account_id)
    return await session.scalar(query.where(PushAddress.token_hash == token_hash, ProviderAccount.removed_at.is_(None)))


async def put_push_address(
    session: AsyncSession, *, base_id: str, account_id: str, token_hash: str, created_at: datetime
) -> None:
    """The address of an account from now on; an earlier one is no longer valid."""
    await session.execute(
        delete(PushAddress).where(PushAddress.base_id == base_id, PushAddress.account_id == account_id)
    )
    session.add(PushAddress(account_id=account_id, base_id=base_id, token_hash=token_hash, created_at=created_at))


async def waiting_calls(session: AsyncSession, *, base_id: str, account_id: str, limit: int) -> Sequence[PushCall]:
    query = select(PushCall).where(
        PushCall.base_id == base_id, PushCall.account_id == account_id, PushCall.state == "waiting"
    )
    return (await session.scalars(query.order_by(PushCall.id).limit(limit))).all()


async def finish_call(session: AsyncSession, *, base_id: str, call_id: str, state: str, error_code: str | None) -> None:
    await session.execute(
        update(PushCall)
        .where(PushCall.base_id == base_id, PushCall.id == call_id)
        .values(state=state, error_code=error_code)
    )


async def forget_calls(session: AsyncSession, *, before: datetime) -> None:
    """Drop what was done with long ago, of any base."""
    await session.execute(delete(PushCall).where(PushCall.state == "done", PushCall.received_at < before))


async def accounts_with_waiting_calls(session: AsyncSession) -> Sequence[str]:
    """Of any base: for the tick, which only wakes."""
    query = (
        select(PushCall.account_id)
        .join(ProviderAccount, ProviderAccount.id == PushCall.account_id)
        .where(PushCall.state == "waiting", ProviderAccount.removed_at.is_(None))
    )
    return (await session.scalars(query.distinct())).all()


async def accounts_to_ask(session: AsyncSession, *, what: str, before: datetime) -> Sequence[str]:
    """SMS accounts, of any base, whose vendor was not asked for `what` since `before`."""
    asked = (Asked.account_id == ProviderAccount.id) & (Asked.what == what)
    query = (
        select(ProviderAccount.id)
        .where(ProviderAccount.removed_at.is_(None))
        .outerjoin(Asked, asked)
        .where(ProviderAccount.channel == Channel.SMS, or_(Asked.at.is_(None), Asked.at < before))
    )
    return (await session.scalars(query)).all()


async def answered_at(session: AsyncSession, *, base_id: str, account_id: str, what: str) -> datetime | None:
    """When the vendor last answered, None when it never did."""
    query = select(Asked.answered_at).where(
        Asked.base_id == base_id, Asked.account_id == account_id, Asked.what == what
    )
    return await session.scalar(query)


async def note_asked(
    session: AsyncSession, *, base_id: str, account_id: str, what: str, at: datetime, answered: bool
) -> None:
    row = await session.get(Asked, (account_id, what))
    if row is None:
        row = Asked(account_id=account_id, what=what, base_id=base_id, at=at)
        session.add(row)
    row.at = at
    if answered:
        row.answered_at = at


async def add_inbound(session: AsyncSession, *, base_id: str, row: dict[str, Any]) -> bool:
    """Add a message; False when it was there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(InboundMessage).values({**row, "base_id": base_id}).on_conflict_do_nothing()
    return (await session.execute(statement.returning(InboundMessage.id))).scalar() is not None


async def last_message_to(
    session: AsyncSession, *, base_id: str, account_id: str, number: str, before: datetime
) -> Message | None:
    """The newest message that went to `number` by the account before a time: what an answer most likely answers."""
    query = (
        select(Message)
        .join(MessageRecipient, MessageRecipient.message_id == Message.id)
        .where(
            Message.base_id == base_id,
            MessageRecipient.base_id == base_id,
            MessageRecipient.account_id == account_id,
            MessageRecipient.address == number,
            MessageRecipient.state.in_((State.SENDING, State.SENT, State.DELIVERED, State.UNKNOWN)),
            Message.due_at <= before,
        )
        .order_by(Message.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def message_with_reference(
    session: AsyncSession, *, base_id: str, account_id: str, reference: str
) -> Message | None:
    query = select(Message).join(MessageRecipient, MessageRecipient.message_id == Message.id)
    return await session.scalar(
        query.where(
            Message.base_id == base_id,
            MessageRecipient.account_id == account_id,
            MessageRecipient.reference == reference,
        ).limit(1)
    )


async def stops_to_tell(session: AsyncSession, *, base_id: str, account_id: str) -> Sequence[tuple[str, str]]:
    """(id, number) of answers that asked to stop and of which the vendor does not know yet."""
    query = select(InboundMessage.id, InboundMessage.sender).where(
        InboundMessage.base_id == base_id,
        InboundMessage.account_id == account_id,
        InboundMessage.stop.is_not(None),
        InboundMessage.stop_told.is_(False),
    )
    return [(inbound_id, sender) for inbound_id, sender in (await session.execute(query)).all()]


async def note_told(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> None:
    await session.execute(
        update(InboundMessage)
        .where(InboundMessage.base_id == base_id, InboundMessage.id.in_(ids))
        .values(stop_told=True)
    )


async def inbound_messages(
    session: AsyncSession,
    *,
    base_id: str,
    visible_senders: Collection[str] | None,
    numbers: Collection[str] | None,
    contact_id: str | None,
    before: str | None,
    limit: int,
) -> Sequence[InboundMessage]:
    """Newest first. `visible_senders` leaves those that answer nobody or one of these collaborators; `numbers` and
    `contact_id` leave those from one of the numbers or of the contact."""
    query = select(InboundMessage).where(InboundMessage.base_id == base_id)
    if visible_senders is not None:
        query = query.outerjoin(Message, Message.id == InboundMessage.answers_id).where(
            or_(InboundMessage.answers_id.is_(None), Message.sender_id.in_(visible_senders))
        )
    if numbers is not None or contact_id is not None:
        query = query.where(
            or_(InboundMessage.sender.in_(numbers or ()), InboundMessage.contact_id == (contact_id or ""))
        )
    if before is not None:
        query = query.where(InboundMessage.id < before)
    return (await session.scalars(query.order_by(InboundMessage.id.desc()).limit(limit))).all()


async def messages_to(
    session: AsyncSession,
    *,
    base_id: str,
    senders: Collection[str] | None,
    addresses: Collection[str],
    before: str | None,
    limit: int,
) -> Sequence[Message]:
    """Messages to one of the addresses, newest first; `senders` None means everybody's."""
    to_them = select(MessageRecipient.message_id).where(
        MessageRecipient.base_id == base_id, MessageRecipient.address.in_(addresses)
    )
    query = select(Message).where(Message.base_id == base_id, Message.id.in_(to_them))
    if senders is not None:
        query = query.where(Message.sender_id.in_(senders))
    if before is not None:
        query = query.where(Message.id < before)
    return (await session.scalars(query.order_by(Message.id.desc()).limit(limit))).all()


async def repoint_contact(session: AsyncSession, *, base_id: str, contacts: Sequence[str], into: str | None) -> None:
    """What came from `contacts` came from the one they were merged into; from nobody known when they are deleted."""
    await session.execute(
        update(InboundMessage)
        .where(InboundMessage.base_id == base_id, InboundMessage.contact_id.in_(contacts))
        .values(contact_id=into)
    )
