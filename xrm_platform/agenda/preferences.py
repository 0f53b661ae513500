"""What a base sets about its agendas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.store import Store

from . import queries
from .invitations import queries as invitation_queries
from .invitations.tables import InvitingSwitch
from .rights import Accesses
from .tables import AgendaPreferences
from .views import AgendaPreferencesView


class AgendaSettings:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def get(self, actor: Actor) -> AgendaPreferencesView:
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            return await _view(session, actor)

    async def set_tell_owner(self, actor: Actor, *, tell: bool) -> AgendaPreferencesView:
        """Whether owners get a mail when their manager changed an event of theirs. An administrator's to set."""
        require_admin(actor)
        async with self._store.write() as session:
            row = await _row(session, actor)
            before, row.tell_owner = row.tell_owner, tell
            self._audit(session, actor, "tell_owner", before, tell)
            return await _view(session, actor)

    async def set_inviting(self, actor: Actor, *, invites: bool, owner: str | None = None) -> AgendaPreferencesView:
        """Whether events invite people outside by mail: those of the base, an administrator's to set, or those of the
        collaborator `owner` (code), who sets it too, as do managers. Both must want it."""
        if owner is None:
            require_admin(actor)
        async with self._store.write() as session:
            if owner is None:
                row = await _row(session, actor)
                before, row.invites = row.invites, invites
                self._audit(session, actor, "invites", before, invites)
            else:
                await self._set_inviting_of(session, actor, owner, invites=invites)
            return await _view(session, actor)

    async def _set_inviting_of(self, session: AsyncSession, actor: Actor, owner: str, *, invites: bool) -> None:
        accesses = await Accesses.of(session, actor)
        found = await lookup.collaborator(session, base_id=actor.base_id, code=owner)
        if not actor.is_admin:
            accesses.require_changes(found.id, found.code)
        of_whom = {"base_id": actor.base_id, "collaborator_id": found.id}
        row = await invitation_queries.switch(session, **of_whom)
        if row is None:
            row = InvitingSwitch(**of_whom, invites=True)
            session.add(row)
        before, row.invites = row.invites, invites
        self._audit(session, actor, f"invites.{found.code}", before, invites)

    def _audit(self, session: AsyncSession, actor: Actor, name: str, before: bool, after: bool) -> None:
        if before != after:
            audit.record(
                session,
                actor,
                action="agenda_preferences.changed",
                subject="base",
                subject_id=actor.base_code,
                changes={name: [before, after]},
                at=self._now(),
            )


async def _row(session: AsyncSession, actor: Actor) -> AgendaPreferences:
    row = await queries.preferences(session, base_id=actor.base_id)
    if row is None:
        row = AgendaPreferences(base_id=actor.base_id, tell_owner=True, invites=True)
        session.add(row)
    return row


async def _view(session: AsyncSession, actor: Actor) -> AgendaPreferencesView:
    row = await queries.preferences(session, base_id=actor.base_id)
    off = await invitation_queries.inviting_off(session, base_id=actor.base_id)
    codes = await lookup.codes(session, base_id=actor.base_id) if off else {}
    return AgendaPreferencesView(
        tell_owner=row is None or row.tell_owner,
        invites=row is None or row.invites,
        not_inviting=tuple(sorted(codes[one] for one in off)),
    )
