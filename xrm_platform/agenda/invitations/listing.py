"""Show what people outside were told of an event and what they answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xrm_platform.agenda import queries as agenda_queries
from xrm_platform.agenda.rights import Accesses
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Missing
from xrm_platform.store import Store

from . import queries
from .tables import Invitation, InvitationAnswer, Invited
from .views import EventInvitationsView, InvitationAnswerView, InvitationView, InvitedView

SHOWN = 100


class InvitationsShown:
    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, actor: Actor, event_id: str) -> EventInvitationsView:
        """Of deleted events too. Raises `Missing`, also for somebody else's private event."""
        async with self._store.read() as session:
            accesses = await Accesses.of(session, actor)
            event = None
            if event_id.isprintable():
                event = await agenda_queries.event(session, base_id=actor.base_id, event_id=event_id)
            if event is None or not accesses.to(event.owner_id).sees:
                raise Missing("unknown_event", event=event_id[:40])
            codes = await lookup.codes(session, base_id=actor.base_id)
            access = accesses.require_sees(event.owner_id, codes[event.owner_id])
            if event.private and not access.sees_private:
                raise Missing("unknown_event", event=event_id[:40])
            of_event = {"base_id": actor.base_id, "event_id": event.id}
            sent = await queries.invitations(session, **of_event, limit=SHOWN)
            people = await queries.people_of(session, base_id=actor.base_id, invitation_ids=[row.id for row in sent])
            lost = await queries.not_arrived(session, base_id=actor.base_id, people=people)
            answers = await queries.answers(session, **of_event, limit=SHOWN)
        return EventInvitationsView(
            event.id, tuple(_invitation(row, people, lost) for row in sent), tuple(_answer(row) for row in answers)
        )


def _invitation(
    row: Invitation, people: Iterable[Invited], lost: Mapping[tuple[str, str], queries.Outcome]
) -> InvitationView:
    return InvitationView(
        id=row.id,
        method=row.method,
        what=row.what,
        occurrences=tuple(row.keys),
        sequence=row.sequence,
        created_at=row.created_at,
        created_by=row.created_by,
        people=tuple(_person(one, queries.outcome_of(one, lost)) for one in people if one.invitation_id == row.id),
    )


def _person(row: Invited, outcome: queries.Outcome) -> InvitedView:
    return InvitedView(row.email, row.name, outcome.state, outcome.note, outcome.params, row.message_id)


def _answer(row: InvitationAnswer) -> InvitationAnswerView:
    return InvitationAnswerView(
        received_at=row.received_at,
        address=row.address,
        occurrence=row.key or None,
        kind=row.kind,
        status=row.status,
        taken=row.taken,
        note=row.note,
        comment=row.comment,
        proposed_start=row.proposed_start,
        proposed_end=row.proposed_end,
    )
