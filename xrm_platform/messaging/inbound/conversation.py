"""What came in, and the conversation with a contact, a number or an address: everything that went either way, newest
first."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging import queries as message_queries
from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.messaging.messages import visible_senders
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.contacts.lookup import contact
from xrm_platform.people.phones import phone_of
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Channel
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import queries
from .showing import entries_in, entry_out, inbound_views
from .views import ConversationEntry, InboundView


class Inbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(
        self, actor: Actor, *, channel: str | None = None, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[InboundView]:
        """What came in, newest first. Answers to a message are for those who see it, what came to an account of a
        collaborator for those who see that collaborator's messages, the rest for everybody."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        if channel is not None and channel not in {Channel.MAIL, Channel.SMS}:
            raise Invalid.field("channel", "unknown_choice", given=channel, allowed="mail, sms")
        async with self._store.read() as session:
            rows = await queries.inbound_messages(
                session,
                base_id=actor.base_id,
                visible_senders=await visible_senders(session, actor),
                channel=channel,
                before=after,
                limit=limit + 1,
            )
            page = page_of(rows, limit, lambda row: row.id)
            views = await inbound_views(session, actor.base_id, page.items)
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
            addresses = [phone.number for phone in person.phones]
            for mail in person.mails:
                addresses += [mail.address, fold_mail(mail.address)]
            return await self._conversation(session, actor, addresses, person.id, after, limit)

    async def with_address(
        self, actor: Actor, address: str, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[ConversationEntry]:
        """The same for a number as people write it, or a mail address, whether a contact has it or not."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            if "@" in address:
                mail = mail_address(address)
                if isinstance(mail, Fault):
                    raise Invalid({"address": mail})
                addresses = [mail.email, fold_mail(mail.email)]
            else:
                base = await lookup.base(session, base_id=actor.base_id)
                phone = phone_of(address, base.country)
                if isinstance(phone, Fault):
                    raise Invalid({"number": phone})
                addresses = [phone.number]
            return await self._conversation(session, actor, addresses, None, after, limit)

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
            addresses=addresses,
            contact_id=contact_id,
            copies=False,
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
        entries = await entries_in(session, actor.base_id, came)
        entries += [entry_out(row, recipients[row.id], codes[row.sender_id], addresses) for row in went]
        entries.sort(key=lambda entry: entry.id, reverse=True)
        return page_of(entries[: limit + 1], limit, lambda entry: entry.id)
