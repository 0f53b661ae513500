"""Take a mail or an SMS to send: who may send it as whom, through which account, is it complete. Then it is a row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from xrm_platform.accounts.connections import Connections
from xrm_platform.jobs import Wake
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_may_send_as
from xrm_platform.people.tables import Base
from xrm_platform.problems import Conflicting, Invalid, Problem
from xrm_platform.providers import Category, Channel
from xrm_platform.registry import Notices, Registry
from xrm_platform.store import Store

from . import queries
from .checks import check_mail, check_sms, check_sms_parts
from .composing import (
    Draft,
    File,
    Order,
    compose_mail,
    compose_sms,
    given_files,
    sender_address,
    unsigned,
    worded,
)
from .entering import Entrance, enter, route_of
from .files import Files
from .inbound.mail.answering import answer_to
from .mail.threads import enter_thread
from .mail.ways_out import WaysOut
from .requests import MailRequest, SmsRequest, fingerprint
from .rules.admission import Ground
from .rules.texts import sms_text
from .showing import account_waits, message_view
from .states import State
from .views import MessageView

MAX_KEY = 200


class Sending:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        files: Files,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        entrance: Entrance,
        connections: Connections,
        ways_out: WaysOut,
    ) -> None:
        self._store = store
        self._registry = registry
        self._files = files
        self._notices = notices
        self._wake = wake
        self._now = now
        self._entrance = entrance
        self._connections = connections
        self._ways_out = ways_out

    async def send_mail(self, actor: Actor, request: MailRequest, *, idempotency_key: str | None = None) -> MessageView:
        """Queue a mail. With an `idempotency_key` that was used for the same request, that message is returned.

        Recipients who opted out, or whose consent is missing, are cancelled at once and the others served. Raises
        `Invalid`, `Missing`, `Forbidden` (rights, or the veto of a plugin) and `Conflicting` (no account, no address to
        send from, nobody left to write to, the key used for another request, a mail that nobody answers).
        """
        earlier = await self._earlier(actor, request, idempotency_key)
        if earlier is not None:
            return earlier
        order, ground, base = await self._order(actor, request, Channel.MAIL, idempotency_key)
        checked = check_mail(request, order.now)
        sender_address(order.sender)
        files = [
            File(
                given.filename,
                given.content_type or "application/octet-stream",
                given.content,
                (await self._files.put(given.content)).sha256,
                cid,
            )
            for given, cid in given_files(request, checked, order.sender)
        ]
        draft = compose_mail(order, await asyncio.to_thread(worded, request), checked, files)
        if request.category == Category.MARKETING and len(draft.recipients) == 1 and self._ways_out.offered:
            self._ways_out.add(draft.message, base.language)
        if request.answers is not None:
            async with self._store.read() as session:
                draft = replace(draft, answer=await answer_to(session, actor, request.answers, draft.message.id))
        return await self._queue(order, draft, ground, base)

    async def send_sms(self, actor: Actor, request: SmsRequest, *, idempotency_key: str | None = None) -> MessageView:
        """Queue an SMS, or hold it while SMS of the base or of the sender are paused. Marketing gets the STOP mention
        and goes to each number at an hour allowed there. Otherwise as `send_mail`."""
        earlier = await self._earlier(actor, request, idempotency_key)
        if earlier is not None:
            return earlier
        order, ground, base = await self._order(actor, request, Channel.SMS, idempotency_key)
        recipients = check_sms(request, base.country, order.now)
        text = sms_text(request.text, request.category, ground.rules, ground.provider)
        check_sms_parts(text.segments)
        return await self._queue(order, compose_sms(order, text, recipients), ground, base)

    async def _order(
        self, actor: Actor, request: MailRequest | SmsRequest, channel: Channel, key: str | None
    ) -> tuple[Order, Ground, Base]:
        """Who sends through what, and by which rules. Raises what `send_mail` says."""
        async with self._store.read() as session:
            route = await route_of(
                session, self._registry, actor, sender=request.sender, channel=channel, account=request.account
            )
        waits = account_waits(route.account)
        signed_later = self._connections.software_signs(route.account, route.ground.provider)
        sender = unsigned(route.sender) if signed_later else route.sender
        order = Order(actor, request, sender, route.account.id, key, self._now(), waits)
        return order, route.ground, route.base

    async def _queue(self, order: Order, draft: Draft, ground: Ground, base: Base) -> MessageView:
        """Apply the rules, ask the plugins, store the message, wake its delivery."""
        (judged,) = await self._entrance.judged([draft], ground, sender=order.sender.code, language=base.language)
        if isinstance(judged, Problem):
            raise judged
        message = judged.message
        try:
            async with self._store.write() as session:
                await enter(session, [judged], base_id=base.id, actor=order.actor.name)
                if judged.answer is not None:
                    await enter_thread(session, judged.answer, message.mail_message_id or "")
        except IntegrityError:
            # Another request with the same key was faster; any other conflict is not ours to explain.
            earlier = await self._earlier(order.actor, order.request, order.idempotency_key)
            if earlier is None:
                raise
            return earlier
        if message.state == State.QUEUED:
            self._wake(f"deliver {message.account_id}", message.due_at)
        self._notices.post(order.actor.base_code, "message", [(message.id, message.state)])
        return message_view(message, judged.recipients, order.sender.code, order.waits)

    async def _earlier(self, actor: Actor, request: MailRequest | SmsRequest, key: str | None) -> MessageView | None:
        """The message that the same key made before, whatever has changed since: its time is over, its account gone.

        Raises `Invalid` for a key that cannot be, and `Conflicting` when it made another request.
        """
        if key is None:
            return None
        if not (0 < len(key) <= MAX_KEY and key.isprintable()):
            raise Invalid.field("idempotency_key", "idempotency_key_impossible", limit=MAX_KEY)
        async with self._store.read() as session:
            sender = await lookup.sender(session, base_id=actor.base_id, code=request.sender)
            require_may_send_as(actor, sender.id)
            found = await queries.message_with_key(session, base_id=actor.base_id, key=key)
            if found is None:
                return None
            if found.request_hash != fingerprint(request) or found.sender_id != sender.id:
                raise Conflicting("idempotency_key_reused")
            recipients = await queries.recipients(session, base_id=actor.base_id, message_ids=[found.id])
        return message_view(found, recipients[found.id], sender.code)
