"""Searches for contacts that are kept under a name, to send to again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xrm_platform.people import audit, fields
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Missing
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .tables import Selection
from .views import SelectionView

NAME_LIMIT = 80
SEARCH_LIMIT = 200


class Selections:
    """Of the base: whoever may send uses them and changes them, as with the address book."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def save(self, actor: Actor, name: str, search: str) -> SelectionView:
        """Keep a search, in place of the one that has this name. An empty one finds all contacts. Raises `Invalid`."""
        _require(actor, Scope.SEND)
        name = fields.line("name", name, limit=NAME_LIMIT, required=True)
        search = fields.line("search", search, limit=SEARCH_LIMIT)
        now = self._now()
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            row = await queries.selection(session, base_id=actor.base_id, name=name)
            before = None if row is None else row.search
            if row is None:
                row = Selection(id=new_id(), base_id=actor.base_id, name=name)
                session.add(row)
            row.search, row.created_at, row.created_by = search, now, actor.name
            if before != search:
                audit.record(
                    session,
                    actor,
                    action="selection.saved",
                    subject="selection",
                    subject_id=name,
                    changes={"search": [before, search]},
                    at=now,
                )
        return _view(row)

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[SelectionView]:
        """By name."""
        _require(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            rows = await queries.selections(session, base_id=actor.base_id, after=after, limit=limit + 1)
        return page_of([_view(row) for row in rows], limit, lambda view: view.name)

    async def remove(self, actor: Actor, name: str) -> None:
        """Raises `Missing`."""
        _require(actor, Scope.SEND)
        async with self._store.write() as session:
            row = await queries.selection(session, base_id=actor.base_id, name=name) if name.isprintable() else None
            if row is None:
                raise Missing("unknown_selection", selection=name)
            await session.delete(row)
            audit.record(
                session,
                actor,
                action="selection.removed",
                subject="selection",
                subject_id=name,
                changes={"search": [row.search, None]},
                at=self._now(),
            )


def _require(actor: Actor, scope: Scope) -> None:
    require_collaborative(actor)
    require_scope(actor, scope)


def _view(row: Selection) -> SelectionView:
    return SelectionView(row.name, row.search, row.created_at, row.created_by)
