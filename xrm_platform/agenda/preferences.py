"""What a base sets about its agendas."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.store import Store

from . import queries
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
            row = await queries.preferences(session, base_id=actor.base_id)
        return AgendaPreferencesView(tell_owner=row is None or row.tell_owner)

    async def set_tell_owner(self, actor: Actor, *, tell: bool) -> AgendaPreferencesView:
        """Whether owners get a mail when their manager changed an event of theirs. An administrator's to set."""
        require_admin(actor)
        async with self._store.write() as session:
            row = await queries.preferences(session, base_id=actor.base_id)
            before = row is None or row.tell_owner
            if row is None:
                session.add(AgendaPreferences(base_id=actor.base_id, tell_owner=tell))
            else:
                row.tell_owner = tell
            if before != tell:
                audit.record(
                    session,
                    actor,
                    action="agenda_preferences.changed",
                    subject="base",
                    subject_id=actor.base_code,
                    changes={"tell_owner": [before, tell]},
                    at=self._now(),
                )
        return AgendaPreferencesView(tell_owner=tell)
