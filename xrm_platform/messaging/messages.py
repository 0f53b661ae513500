"""What became of messages, and what a person can still do about one: cancel it, send it again, let it go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.queries import use_account
from xrm_platform.jobs import Wake
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import (
    require_collaborative,
    require_may_send_as,
    require_scope,
    sees_all_messages,
)
from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.providers import Channel
from xrm_platform.registry import Notices
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .bulk.queries import in_cancelled_job
from .drafts import queries as draft_queries
from .showing import account_waits, message_detail, message_view
from .states import CANCELLABLE, RETRYABLE, State, of_message
from .tables import Message
from .views import MessageDetail, MessageView


class Messages:
    def __init__(self, store: Store, notices: Notices, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._notices = notices
        self._wake = wake
        self._now = now

    async def list(
        self,
        actor: Actor,
        *,
        channel: str | None = None,
        state: str | None = None,
        sender: str | None = None,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[MessageView]:
        """Newest first: one's own and those of the people below; an administrator's are the whole base's."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        _check_filters(channel, state)
        async with self._store.read() as session:
            codes = await lookup.codes(session, base_id=actor.base_id)
            senders = await visible_senders(session, actor)
            if sender is not None:
                wanted = (await lookup.collaborator(session, base_id=actor.base_id, code=sender)).id
                senders = {wanted} if senders is None or wanted in senders else set()
            rows = await queries.messages(
                session,
                base_id=actor.base_id,
                senders=senders,
                channel=channel,
                state=state,
                before=after,
                limit=limit + 1,
            )
            page = page_of(rows, limit, lambda row: row.id)
            recipients = await queries.recipients(
                session, base_id=actor.base_id, message_ids=[row.id for row in page.items]
            )
            waits = await _waits(session, actor, page.items)
        views = [
            message_view(row, recipients[row.id], codes[row.sender_id], waits[row.account_id]) for row in page.items
        ]
        return Page(tuple(views), page.next)

    async def get(self, actor: Actor, message_id: str) -> MessageDetail:
        """Raises `Missing` for a message that is not there or not for the actor to see."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            message = await visible_message(session, actor, message_id)
            codes = await lookup.codes(session, base_id=actor.base_id)
            recipients = await queries.recipients(session, base_id=actor.base_id, message_ids=[message.id])
            events = await queries.events(session, base_id=actor.base_id, message_id=message.id)
            attachments = await queries.attachments(session, base_id=actor.base_id, message_id=message.id)
            draft = await draft_queries.draft(session, base_id=actor.base_id, message_id=message.id)
            accounts = await queries.accounts(session, base_id=actor.base_id, ids=[message.account_id])
        return message_detail(
            message,
            recipients[message.id],
            codes[message.sender_id],
            accounts[message.account_id],
            attachments,
            events,
            draft,
        )

    async def cancel(self, actor: Actor, message_id: str) -> MessageView:
        """Take back a message that waits, held or queued, or give up one that was handed over and that nobody sent: its
        draft stays in the person's mail software. Raises `Conflicting` once it is on its way."""
        return await self._change(actor, message_id, CANCELLABLE, State.CANCELLED, "not_cancellable")

    async def retry(self, actor: Actor, message_id: str) -> MessageView:
        """Send again to those whom it did not reach, and to those of whom nobody knows: they may get it twice, which a
        person decides. Raises `Conflicting` when there are none, or when the text was purged."""
        return await self._change(actor, message_id, RETRYABLE, State.QUEUED, "not_retryable", text_needed=True)

    async def _change(
        self,
        actor: Actor,
        message_id: str,
        sources: Collection[State],
        target: State,
        otherwise: str,
        *,
        text_needed: bool = False,
    ) -> MessageView:
        """Bring the recipients that are in one of `sources` to `target`, and the message with them."""
        now = self._now()
        async with self._store.write() as session:
            message = await visible_message(session, actor, message_id, for_update=True)
            require_may_send_as(actor, message.sender_id)
            recipients = (await queries.recipients(session, base_id=actor.base_id, message_ids=[message.id]))[
                message.id
            ]
            changing = [row for row in recipients if row.state in sources]
            if message.state == State.SENDING or not changing:
                raise Conflicting(otherwise, state=message.state)
            if text_needed and message.purged_at is not None:
                raise Conflicting("text_purged")
            if target is State.QUEUED and await in_cancelled_job(session, message):
                raise Conflicting("bulk_was_cancelled")
            if target is State.QUEUED:
                await require_account(session, base_id=actor.base_id, account_id=message.account_id)
            if target is State.QUEUED and message.state == State.HELD:
                target = State.HELD  # what is sent again of a message that is held waits with the rest of it
            for row in changing:
                row.not_before = None
                row.state, row.error_code, row.error_params, row.error_detail = target, None, {}, ""
            message.state = of_message([State(row.state) for row in recipients])
            message.error_code, message.error_params, message.error_detail = None, {}, ""
            message.attempts, message.due_at = 0, now
            whole = len(changing) == len(recipients)
            events = [
                {
                    "message_id": message.id,
                    "recipient_id": recipient_id,
                    "at": now,
                    "state": target,
                    "actor": actor.name,
                }
                for recipient_id in ([None] if whole else [row.id for row in changing])
            ]
            await queries.add_events(session, base_id=actor.base_id, events=[{"id": new_id(), **one} for one in events])
            codes = await lookup.codes(session, base_id=actor.base_id)
            waits = (await _waits(session, actor, [message]))[message.account_id]
        if message.state == State.QUEUED:
            self._wake(f"deliver {message.account_id}")
        self._notices.post(actor.base_code, "message", [(message.id, message.state)])
        return message_view(message, recipients, codes[message.sender_id], waits)


async def visible_message(session: AsyncSession, actor: Actor, message_id: str, *, for_update: bool = False) -> Message:
    """Raises `Missing` for a message that is not there or not for the actor to see."""
    require_collaborative(actor)
    message = None
    if message_id.isprintable():
        message = await queries.message(session, base_id=actor.base_id, message_id=message_id, for_update=for_update)
    senders = await visible_senders(session, actor)
    if message is None or (senders is not None and message.sender_id not in senders):
        raise Missing("unknown_message", message=message_id)
    return message


async def _waits(session: AsyncSession, actor: Actor, messages: Sequence[Message]) -> dict[str, str | None]:
    """What messages wait for at each of their accounts."""
    ids = {message.account_id for message in messages}
    accounts = await queries.accounts(session, base_id=actor.base_id, ids=ids)
    return {account_id: account_waits(account) for account_id, account in accounts.items()}


async def require_account(session: AsyncSession, *, base_id: str, account_id: str) -> None:
    """Raises `Conflicting` when the account was removed that messages are to go by again."""
    if not await use_account(session, base_id=base_id, account_id=account_id):
        accounts = await queries.accounts(session, base_id=base_id, ids=[account_id])
        raise Conflicting("account_gone", account=accounts[account_id].name)


async def visible_senders(session: AsyncSession, actor: Actor) -> set[str] | None:
    """Whose messages the actor sees; None for everybody's."""
    if sees_all_messages(actor):
        return None
    own = actor.collaborator_id or ""
    return {own, *await lookup.below(session, base_id=actor.base_id, collaborator_id=own)}


def _check_filters(channel: str | None, state: str | None) -> None:
    if channel is not None and channel not in list(Channel):
        raise Invalid.field("channel", "unknown_choice", given=channel, allowed=", ".join(Channel))
    if state is not None and state not in list(State):
        raise Invalid.field("state", "unknown_choice", given=state, allowed=", ".join(State))
