"""From rows to what is shown."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.people.contacts.lookup import contacts_by_mail, contacts_by_number
from xrm_platform.providers import Channel

from .mail import queries as mail_queries
from .mail.quotes import parted
from .mail.tables import ReceivedMail
from .tables import InboundMessage
from .views import ConversationEntry, InboundView

SHOWN = 2000
"""Characters of a mail in a listing."""

LOOKED_AT = 20_000
"""Characters of it among which what it quotes is looked for: a page of long ones would hold everybody up."""


async def inbound_views(session: AsyncSession, base_id: str, rows: Sequence[InboundMessage]) -> list[InboundView]:
    mails = await mail_queries.mails(session, base_id=base_id, inbound_ids=[row.id for row in rows])
    return [await inbound_view(session, row, mails.get(row.id)) for row in rows]


async def inbound_view(session: AsyncSession, row: InboundMessage, mail: ReceivedMail | None) -> InboundView:
    return InboundView(
        id=row.id,
        channel=row.channel,
        account=row.account_id,
        sender=row.sender,
        to=row.recipient,
        text=row.text if mail is None else _written(row.text),
        received_at=row.received_at,
        contacts=await _contacts(session, row),
        answers=row.answers_id,
        stop=row.stop,
        subject="" if mail is None else mail.subject,
        sender_name="" if mail is None else mail.sender_name,
        kind="message" if mail is None else mail.kind,
        state="whole" if mail is None else mail.state,
        about=None if mail is None else mail.about_id,
        purged_at=row.purged_at,
    )


async def entries_in(session: AsyncSession, base_id: str, rows: Sequence[InboundMessage]) -> list[ConversationEntry]:
    """What came in, as part of a conversation."""
    mails = await mail_queries.mails(session, base_id=base_id, inbound_ids=[row.id for row in rows])
    return [_came(row, mails.get(row.id)) for row in rows]


def entry_out(
    message: Message, recipients: Sequence[MessageRecipient], sender: str, addresses: Collection[str] | None = None
) -> ConversationEntry:
    """What went out, as part of the conversation with somebody who has one of `addresses`."""
    to_them = [row for row in recipients if addresses is None or row.address in addresses]
    return ConversationEntry(
        id=message.id,
        direction="out",
        channel=message.channel,
        at=message.created_at,
        address=to_them[0].address,
        subject=message.subject,
        text=message.text,
        sender=sender,
        state=to_them[0].state if addresses is not None else message.state,
        answers=None,
        stop=None,
        kind="message",
        purged_at=message.purged_at,
    )


def _came(row: InboundMessage, mail: ReceivedMail | None) -> ConversationEntry:
    return ConversationEntry(
        id=row.id,
        direction="in",
        channel=row.channel,
        at=row.received_at,
        address=row.sender,
        subject="" if mail is None else mail.subject,
        text=row.text if mail is None else _written(row.text),
        sender=None,
        state=None,
        answers=row.answers_id,
        stop=row.stop,
        kind="message" if mail is None else mail.kind,
        purged_at=row.purged_at,
    )


def _written(text: str) -> str:
    """What the writer of a mail wrote; all of it where that is only what others wrote."""
    own, quoted = parted(text[:LOOKED_AT])
    shown = own.strip() or quoted.strip()
    return shown if len(shown) <= SHOWN else shown[:SHOWN].rstrip() + " …"


async def _contacts(session: AsyncSession, row: InboundMessage) -> tuple[str, ...]:
    if row.contact_id is not None:
        return (row.contact_id,)
    if row.channel == Channel.MAIL:
        sharing = await contacts_by_mail(session, base_id=row.base_id, address=row.sender) if row.sender else ()
    else:
        sharing = await contacts_by_number(session, base_id=row.base_id, number=row.sender)
    return tuple(one.id for one in sharing)
