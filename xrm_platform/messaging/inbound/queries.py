"""All SQL of what comes in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.states import State
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.providers import Channel

from .mail.tables import ReceivedMail
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
    """Drop what was said long ago, of any base: it holds texts."""
    states = ("waiting", "done", "unreadable")  # which the index begins with
    await session.execute(delete(PushCall).where(PushCall.state.in_(states), PushCall.received_at < before))


async def accounts_with_waiting_calls(session: AsyncSession) -> Sequence[str]:
    """Of any base: for the tick, which only wakes."""
    query = (
        select(PushCall.account_id)
        .join(ProviderAccount, ProviderAccount.id == PushCall.account_id)
        .where(PushCall.state == "waiting", ProviderAccount.removed_at.is_(None))
    )
    return (await session.scalars(query.distinct())).all()


async def accounts_to_ask(session: AsyncSession, *, what: str, before: datetime) -> Sequence[str]:
    """Accounts, of any base, of channels by which something comes in, whose vendor was not asked for `what` since
    `before`."""
    asked = (Asked.account_id == ProviderAccount.id) & (Asked.what == what)
    query = (
        select(ProviderAccount.id)
        .where(ProviderAccount.removed_at.is_(None))
        .outerjoin(Asked, asked)
        .where(ProviderAccount.channel.in_((Channel.SMS, Channel.MAIL)), or_(Asked.at.is_(None), Asked.at < before))
    )
    return (await session.scalars(query)).all()


async def mail_accounts(session: AsyncSession) -> Sequence[str]:
    """All that are there, of any base: for the tick, which only wakes."""
    query = select(ProviderAccount.id).where(
        ProviderAccount.removed_at.is_(None), ProviderAccount.channel == Channel.MAIL
    )
    return (await session.scalars(query)).all()


async def asked(session: AsyncSession, *, base_id: str, account_id: str, what: str) -> Asked | None:
    """When the vendor was last asked and when it answered; None when it was never asked."""
    query = select(Asked).where(Asked.base_id == base_id, Asked.account_id == account_id, Asked.what == what)
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
            MessageRecipient.base_id == base_id,
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
    addresses: Collection[str] | None = None,
    contact_id: str | None = None,
    channel: str | None = None,
    copies: bool = True,
    before: str | None,
    limit: int,
) -> Sequence[InboundMessage]:
    """Newest first. `addresses` and `contact_id` leave those from one of the addresses or of the contact; without
    `copies` a mail that came to several mailboxes is there once."""
    query = _visible(base_id, visible_senders)
    if addresses is not None or contact_id is not None:
        query = query.where(
            or_(InboundMessage.sender.in_(addresses or ()), InboundMessage.contact_id == (contact_id or ""))
        )
    if channel is not None:
        query = query.where(InboundMessage.channel == channel)
    if not copies:
        query = query.where(or_(ReceivedMail.copied.is_(None), ReceivedMail.copied.is_(False)))
    if before is not None:
        query = query.where(InboundMessage.id < before)
    return (await session.scalars(query.order_by(InboundMessage.id.desc()).limit(limit))).all()


async def inbound_message(
    session: AsyncSession, *, base_id: str, inbound_id: str, visible_senders: Collection[str] | None
) -> InboundMessage | None:
    return await session.scalar(_visible(base_id, visible_senders).where(InboundMessage.id == inbound_id))


async def mails_with_ids(
    session: AsyncSession,
    *,
    base_id: str,
    message_ids: Select[str],
    visible_senders: Collection[str] | None,
    limit: int,
) -> Sequence[InboundMessage]:
    """Mails with one of these Message-IDs, each once, the newest if there are too many."""
    query = _visible(base_id, visible_senders).where(
        ReceivedMail.message_id.in_(message_ids), ReceivedMail.copied.is_(False)
    )
    return (await session.scalars(query.order_by(InboundMessage.id.desc()).limit(limit))).all()


def _visible(base_id: str, visible_senders: Collection[str] | None) -> Select[InboundMessage]:
    """What may be seen by those who see the messages of `visible_senders`, None for everybody's: what answers or is
    about one of them, what came to an account of one of them and, of the base's own accounts, what is about nothing."""
    query = (
        select(InboundMessage)
        .outerjoin(ReceivedMail, ReceivedMail.inbound_id == InboundMessage.id)
        .where(InboundMessage.base_id == base_id)
    )
    if visible_senders is None:
        return query
    query = query.join(ProviderAccount, ProviderAccount.id == InboundMessage.account_id).outerjoin(
        Message, Message.id == func.coalesce(InboundMessage.answers_id, ReceivedMail.about_id)
    )
    return query.where(
        or_(
            Message.sender_id.in_(visible_senders),
            ProviderAccount.collaborator_id.in_(visible_senders),
            and_(Message.id.is_(None), ProviderAccount.collaborator_id.is_(None)),
        )
    )


async def messages_with_ids(
    session: AsyncSession, *, base_id: str, message_ids: Select[str], senders: Collection[str] | None, limit: int
) -> Sequence[Message]:
    """The same of messages that went out; `senders` None means everybody's."""
    query = select(Message).where(Message.base_id == base_id, Message.mail_message_id.in_(message_ids))
    if senders is not None:
        query = query.where(Message.sender_id.in_(senders))
    return (await session.scalars(query.order_by(Message.id.desc()).limit(limit))).all()


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
