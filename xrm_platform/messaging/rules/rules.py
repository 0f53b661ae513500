"""The rules of a base: read by whoever may send, changed by administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit, lookup
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin, require_collaborative
from xrm_platform.store import Store

from . import queries
from .settings import RulesChanges, RulesView, changed
from .tables import MessagingRules

FIELDS = tuple(RulesView.__dataclass_fields__)
_LISTS = ("test_mails", "test_numbers", "days")


class Rules:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def get(self, actor: Actor) -> RulesView:
        """For whoever may send, too: they are told why a message waits or goes elsewhere."""
        if not actor.is_admin:
            require_collaborative(actor)
        async with self._store.read() as session:
            return await rules_of(session, base_id=actor.base_id)

    async def change(self, actor: Actor, changes: RulesChanges) -> RulesView:
        """What is absent stays. Raises `Invalid` with every fault. What was held in test mode stays held when it ends:
        a person looks at it and releases or discards it."""
        require_admin(actor)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            base = await lookup.base(session, base_id=actor.base_id)
            before = await rules_of(session, base_id=actor.base_id)
            after = changed(before, changes, base.country)
            noted = audit.differences(before, after, FIELDS)
            if not noted:
                return after
            row = await queries.rules(session, base_id=actor.base_id)
            if row is None:
                session.add(MessagingRules(base_id=actor.base_id, **_columns(after)))
            else:
                for name, value in _columns(after).items():
                    setattr(row, name, value)
            audit.record(
                session,
                actor,
                action="rules.changed",
                subject="rules",
                subject_id=actor.base_code,
                changes=noted,
                at=self._now(),
            )
        return after


async def rules_of(session: AsyncSession, *, base_id: str) -> RulesView:
    """The rules of a base, in a transaction that works by them."""
    return _view(await queries.rules(session, base_id=base_id))


async def zone_and_rules_of(session: AsyncSession, *, base_id: str) -> tuple[str, RulesView]:
    """The base's time zone with its rules."""
    zone, row = await queries.zone_and_rules(session, base_id=base_id)
    return zone, _view(row)


def _view(row: MessagingRules | None) -> RulesView:
    if row is None:
        return RulesView()
    stored = {name: getattr(row, name) for name in FIELDS}
    return RulesView(**{**stored, **{name: tuple(stored[name]) for name in _LISTS}})


def _columns(view: RulesView) -> dict[str, object]:
    columns = asdict(view)
    return {name: list(value) if name in _LISTS else value for name, value in columns.items()}
