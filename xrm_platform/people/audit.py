"""Who changed what: written in the transaction of the change itself, read by administrators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import queries
from .actor import Actor
from .rights import require_admin
from .tables import AuditEntry
from .views import AuditView

Changes = Mapping[str, list[Any]]
SECRET = "***"  # noqa: S105 - what is written instead of one


def record(
    session: AsyncSession,
    actor: Actor,
    *,
    action: str,
    subject: str,
    subject_id: str,
    changes: Changes,
    at: datetime,
) -> None:
    """Note that `actor` did `action` (`collaborator.changed`) to `subject`; `changes` maps a field to [old, new].

    Values are JSON (times as text); a secret is given as `SECRET` on either side.
    """
    session.add(
        AuditEntry(
            id=new_id(),
            base_id=actor.base_id,
            at=at,
            actor=actor.name,
            action=action,
            subject=subject,
            subject_id=subject_id,
            changes=dict(changes),
        )
    )


def differences(before: object, after: object, fields: Iterable[str]) -> dict[str, list[Any]]:
    """What `record` wants as changes: those of `fields` in which the two views differ."""
    return {
        name: [getattr(before, name), getattr(after, name)]
        for name in fields
        if getattr(before, name) != getattr(after, name)
    }


class Audit:
    """The audit, for administrators."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[AuditView]:
        """Newest first."""
        require_admin(actor)
        check_page(after, limit)
        async with self._store.read() as session:
            entries = await queries.audit_entries(session, base_id=actor.base_id, before=after, limit=limit + 1)
        return page_of([_view(entry) for entry in entries], limit, lambda view: view.id)


def _view(entry: AuditEntry) -> AuditView:
    return AuditView(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        subject=entry.subject,
        subject_id=entry.subject_id,
        changes=entry.changes,
    )
