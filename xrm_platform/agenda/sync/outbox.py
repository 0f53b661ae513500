"""What changes here is noted for every calendar that the agenda is linked to, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from xrm_platform.agenda.storing import EventChange
from xrm_platform.agenda.tables import Event
from xrm_platform.jobs import Wake
from xrm_platform.store import new_id

from . import event_queries, queries
from .pairs import agree
from .plan import Direction
from .states import Standing
from .tables import CalendarLink, EventLink

DEBOUNCE = timedelta(seconds=2)
"""How long after a change its links are synchronised: who moves an event often moves it twice."""


WAKES = "links to wake"


class Outbox:
    """`note` is called after each change of an event, inside its transaction."""

    def __init__(self, wake: Wake, now: Callable[[], datetime]) -> None:
        self._wake = wake
        self._now = now

    async def note(self, session: AsyncSession, change: EventChange) -> None:
        """Every link of the owner has something to write, but the one that the change came from."""
        event, now = change.event, self._now()
        links = await self._links_of(session, event)
        told = [link for link in links if link.id != change.origin and link.direction != Direction.PULL]
        if not told:
            return
        known: frozenset[str] = frozenset()
        if not change.created:
            known = await event_queries.mark_dirty(
                session, base_id=event.base_id, event_id=event.id, link_ids=[link.id for link in told], now=now
            )
        if event.deleted_at is None:
            session.add_all(unwritten(link, event.id, now) for link in told if link.id not in known)
        self._wake_after_commit(session, [link.id for link in told if link.auto_sync], now + DEBOUNCE)

    async def _links_of(self, session: AsyncSession, event: Event) -> Sequence[CalendarLink]:
        """The links of the owner, which a transaction asks for once."""
        key = f"links of {event.owner_id}"
        if key not in session.info:
            session.info[key] = await queries.links_of(session, base_id=event.base_id, owner_id=event.owner_id)
        links: Sequence[CalendarLink] = session.info[key]
        return links

    def _wake_after_commit(self, session: AsyncSession, link_ids: Sequence[str], at: datetime) -> None:
        waiting: set[str] | None = session.info.get(WAKES)
        if waiting is not None:
            waiting.update(link_ids)
            return
        waiting = session.info[WAKES] = set(link_ids)

        def committed(_session: Session) -> None:
            for link_id in sorted(waiting):
                self._wake(f"sync {link_id}", at)

        sqlalchemy_event.listen(session.sync_session, "after_commit", committed, once=True)


def unwritten(link: CalendarLink, event_id: str, now: datetime) -> EventLink:
    """An event that the calendar of the link does not have yet. The id, and so the key that it is made with, is fixed
    here."""
    return EventLink(
        id=new_id(),
        base_id=link.base_id,
        link_id=link.id,
        event_id=event_id,
        state=Standing.DIRTY,
        changed_at=now,
    )


def make_anew(row: EventLink, now: datetime) -> None:
    """What is gone there is to be there again."""
    agree(row, None, waiting=True, now=now)
