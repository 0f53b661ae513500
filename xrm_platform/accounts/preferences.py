"""The base's preferences of communication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.store import Store

from . import queries
from .presenting import sees_accounts_of
from .tables import CommunicationPreferences
from .views import PreferencesView

SMS_PAUSED_AT_FIRST = True
"""No SMS leaves a base before an administrator has said so."""


class Preferences:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def get(self, actor: Actor) -> PreferencesView:
        """For administrators, and whoever may send: they are told why their SMS wait."""
        sees_accounts_of(actor)
        async with self._store.read() as session:
            return PreferencesView(sms_paused=await sms_paused(session, base_id=actor.base_id))

    async def set_sms_paused(self, actor: Actor, paused: bool) -> PreferencesView:
        require_admin(actor)
        async with self._store.write() as session:
            await put_sms_paused(session, actor, paused=paused, at=self._now())
        return PreferencesView(sms_paused=paused)


async def sms_paused_meanwhile(session: AsyncSession, *, base_id: str) -> bool:
    """Whether the base's SMS are held, which nobody changes before the transaction ends; nor the pause of a sender."""
    await people.hold_base(session, base_id=base_id)
    return await sms_paused(session, base_id=base_id)


async def sms_paused(session: AsyncSession, *, base_id: str) -> bool:
    """Whether the base's SMS are held."""
    row = await queries.preferences(session, base_id=base_id)
    return SMS_PAUSED_AT_FIRST if row is None else row.sms_paused


async def put_sms_paused(session: AsyncSession, actor: Actor, *, paused: bool, at: datetime) -> bool:
    """Set the pause in a transaction that may do more with it; whether it was different before."""
    await people.lock_base(session, base_id=actor.base_id)
    row = await queries.preferences(session, base_id=actor.base_id)
    before = SMS_PAUSED_AT_FIRST if row is None else row.sms_paused
    if row is None:
        session.add(CommunicationPreferences(base_id=actor.base_id, sms_paused=paused))
    else:
        row.sms_paused = paused
    if before != paused:
        audit.record(
            session,
            actor,
            action="preferences.changed",
            subject="preferences",
            subject_id=actor.base_code,
            changes={"sms_paused": [before, paused]},
            at=at,
        )
    return before != paused
