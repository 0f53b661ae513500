"""What a person does with messages that are held: let them go, or discard them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.preferences import sms_paused
from xrm_platform.jobs import Wake
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin, require_may_send_as
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Channel
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import queries
from .bulk.queries import jobs_in
from .bulk.states import JobState
from .messages import visible_message
from .queries import WaitingMessage
from .rules.queries import paused_senders
from .rules.rules import rules_of
from .states import HeldFor, State


@dataclass(frozen=True, slots=True)
class Pauses:
    """What holds messages of a base now."""

    base: bool
    senders: frozenset[str]
    bulks: frozenset[str]
    test_mode: bool

    def hold(self, message: WaitingMessage) -> HeldFor | None:
        """What still holds a message that is held. In test mode that is only what was meant for real."""
        if message.channel == Channel.SMS and self.base:
            return HeldFor.BASE
        if message.channel == Channel.SMS and message.sender_id in self.senders:
            return HeldFor.SENDER
        if message.bulk_id in self.bulks:
            return HeldFor.BULK
        return HeldFor.TEST_MODE if self.test_mode and message.held_for == HeldFor.TEST_MODE else None


class Held:
    """Messages that are held, one by one or all of a base. `Messages.list(state="held")` shows them."""

    def __init__(self, store: Store, notices: Notices, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._notices = notices
        self._wake = wake
        self._now = now

    async def release(self, actor: Actor, message_id: str) -> None:
        """Let one message go. Raises `Missing`, `Forbidden`, and `Conflicting` when it is not held or when what holds
        it is still in force: then that has to end first."""
        async with self._store.write() as session:
            message = await _held_message(session, actor, message_id)
            still = (await _pauses(session, actor.base_id)).hold(message)
            if still is not None:
                raise Conflicting(f"still_{still.value}")
            await _move(session, actor, [message], State.QUEUED, self._now())
        self._tell(actor, [message], State.QUEUED)

    async def discard(self, actor: Actor, message_id: str) -> None:
        """Cancel one message that is held. Raises as `release`, but for what holds it."""
        async with self._store.write() as session:
            message = await _held_message(session, actor, message_id)
            await _move(session, actor, [message], State.CANCELLED, self._now())
        self._notices.post(actor.base_code, "message", [(message.id, State.CANCELLED)])

    async def release_all(self, actor: Actor) -> int:
        """Let go all that nothing holds any more, such as what was held in test mode; how many. Administrators only."""
        require_admin(actor)
        async with self._store.write() as session:
            released = await release_held(session, actor, self._now(), reasons=frozenset(HeldFor))
        self._tell(actor, released, State.QUEUED)
        return len(released)

    async def discard_all(self, actor: Actor, *, sender: str | None = None) -> int:
        """Cancel all that is held, or what is held of one collaborator; how many. Administrators only."""
        require_admin(actor)
        async with self._store.write() as session:
            sender_id = None
            if sender is not None:
                sender_id = (await lookup.collaborator(session, base_id=actor.base_id, code=sender)).id
            held = await queries.waiting(session, base_id=actor.base_id, state=State.HELD, sender_id=sender_id)
            await _move(session, actor, held, State.CANCELLED, self._now())
        self._notices.post(actor.base_code, "message", [(one.id, State.CANCELLED) for one in held])
        return len(held)

    def _tell(self, actor: Actor, messages: Collection[WaitingMessage], state: State) -> None:
        self._notices.post(actor.base_code, "message", [(one.id, state) for one in messages])
        for account_id in {one.account_id for one in messages}:
            self._wake(f"deliver {account_id}")


async def release_held(
    session: AsyncSession,
    actor: Actor,
    now: datetime,
    *,
    reasons: Collection[HeldFor],
    bulk_id: str | None = None,
) -> list[WaitingMessage]:
    """Queue what is held for one of `reasons` and what nothing else holds; what something else holds says so from now
    on. With `bulk_id` only messages of that job. Those that were queued."""
    pauses = await _pauses(session, actor.base_id)
    released: list[WaitingMessage] = []
    kept: dict[HeldFor, list[str]] = defaultdict(list)
    for message in await queries.waiting(session, base_id=actor.base_id, state=State.HELD, bulk_id=bulk_id):
        still = pauses.hold(message)
        if still is not None and still != message.held_for:
            kept[still].append(message.id)
        elif still is None and (message.held_for or HeldFor.BASE) in reasons:
            released.append(message)
    for reason, ids in kept.items():
        await queries.hold(session, base_id=actor.base_id, message_ids=ids, source=State.HELD, held_for=reason)
    await _move(session, actor, released, State.QUEUED, now)
    return released


async def _move(
    session: AsyncSession, actor: Actor, messages: Collection[WaitingMessage], target: State, now: datetime
) -> None:
    """Bring held messages to `target`, each with its event."""
    ids = [one.id for one in messages]
    await queries.move(session, base_id=actor.base_id, message_ids=ids, source=State.HELD, target=target)
    await queries.add_change_events(
        session, base_id=actor.base_id, message_ids=ids, state=target, actor=actor.name, at=now
    )


async def _held_message(session: AsyncSession, actor: Actor, message_id: str) -> WaitingMessage:
    message = await visible_message(session, actor, message_id, for_update=True)
    require_may_send_as(actor, message.sender_id)
    if message.state != State.HELD:
        raise Conflicting("not_held", state=message.state)
    return WaitingMessage(
        message.id, message.channel, message.sender_id, message.account_id, message.held_for, message.bulk_id
    )


async def _pauses(session: AsyncSession, base_id: str) -> Pauses:
    return Pauses(
        base=await sms_paused(session, base_id=base_id),
        senders=await paused_senders(session, base_id=base_id),
        bulks=await jobs_in(session, base_id=base_id, state=JobState.PAUSED),
        test_mode=(await rules_of(session, base_id=base_id)).test_mode,
    )
