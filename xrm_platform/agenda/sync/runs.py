"""Synchronisation at a person's request: previewed, done now, and what waits for their word."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from xrm_platform.accounts.health import told
from xrm_platform.agenda.tables import Event
from xrm_platform.jobs import Wake
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Conflicting
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of

from . import event_queries
from .access import HIDDEN, link_for, sees_private
from .outbox import make_anew
from .previews import Previews
from .states import LinkState, RunState
from .syncing import Syncing
from .tables import EventLink
from .undoing import Undoing
from .views import ParkedView, PreviewView, RunView
from .work import Ran


class Runs:
    def __init__(self, store: Store, syncing: Syncing, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._syncing = syncing
        self._previews = Previews(store, syncing)
        self._undoing = Undoing(syncing)
        self._wake = wake
        self._now = now

    async def preview(self, actor: Actor, link_id: str) -> PreviewView:
        """What a synchronisation would do now, on both sides. Nothing is written anywhere.

        Raises `Missing`, `Forbidden`, and `Conflicting` or `Invalid` when the calendar cannot be read.
        """
        await self._require(actor, link_id)
        link = await self._syncing.found(link_id)
        return await self._previews.preview(link, hides=not sees_private(actor, link.owner_id))

    async def sync(self, actor: Actor, link_id: str) -> RunView:
        """Synchronise now. The first time, this is what starts the link. A calendar that was gone is looked for again.

        What fails is in the view. Raises `Missing`, `Forbidden`, and `Conflicting` when it is synchronised already or
        its account cannot be used.
        """
        await self._require(actor, link_id)
        ran = await self._syncing.run(await self._syncing.found(link_id))
        return run_view(link_id, ran)

    async def undo(self, actor: Actor, link_id: str) -> RunView:
        """Take back what the last synchronisation that did anything did, on both sides, as far as nobody changed it
        since. The link no longer synchronises by itself: else it would do the same again.

        Raises `Missing`, `Forbidden`, `Conflicting`.
        """
        await self._require(actor, link_id)
        link = await self._syncing.found(link_id)
        ran = await self._undoing.undo(link)
        async with self._store.write() as session:
            self._note(session, actor, "calendar_link.undone", link_id, {"auto_sync": [link.row.auto_sync, False]})
        return run_view(link_id, ran)

    async def release(self, actor: Actor, link_id: str, *, delete: bool) -> int:
        """Decide on deletions that wait: let them happen, or have the events back on the side where they are gone. How
        many events that concerned."""
        async with self._store.write() as session:
            row, _ = await link_for(session, actor, link_id)
            waiting = await event_queries.deletions_to_release(session, base_id=actor.base_id, link_id=link_id)
            ids = [one.event_id for one in waiting if one.event_id is not None]
            events = await event_queries.events(session, base_id=actor.base_id, ids=ids)
            for one in waiting:
                event = events.get(one.event_id or "")
                if delete:
                    one.released = True
                elif event is not None and event.deleted_at is None:
                    make_anew(one, self._now())
                elif event is not None:
                    await self._syncing.bring_back(session, row, one, event)
            row.held_here = row.held_there = 0
            row.next_run_at = self._now()
            changes = {"deletions": [len(waiting), "deleted" if delete else "put back"]}
            self._note(session, actor, "calendar_link.released", link_id, changes)
        self._wake(f"sync {link_id}")
        return len(waiting)

    async def parked(
        self, actor: Actor, link_id: str, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[ParkedView]:
        """The events that cannot be brought together, and why."""
        check_page(after, limit)
        async with self._store.read() as session:
            link, _ = await link_for(session, actor, link_id)
            rows = await event_queries.parked(
                session, base_id=actor.base_id, link_id=link_id, after=after, limit=limit + 1
            )
        views = [
            ParkedView(row.id, row.event_id, title, row.ref, row.reason or "", dict(row.reason_params), row.changed_at)
            for row, title in self._titled(rows, hides=not sees_private(actor, link.collaborator_id))
        ]
        return page_of(views, limit, lambda view: view.id)

    @staticmethod
    def _titled(rows: Sequence[tuple[EventLink, Event | None]], *, hides: bool) -> Iterator[tuple[EventLink, str]]:
        for row, event in rows:
            yield row, "" if event is None else HIDDEN if hides and event.private else event.summary

    async def _require(self, actor: Actor, link_id: str) -> None:
        async with self._store.read() as session:
            row, _ = await link_for(session, actor, link_id)
        if row.state == LinkState.GONE and row.cursor is None:
            raise Conflicting("calendar_gone", calendar=row.name)

    def _note(self, session: Any, actor: Actor, action: str, link_id: str, changes: audit.Changes) -> None:
        audit.record(
            session,
            actor,
            action=action,
            subject="calendar_link",
            subject_id=link_id,
            changes=changes,
            at=self._now(),
        )


def run_view(link_id: str, ran: Ran) -> RunView:
    code, params = (None, None) if ran.error is None else told(ran.error)
    state = RunState.DONE if ran.error is None else RunState.FAILED
    return RunView(
        link=link_id,
        state=state,
        **ran.counts,
        held_here=ran.held_here,
        held_there=ran.held_there,
        error_code=code,
        error_params=params,
    )
