"""What a synchronisation would do, worked out from a full listing and the agenda, without writing anything."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from typing import cast

from sqlalchemy import select

from xrm_platform.agenda.ical.files import holds_private
from xrm_platform.agenda.tables import Event
from xrm_platform.providers import ChangePage, ProviderError, RemoteEvent
from xrm_platform.store import Store

from .access import HIDDEN
from .linking_up import counterparts
from .plan import Do, Pair, Planned, plan
from .reaching import refused
from .syncing import Syncing
from .tables import EventLink
from .taking import title_of
from .views import PlannedView, PreviewView
from .work import Link

EXAMPLES = 20
_DID = {Do.MAKE: "made", Do.CHANGE: "changed", Do.DROP: "dropped"}


class Previews:
    def __init__(self, store: Store, syncing: Syncing) -> None:
        self._store = store
        self._syncing = syncing

    async def preview(self, link: Link, *, hides: bool = False) -> PreviewView:
        """`hides`: without the titles of what is private. Raises `Conflicting` when the account cannot be used,
        `Invalid` when the calendar cannot be read."""
        driver = await self._syncing.driver_of(link)
        listed: dict[str, RemoteEvent] = {}
        unreadable = 0
        told = driver.pages("changes", lambda one: one.changes(link.calendar, None))
        try:
            async with contextlib.aclosing(cast("AsyncGenerator[ChangePage]", told)) as pages:
                async for page in pages:
                    for change in page.changes:
                        if isinstance(change, RemoteEvent):
                            listed[change.ref] = change
                        else:
                            unreadable += 1
        except ProviderError as error:
            raise refused(error, driver.descriptor.translations) from error
        pairs = await self._pairs(link, listed)
        planned = await asyncio.to_thread(plan, pairs, link.direction)
        held = self._held(planned, listed)
        return await asyncio.to_thread(summed_up, link.id, planned, unreadable, held=held, hides=hides)

    async def _pairs(self, link: Link, listed: dict[str, RemoteEvent]) -> Sequence[Pair]:
        async with self._store.read() as session:
            rows = (
                await session.scalars(
                    select(EventLink).where(EventLink.base_id == link.base_id, EventLink.link_id == link.id)
                )
            ).all()
            events = (
                await session.scalars(
                    select(Event).where(Event.base_id == link.base_id, Event.owner_id == link.owner_id)
                )
            ).all()
        return counterparts(rows, events, listed)

    def _held(self, planned: Sequence[Planned], listed: dict[str, RemoteEvent]) -> bool:
        known = sum(one.pair.agreed is not None for one in planned)
        here = sum(one.step.here is Do.DROP for one in planned)
        there = sum(one.step.there is Do.DROP for one in planned)
        brake = self._syncing.brake
        return brake.holds(here, known, all_at_once=not listed) or brake.holds(there, known)


def summed_up(link_id: str, planned: Sequence[Planned], unreadable: int, *, held: bool, hides: bool) -> PreviewView:
    """Counts and examples of a plan. Pure."""
    counts: Counter[str] = Counter()
    examples: list[PlannedView] = []
    for one in planned:
        step = one.step
        counts["conflicts"] += len(step.lost)
        counts["parked"] += bool(step.parked)
        counts["same"] += step.here is Do.KEEP and step.there is Do.KEEP and not step.parked
        for side, did in (("here", step.here), ("there", step.there)):
            if did is Do.KEEP:
                continue
            name = f"{_DID[did]}_{side}"
            counts[name] += 1
            if counts[name] <= EXAMPLES:
                examples.append(PlannedView(side, _DID[did], _title(one.pair, hides=hides)))
    return PreviewView(
        link=link_id,
        same=counts["same"],
        made_here=counts["made_here"],
        changed_here=counts["changed_here"],
        dropped_here=counts["dropped_here"],
        made_there=counts["made_there"],
        changed_there=counts["changed_there"],
        dropped_there=counts["dropped_there"],
        conflicts=counts["conflicts"],
        parked=counts["parked"] + unreadable,
        held=held,
        examples=tuple(examples),
    )


def _title(pair: Pair, *, hides: bool) -> str:
    theirs = pair.theirs.ical if pair.theirs is not None else ""
    if hides and (holds_private(pair.ours or "") or holds_private(theirs)):
        return HIDDEN
    return title_of(pair.ours or theirs)
