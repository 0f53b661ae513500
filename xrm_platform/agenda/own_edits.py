"""Edits that somebody makes here: written to the store together with what people outside are told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.actor import Actor
from xrm_platform.people.tables import Base

from .invitations.noting import Invitations
from .storing import EventStore
from .tables import Event


@dataclass(frozen=True, slots=True)
class Writing:
    """The transaction of an edit: who writes into whose agenda, and when."""

    session: AsyncSession
    actor: Actor
    base: Base
    owner_id: str
    now: datetime


class OwnEdits:
    """What synchronisation and imports write goes to the store past this: it invites nobody."""

    def __init__(self, events: EventStore, invitations: Invitations) -> None:
        self._events = events
        self._invitations = invitations

    async def put(self, writing: Writing, event: Event | None, text: str) -> Event:
        """Write an event, or (None) a new one. Raises `Incomprehensible`."""
        before = None if event is None else event.ical
        drafted = await self._invitations.drafted(writing.session, writing.base, before, text, writing.now)
        made = await self._events.put(
            writing.session,
            base=writing.base,
            owner_id=writing.owner_id,
            text=drafted.text,
            by=writing.actor.name,
            now=writing.now,
            event=event,
        )
        await self._invitations.note(writing.session, writing.actor, writing.base, made, drafted)
        return made

    async def remove(self, writing: Writing, event: Event) -> None:
        drafted = await self._invitations.drafted(writing.session, writing.base, event.ical, None, writing.now)
        await self._events.remove(writing.session, event, by=writing.actor.name, now=writing.now)
        await self._invitations.note(writing.session, writing.actor, writing.base, event, drafted)
