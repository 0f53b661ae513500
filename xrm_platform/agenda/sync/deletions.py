"""What is no longer there: decided together when all was read, so that a fault never empties an agenda."""

from __future__ import annotations

import asyncio

from . import event_queries, queries
from .pairs import pair_of
from .plan import plan
from .taking import apply_here
from .work import Work

BATCH = 100


async def settle_missing(work: Work, *, all_at_once: bool) -> int:
    """Delete here what was deleted there, or keep it where it was changed here; how many were settled.

    More at once than the brake lets pass stay, are counted on the link, and wait for somebody to agree. `all_at_once`
    tells that a full listing named nothing at all.
    """
    link = work.link
    async with work.transaction() as session:
        counts = await event_queries.counted(session, base_id=link.base_id, link_id=link.id)
        held = work.brake.holds(counts["missing_there"], counts["linked"], all_at_once=all_at_once)
        waiting = counts["missing_there"] if held else 0
        await queries.update_link(session, base_id=link.base_id, link_id=link.id, values={"held_here": waiting})
    settled, after = 0, ""
    while True:
        async with work.transaction() as session:
            rows = await event_queries.missing(
                session, base_id=link.base_id, link_id=link.id, after=after, limit=BATCH, released_only=held
            )
            if not rows:
                return settled
            after = rows[-1].id
            ids = [row.event_id for row in rows if row.event_id is not None]
            events = await event_queries.events(session, base_id=link.base_id, ids=ids)
            pairs = [pair_of(row, events.get(row.event_id or ""), None) for row in rows]
            for row, planned in zip(rows, await asyncio.to_thread(plan, pairs, link.direction), strict=True):
                row.missing = False
                await apply_here(session, work, row, events.get(row.event_id or ""), planned)
            settled += len(rows)
