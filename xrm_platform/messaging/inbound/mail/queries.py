"""SQL of mail that comes in. Every query takes the base."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.inbound.tables import InboundMessage
from xrm_platform.messaging.tables import Message, MessageRecipient

from .tables import Mailbox, OtherKey, ReceivedFile, ReceivedMail, UnreadCalendar

_AT_ONCE = 500


async def cursor(session: AsyncSession, *, base_id: str, account_id: str) -> str | None:
    query = select(Mailbox.cursor).where(Mailbox.base_id == base_id, Mailbox.account_id == account_id)
    return await session.scalar(query)


async def put_cursor(session: AsyncSession, *, base_id: str, account_id: str, cursor: str | None) -> None:
    row = await session.get(Mailbox, account_id)
    if row is None:
        session.add(Mailbox(account_id=account_id, base_id=base_id, cursor=cursor))
    else:
        row.cursor = cursor


async def known_keys(session: AsyncSession, *, base_id: str, account_id: str, keys: Sequence[str]) -> frozenset[str]:
    """Those of `keys` whose mail is there."""
    known: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        for table in (InboundMessage, OtherKey):
            query = select(table.key).where(
                table.base_id == base_id, table.account_id == account_id, table.key.in_(some)
            )
            known.update(await session.scalars(query))
    return frozenset(known)


async def has_digest(session: AsyncSession, *, base_id: str, account_id: str, digest: str) -> bool:
    query = select(ReceivedMail.inbound_id).where(
        ReceivedMail.base_id == base_id, ReceivedMail.account_id == account_id, ReceivedMail.digest == digest
    )
    return await session.scalar(query.limit(1)) is not None


async def add_other_key(session: AsyncSession, *, base_id: str, account_id: str, key: str) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"base_id": base_id, "account_id": account_id, "key": key}
    await session.execute(dialect.insert(OtherKey).values(row).on_conflict_do_nothing())


async def is_there(session: AsyncSession, *, base_id: str, message_id: str, sender: str) -> bool:
    """Whether a mail with this id of this sender (folded) came in or went out before."""
    came = (
        select(InboundMessage.id)
        .join(ReceivedMail, ReceivedMail.inbound_id == InboundMessage.id)
        .where(ReceivedMail.base_id == base_id, ReceivedMail.message_id == message_id, InboundMessage.sender == sender)
    )
    if await session.scalar(came.limit(1)) is not None:
        return True
    went = select(Message.sender_address).where(Message.base_id == base_id, Message.mail_message_id == message_id)
    return sender in {address.casefold() for address in await session.scalars(went)}


async def messages_with_ids(session: AsyncSession, *, base_id: str, message_ids: Collection[str]) -> dict[str, Message]:
    """Messages that went out, by their Message-ID."""
    if not message_ids:
        return {}
    query = select(Message).where(Message.base_id == base_id, Message.mail_message_id.in_(message_ids))
    return {row.mail_message_id or "": row for row in await session.scalars(query)}


async def recipients_for_change(session: AsyncSession, *, base_id: str, message_id: str) -> Sequence[MessageRecipient]:
    query = select(MessageRecipient).where(
        MessageRecipient.base_id == base_id, MessageRecipient.message_id == message_id
    )
    return (await session.scalars(query.with_for_update())).all()


def add_mail(session: AsyncSession, *, base_id: str, mail: dict[str, Any], files: Sequence[dict[str, Any]]) -> None:
    """What an inbound message has beside its text."""
    session.add(ReceivedMail(**mail, base_id=base_id))
    session.add_all(
        ReceivedFile(**file, base_id=base_id, inbound_id=mail["inbound_id"], position=position)
        for position, file in enumerate(files)
    )


async def unread_calendars(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[UnreadCalendar]:
    """Calendar objects of mails, of any base, that are to be read now, oldest first."""
    query = select(UnreadCalendar).where(UnreadCalendar.due_at <= now).order_by(UnreadCalendar.inbound_id)
    return (await session.scalars(query.limit(limit))).all()


async def calendar_read(session: AsyncSession, *, base_id: str, inbound_id: str) -> None:
    await session.execute(
        delete(UnreadCalendar).where(UnreadCalendar.base_id == base_id, UnreadCalendar.inbound_id == inbound_id)
    )


async def calendar_not_read(
    session: AsyncSession, *, base_id: str, inbound_id: str, attempts: int, due_at: datetime
) -> None:
    await session.execute(
        update(UnreadCalendar)
        .where(UnreadCalendar.base_id == base_id, UnreadCalendar.inbound_id == inbound_id)
        .values(attempts=attempts, due_at=due_at)
    )


async def mails(session: AsyncSession, *, base_id: str, inbound_ids: Collection[str]) -> dict[str, ReceivedMail]:
    """By inbound message, of those that are mails."""
    query = select(ReceivedMail).where(ReceivedMail.base_id == base_id, ReceivedMail.inbound_id.in_(inbound_ids))
    return {row.inbound_id: row for row in await session.scalars(query)}


async def files(session: AsyncSession, *, base_id: str, inbound_id: str) -> Sequence[ReceivedFile]:
    query = select(ReceivedFile).where(ReceivedFile.base_id == base_id, ReceivedFile.inbound_id == inbound_id)
    return (await session.scalars(query.order_by(ReceivedFile.position))).all()
