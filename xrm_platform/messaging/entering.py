"""The one way into the queue, for a single message and for thousands: the rules, the test mode, the plugins' veto, then
rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.choice import account_for, account_named
from xrm_platform.accounts.preferences import sms_paused_meanwhile
from xrm_platform.accounts.queries import use_account
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.lookup import Sender
from xrm_platform.people.rights import require_may_send_as
from xrm_platform.people.tables import Base
from xrm_platform.problems import Forbidden, Invalid, Missing, Problem
from xrm_platform.providers import Channel, Limits
from xrm_platform.registry import Registry
from xrm_platform.store import Store, new_id
from xrm_platform.wording import Wording

from . import queries
from .composing import Draft
from .rules.admission import Ground, admit
from .rules.queries import paused_senders
from .rules.redirection import redirected
from .rules.rules import rules_of
from .states import HeldFor, State
from .tables import Message


@dataclass(frozen=True, slots=True)
class Route:
    """Who sends through what, and by which rules."""

    sender: Sender
    account: ProviderAccount
    base: Base
    ground: Ground


async def route_of(
    session: AsyncSession, registry: Registry, actor: Actor, *, sender: str, channel: Channel, account: str | None
) -> Route:
    """The route of what `actor` sends as the collaborator `sender` (code), by `account` or by the one that is chosen.

    Raises `Missing`, `Forbidden`, and `Conflicting` when there is no account.
    """
    person = await lookup.sender(session, base_id=actor.base_id, code=sender)
    require_may_send_as(actor, person.id)
    if not person.active:
        raise Forbidden("sender_inactive", sender=person.code)
    base = await lookup.base(session, base_id=actor.base_id)
    of_whom = {"base_id": base.id, "collaborator_id": person.id, "channel": channel}
    if account is None:
        row = await account_for(session, registry, **of_whom)
    else:
        row = await account_named(session, registry, account_id=account, **of_whom)
    rules = await rules_of(session, base_id=base.id)
    return Route(person, row, base, Ground(rules, base.time_zone, registry.provider(channel, row.slug)))


class Entrance:
    def __init__(self, store: Store, registry: Registry, wording: Wording) -> None:
        self._store = store
        self._registry = registry
        self._wording = wording

    async def judged(
        self, drafts: Sequence[Draft], ground: Ground, *, sender: str, language: str
    ) -> list[Draft | Problem]:
        """Each draft as it may be stored, or why it may not: `Invalid` (too large), `Conflicting` (nobody left to write
        to) or `Forbidden` (the veto of a plugin). They are of one channel and one category, from the collaborator
        `sender` (code)."""
        async with self._store.read() as session:
            refused = await admit(session, drafts, ground)
        intro = self._wording.say("test_mode", "intro", language=language)
        return [
            refusal or self._judged(draft, ground, sender, intro)
            for draft, refusal in zip(drafts, refused, strict=True)
        ]

    def _judged(self, draft: Draft, ground: Ground, sender: str, intro: str) -> Draft | Problem:
        limits = ground.provider.limits if ground.provider is not None else Limits()
        if limits.max_bytes is not None and draft.size() > limits.max_bytes:
            sizes = {"size_kb": draft.size() // 1024, "limit_kb": limits.max_bytes // 1024}
            return Invalid.field("attachments", "message_too_large", **sizes)
        if ground.rules.test_mode:
            try:
                draft = redirected(draft, ground.rules, intro)
            except Problem as problem:
                return problem
        for outgoing in draft.outgoing():
            veto = self._registry.veto(outgoing, sender)
            if veto is not None:
                return Forbidden("vetoed", reason=veto.reason)
        return draft


async def enter(session: AsyncSession, drafts: Sequence[Draft], *, base_id: str, actor: str) -> None:
    """Store drafts of one sender and one account with their events; they are held where a pause says so.

    Raises `Missing` for an account that was removed meanwhile.
    """
    account_id = drafts[0].message.account_id
    if not await use_account(session, base_id=base_id, account_id=account_id):
        raise Missing("unknown_account", account=account_id)
    held_for = await _held_for(session, drafts[0].message)
    if held_for is not None:
        for draft in drafts:
            _hold(draft, held_for)
    await queries.add_messages(
        session,
        messages=[draft.message for draft in drafts],
        recipients=[row for draft in drafts for row in draft.recipients],
        attachments=[row for draft in drafts for row in draft.attachments],
    )
    events = [event for draft in drafts for event in _events(draft, actor)]
    await queries.add_events(session, base_id=base_id, events=events)


async def _held_for(session: AsyncSession, message: Message) -> HeldFor | None:
    if message.channel != Channel.SMS:
        return None
    if await sms_paused_meanwhile(session, base_id=message.base_id):
        return HeldFor.BASE
    return HeldFor.SENDER if message.sender_id in await paused_senders(session, base_id=message.base_id) else None


def _hold(draft: Draft, held_for: HeldFor) -> None:
    draft.message.held_for, draft.message.state = held_for, State.HELD
    for row in draft.recipients:
        row.state = State.HELD if row.state == State.QUEUED else row.state


def _events(draft: Draft, actor: str) -> list[dict[str, Any]]:
    """What happened to the message, and to those of its recipients with whom the rules had to do."""
    message = draft.message
    common = {"message_id": message.id, "at": message.created_at, "actor": actor}
    events: list[dict[str, Any]] = [{**common, "id": new_id(), "state": message.state}]
    for row in draft.recipients:
        if row.state == State.CANCELLED:
            detail: dict[str, Any] = {"code": row.error_code}
        elif row.not_before is not None:
            detail = {"code": "outside_hours", "params": {"until": row.not_before.isoformat()}}
        else:
            continue
        events.append({**common, "id": new_id(), "recipient_id": row.id, "state": row.state, "detail": detail})
    return events
