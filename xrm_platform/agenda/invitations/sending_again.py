"""Tell people outside once more what did not reach them, as it was to be told."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda import queries as agenda_queries
from xrm_platform.agenda.rights import Accesses
from xrm_platform.agenda.tables import Event
from xrm_platform.jobs import Wake
from xrm_platform.people import audit, lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.store import Store, new_id

from . import queries
from .listing import InvitationsShown
from .noting import INVITE
from .planning import is_past
from .queries import Outcome
from .seen import Seen
from .tables import Invitation, Invited
from .views import EventInvitationsView

MOST_MESSAGES = 500
SWITCHED_OFF = frozenset({"invitations_off", "invitations_off_of_owner"})


@dataclass(frozen=True, slots=True)
class _Told:
    """What somebody was to be told by the last message that says it, and what became of that."""

    invitation: Invitation
    person: Invited
    outcome: Outcome

    @property
    def did_not_reach(self) -> bool:
        return self.outcome.state == "failed" or (self.outcome.state == "skipped" and self.outcome.note in SWITCHED_OFF)


class SendingAgain:
    def __init__(self, store: Store, shown: InvitationsShown, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._shown = shown
        self._wake = wake
        self._now = now

    async def send(self, actor: Actor, event_id: str, to: Collection[str] = ()) -> EventInvitationsView:
        """Whoever may change the event has what could not be sent, or was not because invitations were off, sent again;
        with `to`, addresses of people who were invited, to those and whatever became of it the last time.

        Raises `Missing`, also for an address that was told nothing, `Forbidden`, and `Conflicting` when there is
        nothing to send.
        """
        async with self._store.write() as session:
            event = await _to_change(session, actor, event_id)
            base = await lookup.base(session, base_id=actor.base_id)
            last = await _last(session, event)
            wanted = {fold_mail(address) for address in to}
            for address in sorted(wanted - {one.person.address for one in last}):
                raise Missing("nobody_invited", address=address[:320])
            chosen = [one for one in last if (one.person.address in wanted if wanted else one.did_not_reach)]
            chosen = [one for one in chosen if one.outcome.state != "waiting"]
            chosen = await asyncio.to_thread(_to_come, chosen, ZoneInfo(base.time_zone), self._now())
            if not chosen:
                raise Conflicting("nothing_to_send_again")
            await self._note(session, actor, event, chosen)
        self._wake(INVITE)
        return await self._shown.of(actor, event_id)

    async def _note(self, session: AsyncSession, actor: Actor, event: Event, chosen: Sequence[_Told]) -> None:
        """As new messages, that have keys of their own: what went before is not taken for them."""
        by_invitation: Mapping[str, list[_Told]] = defaultdict(list)
        for one in chosen:
            by_invitation[one.invitation.id].append(one)
        for told in by_invitation.values():
            await queries.add(session, _copy(told[0].invitation, actor, self._now()), [_row(one) for one in told])
        people = sorted({one.person.email for one in chosen})
        audit.record(
            session,
            actor,
            action="event.invited_again",
            subject="event",
            subject_id=event.id,
            changes={"participants": [None, audit.SECRET if event.private else people]},
            at=self._now(),
        )


async def _to_change(session: AsyncSession, actor: Actor, event_id: str) -> Event:
    """Also one that is deleted: that it is off may not have reached somebody."""
    accesses = await Accesses.of(session, actor)
    event = None
    if event_id.isprintable():
        event = await agenda_queries.event(session, base_id=actor.base_id, event_id=event_id, for_update=True)
    if event is None or not accesses.to(event.owner_id).sees:
        raise Missing("unknown_event", event=event_id[:40])
    codes = await lookup.codes(session, base_id=actor.base_id)
    accesses.require_changes(event.owner_id, codes[event.owner_id], private=event.private)
    return event


async def _last(session: AsyncSession, event: Event) -> Sequence[_Told]:
    """Of each person what no later message says anew, or takes back."""
    rows = await queries.invitations(session, base_id=event.base_id, event_id=event.id, limit=MOST_MESSAGES)
    invitations = {row.id: row for row in rows}
    people = await queries.people_of(session, base_id=event.base_id, invitation_ids=list(invitations))
    lost = await queries.not_arrived(session, base_id=event.base_id, people=people)
    found: list[_Told] = []
    said: dict[str, list[frozenset[str]]] = defaultdict(list)
    for person in sorted(people, key=lambda one: one.invitation_id, reverse=True):
        keys = frozenset(invitations[person.invitation_id].keys)
        later = said[person.address]
        if not any(not one or one == keys for one in later):
            found.append(_Told(invitations[person.invitation_id], person, queries.outcome_of(person, lost)))
        later.append(keys)
    return found


def _to_come(chosen: Sequence[_Told], home: ZoneInfo, now: datetime) -> list[_Told]:
    """Without what is over."""
    kept: dict[str, bool] = {}
    for one in chosen:
        if one.invitation.id not in kept:
            seen = Seen.of(one.invitation.ical, frozenset(), home)
            kept[one.invitation.id] = not is_past(seen, one.invitation.keys, now)
    return [one for one in chosen if kept[one.invitation.id]]


def _copy(row: Invitation, actor: Actor, now: datetime) -> Invitation:
    return Invitation(
        id=new_id(),
        base_id=row.base_id,
        owner_id=row.owner_id,
        event_id=row.event_id,
        method=row.method,
        what=row.what,
        keys=list(row.keys),
        sequence=row.sequence,
        language=row.language,
        ical=row.ical,
        created_at=now,
        created_by=actor.name,
    )


def _row(told: _Told) -> dict[str, object]:
    person = told.person
    return {
        "address": person.address,
        "email": person.email,
        "name": person.name,
        "state": "waiting",
        "note": "",
        "link_id": person.link_id,
        "message_id": None,
    }
