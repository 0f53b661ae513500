"""Takes what a calendar told into the agenda: a handful of changes in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda.ical.components import Incomprehensible
from xrm_platform.agenda.tables import Event
from xrm_platform.providers import Change, RemoteEvent, Removed, Unreadable
from xrm_platform.store import new_id

from . import event_queries
from .pairs import agree, columns_of, pair_of, park
from .plan import Do, Pair, Planned, plan
from .run_log import snapshot
from .said import Unsaid, read
from .states import Standing
from .tables import EventLink, SyncConflict
from .work import Work

UID_TWICE = "uid_twice"


@dataclass(slots=True)
class Known:
    """What the database says about the events of some changes: their links by ref and by event, and the events of the
    agenda by id and by UID."""

    by_ref: dict[str, EventLink]
    by_event: dict[str, EventLink] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    by_uid: dict[str, Event] = field(default_factory=dict)


async def take(work: Work, changes: Sequence[Change], pass_no: int) -> None:
    """Bring `changes` into the agenda. `pass_no` is the number of the full listing that named them.

    What is gone there is only marked: when all was read it is decided together. Raises `LeaseLost`.
    """
    link = work.link
    latest = {change.ref: change for change in changes}
    async with work.transaction() as session:
        known = await _look_up(session, work, list(latest.values()))
        named: list[str] = []
        pairs: list[tuple[EventLink, RemoteEvent]] = []
        for change in sorted(latest.values(), key=lambda one: not isinstance(one, Removed)):
            row = known.by_ref.get(change.ref)
            if isinstance(change, Removed):
                if row is not None:
                    row.missing = True
            elif isinstance(change, Unreadable):
                _cannot_read(session, work, row, change, pass_no)
            elif row is not None and row.etag == change.etag and row.state != Standing.PARKED:
                named.append(row.id)
            else:
                pairs.append((row or _matched(work, known, change), change))
        if named:
            await event_queries.seen(session, base_id=link.base_id, ids=named, pass_no=pass_no)
        await _settle(session, work, known, pairs, pass_no)
        work.log.counts["read"] += len(changes)


async def _look_up(session: AsyncSession, work: Work, changes: Sequence[Change]) -> Known:
    base_id, link_id = work.link.base_id, work.link.id
    rows = await event_queries.by_refs(
        session, base_id=base_id, link_id=link_id, refs=[change.ref for change in changes]
    )
    readable = {change.ref for change in changes if isinstance(change, RemoteEvent)}
    alone = [row for row in rows if row.event_id is None and row.ref in readable]
    if alone:  # they could not come in before, and are looked at as if they were new
        await event_queries.delete_event_links(session, base_id=base_id, ids=[row.id for row in alone])
    known = Known({str(row.ref): row for row in rows if row not in alone})
    new = {change.uid for change in changes if isinstance(change, RemoteEvent) and change.ref not in known.by_ref}
    if new:
        known.by_uid = await event_queries.events_by_uid(
            session, base_id=base_id, owner_id=work.link.owner_id, uids=new
        )
        ids = [event.id for event in known.by_uid.values()]
        found = await event_queries.by_events(session, base_id=base_id, link_id=link_id, event_ids=ids)
        known.by_event = {str(row.event_id): row for row in found}
        known.events = {event.id: event for event in known.by_uid.values()}
    moved = [
        row.event_id
        for change in changes
        if isinstance(change, RemoteEvent)
        and (row := known.by_ref.get(change.ref)) is not None
        and row.event_id is not None
        and (row.etag != change.etag or row.state == Standing.PARKED)
    ]
    if moved:
        known.events |= await event_queries.events(session, base_id=base_id, ids=moved)
    return known


def _matched(work: Work, known: Known, change: RemoteEvent) -> EventLink:
    """The link of an event that was not known under this ref: of the one in the agenda with the same UID, if that has
    no counterpart there yet, or one that is gone; else a new one."""
    event = known.by_uid.get(change.uid)
    row = known.by_event.get(event.id) if event is not None else None
    if row is not None and (row.ref is None or row.missing):
        return row
    made = EventLink(
        id=new_id(),
        base_id=work.link.base_id,
        link_id=work.link.id,
        ref=change.ref,
        generation=0,
        state=Standing.CLEAN,
        reason_params={},
        changed_at=work.now(),
    )
    if row is not None:
        park(made, UID_TWICE, {"part": change.uid[:200]})
    elif event is not None:
        made.event_id = event.id
        known.by_event[event.id] = made
    return made


def _cannot_read(session: AsyncSession, work: Work, row: EventLink | None, change: Unreadable, pass_no: int) -> None:
    if row is None:
        row = EventLink(
            id=new_id(),
            base_id=work.link.base_id,
            link_id=work.link.id,
            ref=change.ref,
            generation=0,
            reason_params={},
            changed_at=work.now(),
        )
        session.add(row)
    if row.state != Standing.PARKED:
        work.log.counts["parked"] += 1
    park(row, change.reason, {})
    row.seen_pass, row.missing = pass_no, False


async def _settle(
    session: AsyncSession,
    work: Work,
    known: Known,
    found: Iterable[tuple[EventLink, RemoteEvent]],
    pass_no: int,
) -> None:
    pairs: list[Pair] = []
    rows: dict[str, EventLink] = {}
    for row, change in found:
        if row.reason == UID_TWICE:
            row.seen_pass = pass_no
            work.log.counts["parked"] += 1
            session.add(row)
            continue
        event = known.events.get(row.event_id or "")
        pairs.append(pair_of(row, event, change))
        rows[row.id] = row
    fresh: list[Planned] = []
    for planned in await asyncio.to_thread(plan, pairs, work.link.direction):
        row = rows[planned.pair.id]
        row.seen_pass, row.missing = pass_no, False
        event = known.events.get(row.event_id or "")
        if planned.step.here is Do.MAKE and event is None and not planned.step.lost:
            fresh.append(planned)
        else:
            await apply_here(session, work, row, event, planned)
    await _bring_in(session, work, rows, fresh)


async def _bring_in(session: AsyncSession, work: Work, rows: Mapping[str, EventLink], fresh: Sequence[Planned]) -> None:
    """Events that the agenda does not have yet, all at once: one by one it would take ten times as long."""
    if not fresh:
        return
    link, now = work.link, work.now()
    made = await work.events.put_new(
        session,
        base=link.base,
        owner_id=link.owner_id,
        texts=[planned.step.ours for planned in fresh],
        by=link.by,
        now=now,
        origin=link.id,
    )
    brought: list[EventLink] = []
    for planned, event in zip(fresh, made, strict=True):
        row = rows[planned.pair.id]
        if isinstance(event, Incomprehensible):
            _park_unreadable(session, work, row, planned, event)
            continue
        row.event_id = event
        agree(row, planned.step.agreed, waiting=False, now=now)
        brought.append(row)
    await event_queries.add(session, [columns_of(row) for row in brought])
    await work.log.brought_in(session, brought)


async def apply_here(session: AsyncSession, work: Work, row: EventLink, event: Event | None, planned: Planned) -> None:
    """Do the part of a step that is about the agenda, and keep what both sides agree on from now on."""
    step = planned.step
    before = snapshot(row)
    if step.parked:
        _park(session, work, row, planned, step.parked, {})
        return
    try:
        written = await _write(session, work, event, planned)
    except Incomprehensible as error:
        _park_unreadable(session, work, row, planned, error)
        return
    if written is not None:
        row.event_id = written.id
    if step.here is not Do.KEEP:
        new = step.ours if step.here is Do.CHANGE else ""
        await work.log.effect(session, row, before, "here", step.here, planned.pair.ours or "", new)
    _keep_lost(session, work, row, planned)
    if step.agreed is None and step.there is Do.KEEP:
        if row in session:
            await session.delete(row)
        return
    session.add(row)
    agree(row, step.agreed, waiting=step.there is not Do.KEEP, now=work.now())


def _park_unreadable(
    session: AsyncSession, work: Work, row: EventLink, planned: Planned, error: Incomprehensible
) -> None:
    reason = UID_TWICE if error.code == "uid_taken" else error.code
    _park(session, work, row, planned, reason, {"part": error.part[:200]})


def _park(
    session: AsyncSession, work: Work, row: EventLink, planned: Planned, reason: str, params: Mapping[str, Any]
) -> None:
    session.add(row)
    work.log.counts["parked"] += 1
    if row.ref is None and planned.pair.theirs is not None:
        row.ref = planned.pair.theirs.ref
    park(row, reason, params)


async def _write(session: AsyncSession, work: Work, event: Event | None, planned: Planned) -> Event | None:
    link, step = work.link, planned.step
    if step.here is Do.DROP:
        if event is not None:
            await work.events.remove(session, event, by=link.by, now=work.now(), origin=link.id)
        return event
    if step.here is Do.KEEP:
        return event
    fresh = step.here is Do.MAKE and planned.pair.agreed is None
    return await work.events.put(
        session,
        base=link.base,
        owner_id=link.owner_id,
        text=step.ours,
        by=link.by,
        now=work.now(),
        event=None if fresh else event,
        origin=link.id,
    )


def _keep_lost(session: AsyncSession, work: Work, row: EventLink, planned: Planned) -> None:
    for lost in planned.step.lost:
        work.log.counts["conflicts"] += 1
        session.add(
            SyncConflict(
                id=new_id(),
                base_id=row.base_id,
                link_id=row.link_id,
                event_id=row.event_id,
                at=work.now(),
                kind=lost.kind,
                theirs_lost=lost.theirs_lost,
                title=title_of(lost.ours or lost.theirs),
                ours=lost.ours,
                theirs=lost.theirs,
                units=[list(unit) for unit in lost.units],
            )
        )


def title_of(ical: str) -> str:
    """The title of a text, empty for one that is no event."""
    try:
        return read(ical).title[:500]
    except Unsaid:
        return ""
