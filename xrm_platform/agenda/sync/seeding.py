"""Everything of the agenda that the calendar does not have goes into the outbox: at the first synchronisation, and when
a link that only read begins to write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from . import event_queries
from .outbox import unwritten
from .tables import CalendarLink
from .work import Work

BATCH = 500


async def seed(work: Work) -> None:
    """Runs after everything there was read, so that what both have is known. Can be repeated."""
    link = work.link
    if not link.direction.pushes:
        return
    while True:
        async with work.transaction() as session:
            if await _some(session, link.row, work.now()) < BATCH:
                return


async def catch_up(session: AsyncSession, link: CalendarLink, now: datetime) -> None:
    """What changed here while the link only read was noted nowhere: everything is looked at once."""
    await event_queries.mark_all_dirty(session, base_id=link.base_id, link_id=link.id, now=now)
    while await _some(session, link, now) == BATCH:
        pass


async def _some(session: AsyncSession, link: CalendarLink, now: datetime) -> int:
    events = await event_queries.unlinked_events(
        session, base_id=link.base_id, owner_id=link.collaborator_id, link_id=link.id, limit=BATCH
    )
    session.add_all(unwritten(link, event.id, now) for event in events)
    await session.flush()
    return len(events)
