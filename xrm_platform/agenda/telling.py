"""Tell the observers of plugins that an event was created, changed or deleted, and by whom, after the commit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from xrm_platform.people import lookup
from xrm_platform.registry import Notices

from .storing import EventChange

TOLD = "events to tell observers of"

_Waiting = Mapping[tuple[str, str], dict[str, str]]
"""By base and who did it, the state of each event."""


class EventNotices:
    """`note` is called after each change of an event, inside its transaction."""

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    async def note(self, session: AsyncSession, change: EventChange) -> None:
        event = change.event
        state = "deleted" if event.deleted_at is not None else "created" if change.created else "changed"
        waiting: _Waiting | None = session.info.get(TOLD)
        if waiting is None:
            waiting = session.info[TOLD] = defaultdict(dict)
            self._after_commit(session, waiting)
        code = await self._code(session, event.base_id)
        waiting[code, event.changed_by][event.id] = state

    async def _code(self, session: AsyncSession, base_id: str) -> str:
        """The code of a base, which a transaction asks for once."""
        key = f"code of {base_id}"
        if key not in session.info:
            session.info[key] = (await lookup.base(session, base_id=base_id)).code
        return str(session.info[key])

    def _after_commit(self, session: AsyncSession, waiting: _Waiting) -> None:
        def committed(_session: Session) -> None:
            for (base_code, by), states in waiting.items():
                self._notices.post(base_code, "event", states.items(), by=by)

        sqlalchemy_event.listen(session.sync_session, "after_commit", committed, once=True)
