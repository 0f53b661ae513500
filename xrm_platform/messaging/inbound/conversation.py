"""What came in, and the conversation with a contact or a number: everything that went either way, newest first."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging import queries as message_queries
from xrm_platform.messaging.messages import visible_senders
from xrm_platform.messaging.tables import Message, MessageRecipient
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts.lookup import contact, contacts_by_number
from xrm_platform.people.phones import phone_of
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Fault, Invalid
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import queries
from .tables import InboundMessage
from .views import ConversationEntry, InboundView


class Inbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[InboundView]:
        """What came in, newest first. Answers to a message are for those who see it, the rest is for everybody."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.inbound_messages(
                session,
                base_id=actor.base_id,
                visible_senders=await visible_senders(session, actor),
                numbers=None,
                contact_id=None,
                before=after,
                limit=limit + 1,
            )
            page = page_of(rows, limit, lambda row: row.id)
            views = [await _inbound_view(session, row) for row in page.items]
        return Page(tuple(views), page.next)

    async def with_contact(
        self, actor: Actor, contact_id: str, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[ConversationEntry]:
        """Everything that went to one of the contact's numbers and addresses, or came from one. Raises `Missing`."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            person = await contact(session, base_id=actor.base_id, contact_id=contact_id)
            addresses = [phone.number for phone in person.phones] + [mail.address for mail in person.mails]
            return await self._conversation(session, actor, addresses, person.id, after, limit)

    async def with_number(
        self, actor: Actor, number: str, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[ConversationEntry]:
        """The same for a number as people write it, whether a contact has it or not."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            phone = phone_of(number, base.country)
            if isinstance(phone, Fault):
                raise Invalid({"number": phone})
            return await self._conversation(session, actor, [phone.number], None, after, limit)

    async def _conversation(
        self,
        session: AsyncSession,
        actor: Actor,
        addresses: Collection[str],
        contact_id: str | None,
        after: str | None,
        limit: int,
    ) -> Page[ConversationEntry]:
        senders = await visible_senders(session, actor)
        came = await queries.inbound_messages(
            session,
            base_id=actor.base_id,
            visible_senders=senders,
            numbers=addresses,
            contact_id=contact_id,
            before=after,
            limit=limit + 1,
        )
        went = await queries.messages_to(
            session, base_id=actor.base_id, senders=senders, addresses=addresses, before=after, limit=limit + 1
        )
        recipients = await message_queries.recipients(
            session, base_id=actor.base_id, message_ids=[message.id for message in went]
        )
        codes = await lookup.codes(session, base_id=actor.base_id)
        entries = [_came(row) for row in came] + [
            _went(row, recipients[row.id], addresses, codes[row.sender_id]) for row in went
        ]
        entries.sort(key=lambda entry: entry.id, reverse=True)
        return page_of(entries[: limit + 1], limit, lambda entry: entry.id)


async def _inbound_view(session: AsyncSession, row: InboundMessage) -> InboundView:
    if row.contact_id is not None:
        contacts: tuple[str, ...] = (row.contact_id,)
    else:
        sharing = await contacts_by_number(session, base_id=row.base_id, number=row.sender)
        contacts = tuple(one.id for one in sharing)
    return InboundView(
        id=row.id,
        channel=row.channel,
        account=row.account_id,
        sender=row.sender,
        to=row.recipient,
        text=row.text,
        received_at=row.received_at,
        contacts=contacts,
        answers=row.answers_id,
        stop=row.stop,
    )


def _came(row: InboundMessage) -> ConversationEntry:
    return ConversationEntry(
        id=row.id,
        direction="in",
        channel=row.channel,
        at=row.received_at,
        address=row.sender,
        subject="",
        text=row.text,
        sender=None,
        state=None,
        answers=row.answers_id,
        stop=row.stop,
    )


def _went(
    message: Message, recipients: Sequence[MessageRecipient], addresses: Collection[str], sender: str
) -> ConversationEntry:
    to_them = [row for row in recipients if row.address in addresses]
    return ConversationEntry(
        id=message.id,
        direction="out",
        channel=message.channel,
        at=message.created_at,
        address=to_them[0].address,
        subject=message.subject,
        text=message.text,
        sender=sender,
        state=to_them[0].state,
        answers=None,
        stop=None,
    )
