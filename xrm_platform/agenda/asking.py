"""What is asked for, as the rest of the agenda takes it: a new event as changes of nothing, people by code."""

from __future__ import annotations

import contextlib

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import lookup
from xrm_platform.people.lookup import Sender
from xrm_platform.problems import Missing

from .ical.components import Participant
from .requests import EventChanges, EventGiven
from .tables import Event


def as_changes(given: EventGiven) -> EventChanges:
    """A new event as changes of nothing."""
    wanted = EventChanges(
        summary=given.summary,
        start=given.start,
        kind=given.kind,
        location=given.location,
        description=given.description,
        participants=given.participants,
        reminders=given.reminders,
        status=given.status,
        private=given.private,
        busy=given.kind in ("appointment", "call") if given.busy is None else given.busy,
    )
    if given.end is not None:
        wanted["end"] = given.end
    if given.recurrence is not None:
        wanted["recurrence"] = given.recurrence
    return wanted


async def people_named(session: AsyncSession, base_id: str, given: tuple[str, ...]) -> dict[str, Participant]:
    """The collaborators among the participants that are given, by what was written for them."""
    found = {}
    for written in given:
        if "@" not in written:
            with contextlib.suppress(Missing):
                found[written] = participant_of(await lookup.sender(session, base_id=base_id, code=written))
    return found


def participant_of(sender: Sender) -> Participant:
    """A collaborator as somebody invited."""
    return Participant(sender.email or "", sender.name, sender.code)


async def organizer_of(session: AsyncSession, event: Event) -> Participant | None:
    """The owner, as the one who invites; None without a mail address to answer to."""
    codes = await lookup.codes(session, base_id=event.base_id)
    owner = await lookup.sender(session, base_id=event.base_id, code=codes[event.owner_id])
    return participant_of(owner) if owner.email else None
