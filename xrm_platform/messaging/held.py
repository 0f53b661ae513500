"""The pauses that keep: of a base ("Ne pas envoyer de SMS pour le moment"), of one collaborator, of a bulk job.

Messages are held, and a release sends them. What an account that is paused would send stays queued, and says that it
waits for the account: nothing has to be moved, for the account is not worked on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.preferences import put_sms_paused
from xrm_platform.jobs import Wake
from xrm_platform.people import audit, lookup
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin, require_collaborative
from xrm_platform.providers import Channel
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import queries
from .releasing import release_held
from .rules import queries as rules_queries
from .rules.tables import PausedSender
from .states import HeldFor, State


@dataclass(frozen=True, slots=True)
class PausedSenderView:
    """A collaborator whose SMS are held, since when and by whom."""

    collaborator: str
    since: datetime
    by: str


class SmsPause:
    def __init__(self, store: Store, notices: Notices, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._notices = notices
        self._wake = wake
        self._now = now

    async def pause(self, actor: Actor, sender: str | None = None) -> int:
        """Hold the SMS of the base, or of the collaborator `sender`, from now on, those that wait too; how many were
        held. Administrators only."""
        require_admin(actor)
        now = self._now()
        async with self._store.write() as session:
            if sender is None:
                await put_sms_paused(session, actor, paused=True, at=now)
                held = await hold_queued(session, base_id=actor.base_id, actor=actor.name, now=now)
            else:
                sender_id = await self._pause_sender(session, actor, sender, now)
                held = await hold_queued(session, base_id=actor.base_id, actor=actor.name, now=now, sender_id=sender_id)
        self._notices.post(actor.base_code, "message", [(message_id, State.HELD) for message_id in held])
        return len(held)

    async def release(self, actor: Actor, sender: str | None = None) -> int:
        """Let SMS go again, those that were held too; how many there were. What another pause still holds stays held.
        Administrators only."""
        require_admin(actor)
        now = self._now()
        async with self._store.write() as session:
            if sender is None:
                await put_sms_paused(session, actor, paused=False, at=now)
            else:
                await self._release_sender(session, actor, sender, now)
            released = await release_held(session, actor, now, reasons={HeldFor.BASE, HeldFor.SENDER})
        self._notices.post(actor.base_code, "message", [(one.id, State.QUEUED) for one in released])
        for account_id in {one.account_id for one in released}:
            self._wake(f"deliver {account_id}")
        return len(released)

    async def paused_senders(self, actor: Actor) -> tuple[PausedSenderView, ...]:
        """The collaborators whose SMS are held, by code."""
        require_collaborative(actor)
        async with self._store.read() as session:
            found = await rules_queries.paused_senders_with_codes(session, base_id=actor.base_id)
        return tuple(PausedSenderView(code, at, by) for code, at, by in found)

    async def _pause_sender(self, session: AsyncSession, actor: Actor, sender: str, now: datetime) -> str:
        await people.lock_base(session, base_id=actor.base_id)
        person = await lookup.collaborator(session, base_id=actor.base_id, code=sender)
        row = await rules_queries.paused_sender(session, base_id=actor.base_id, collaborator_id=person.id)
        if row is None:
            session.add(
                PausedSender(base_id=actor.base_id, collaborator_id=person.id, paused_at=now, paused_by=actor.name)
            )
            _note(session, actor, person.code, now, paused=True)
        return person.id

    async def _release_sender(self, session: AsyncSession, actor: Actor, sender: str, now: datetime) -> None:
        await people.lock_base(session, base_id=actor.base_id)
        person = await lookup.collaborator(session, base_id=actor.base_id, code=sender)
        row = await rules_queries.paused_sender(session, base_id=actor.base_id, collaborator_id=person.id)
        if row is not None:
            await session.delete(row)
            await session.flush()
            _note(session, actor, person.code, now, paused=False)


async def hold_queued(
    session: AsyncSession,
    *,
    base_id: str,
    actor: str,
    now: datetime,
    sender_id: str | None = None,
    bulk_id: str | None = None,
) -> list[str]:
    """Hold every queued SMS of the base or of one sender, or every queued message of one bulk job; their ids."""
    channel = Channel.SMS if bulk_id is None else None
    queued = await queries.waiting(
        session, base_id=base_id, channel=channel, state=State.QUEUED, sender_id=sender_id, bulk_id=bulk_id
    )
    ids = [one.id for one in queued]
    reason = HeldFor.BULK if bulk_id is not None else HeldFor.SENDER if sender_id is not None else HeldFor.BASE
    await queries.hold(session, base_id=base_id, message_ids=ids, source=State.QUEUED, held_for=reason)
    await queries.add_change_events(
        session, base_id=base_id, message_ids=ids, state=State.HELD, actor=actor, at=now, detail={"code": reason.value}
    )
    return ids


def _note(session: AsyncSession, actor: Actor, code: str, at: datetime, *, paused: bool) -> None:
    audit.record(
        session,
        actor,
        action="sender.paused" if paused else "sender.released",
        subject="collaborator",
        subject_id=code,
        changes={"sms_paused": [not paused, paused]},
        at=at,
    )
