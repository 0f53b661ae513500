"""What is written down beside a change: who did it, and what the owner is to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.store import new_id

from . import queries
from .tables import Event, OwnerNotice
from .views import AgendaEventView

AUDITED = (
    *("kind", "summary", "location", "description", "start", "end", "recurrence", "status", "private", "busy"),
    *("participants", "reminders", "exceptions"),
)
SECRET = frozenset({"summary", "location", "description", "participants", "reminders", "exceptions"})
"""What is not told of a private event, in the audit neither."""


def note_change(
    session: AsyncSession,
    actor: Actor,
    action: str,
    before: AgendaEventView | None,
    after: AgendaEventView | None,
    at: datetime,
) -> None:
    """Write the audit entry of a change, with `***` for what is private."""
    view = after or before
    if view is None:
        return
    private = any(one is not None and one.private for one in (before, after))
    changes: dict[str, list[Any]] = {"owner": [view.owner, view.owner]}
    for name in AUDITED:
        values = [_plain(getattr(one, name)) if one is not None else None for one in (before, after)]
        if values[0] != values[1]:
            hides = private and name in SECRET
            changes[name] = [audit.SECRET if value and hides else value for value in values]
    audit.record(session, actor, action=action, subject="event", subject_id=view.id, changes=changes, at=at)


def _plain(value: Any) -> Any:
    """As JSON holds it; of a participant the address, of an exception its key, of a reminder when and how."""
    if not isinstance(value, tuple):
        return value
    return [
        getattr(one, "email", None) or getattr(one, "collaborator", None) or getattr(one, "key", None) or _reminder(one)
        for one in value
    ]


def _reminder(one: Any) -> str:
    return f"{one.minutes} min {one.channel}" if hasattr(one, "minutes") else one.name


async def note_for_owner(session: AsyncSession, actor: Actor, what: str, event: Event, at: datetime) -> None:
    """Note that the owner is to be told, when somebody else than them changed their event, and the base wants it.

    The operator and host applications act for the owner: what they do is no news.
    """
    if actor.speaks_for_all or actor.collaborator_id in (None, event.owner_id):
        return
    preferences = await queries.preferences(session, base_id=event.base_id)
    if preferences is not None and not preferences.tell_owner:
        return
    session.add(
        OwnerNotice(
            id=new_id(),
            base_id=event.base_id,
            owner_id=event.owner_id,
            event_id=event.id,
            what=what,
            by=actor.collaborator_id,
            summary=event.summary,
            starts_at=event.starts_at,
            all_day=event.all_day,
            at=at,
        )
    )
