"""The pause that keeps: "Ne pas envoyer de SMS pour le moment". Messages are held, and a release sends them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.preferences import put_sms_paused
from xrm_platform.jobs import Wake
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.providers import Channel
from xrm_platform.store import Store, new_id

from . import queries
from .states import State


class SmsPause:
    def __init__(self, store: Store, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._wake = wake
        self._now = now

    async def pause(self, actor: Actor) -> int:
        """Hold the SMS of the base from now on, those that wait too; how many were held. Administrators only."""
        require_admin(actor)
        now = self._now()
        async with self._store.write() as session:
            await put_sms_paused(session, actor, paused=True, at=now)
            return len(await hold_queued(session, base_id=actor.base_id, actor=actor.name, now=now))

    async def release(self, actor: Actor) -> int:
        """Let SMS go again, those that were held too; how many there were. Administrators only."""
        require_admin(actor)
        now = self._now()
        async with self._store.write() as session:
            await put_sms_paused(session, actor, paused=False, at=now)
            held = await queries.messages_in_state(
                session, base_id=actor.base_id, channel=Channel.SMS, state=State.HELD
            )
            await _move(session, actor.base_id, held, State.HELD, State.QUEUED, actor.name, now)
            accounts = await queries.accounts_of(
                session, base_id=actor.base_id, channel=Channel.SMS, state=State.QUEUED
            )
        for account_id in accounts:
            self._wake(f"deliver {account_id}")
        return len(held)


async def hold_queued(session: AsyncSession, *, base_id: str, actor: str, now: datetime) -> Sequence[str]:
    """Hold every queued SMS of the base: the base is paused."""
    queued = await queries.messages_in_state(session, base_id=base_id, channel=Channel.SMS, state=State.QUEUED)
    await _move(session, base_id, queued, State.QUEUED, State.HELD, actor, now)
    return queued


async def _move(
    session: AsyncSession, base_id: str, ids: Sequence[str], source: State, target: State, actor: str, now: datetime
) -> None:
    await queries.move(session, base_id=base_id, message_ids=ids, source=source, target=target)
    await queries.add_events(
        session,
        base_id=base_id,
        events=[
            {"id": new_id(), "message_id": message_id, "at": now, "state": target, "actor": actor} for message_id in ids
        ],
    )
