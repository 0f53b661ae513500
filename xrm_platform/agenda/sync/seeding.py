"""At the first synchronisation, everything of the agenda that the calendar does not have goes into the outbox."""

from __future__ import annotations

from . import event_queries
from .outbox import unwritten
from .work import Work

BATCH = 500


async def seed(work: Work) -> None:
    """Runs after everything there was read, so that what both have is known. Can be repeated."""
    link = work.link
    if not link.direction.pushes:
        return
    while True:
        async with work.transaction() as session:
            events = await event_queries.unlinked_events(
                session, base_id=link.base_id, owner_id=link.owner_id, link_id=link.id, limit=BATCH
            )
            session.add_all(unwritten(link.row, event.id, work.now()) for event in events)
        if len(events) < BATCH:
            return
