"""What a change of an event owes to people outside is noted with it, in its transaction: nothing is lost, whatever
stops before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.agenda import queries as agenda_queries
from xrm_platform.agenda.ical.components import Participant, address_of
from xrm_platform.agenda.sync.pairs import agreed_of
from xrm_platform.agenda.tables import Event
from xrm_platform.messaging.checks import MAX_RECIPIENTS
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor
from xrm_platform.people.contacts.folding import fold_mail
from xrm_platform.people.contacts.lookup import languages_by_mail
from xrm_platform.people.tables import Base
from xrm_platform.store import new_id
from xrm_platform.wording.catalogue import LANGUAGES

from . import queries
from .asking_again import asked_again
from .planning import SchedulingMessage, What, messages
from .queries import Before
from .seen import Seen
from .tables import Invitation
from .tellers import Teller, agents, left_to_server, teller

INVITE = "invite"
"""The job that sends what waits."""

INVITING_KINDS = frozenset({"appointment", "call"})
"""A task or a note names people whom it is about; nobody is asked to come to it."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A change that is about to be written: the `text` of the event, and what those outside are to be told."""

    text: str
    messages: tuple[SchedulingMessage, ...] = ()
    organizer: str = ""
    """Folded address of who invites."""


class Invitations:
    """Agenda's use cases call `drafted` before they write a change and `note` after it. What synchronisation and
    imports write is told to nobody."""

    async def drafted(
        self, session: AsyncSession, base: Base, before: str | None, after: str | None, now: datetime
    ) -> Drafted:
        """For an event that becomes `after` (None: deleted) from `before` (None: new). Raises `Incomprehensible`."""
        if not any("ATTENDEE" in text for text in (before, after) if text is not None):
            return Drafted(after or "")
        inside = await lookup.addresses(session, base_id=base.id)
        return await asyncio.to_thread(_drafted, before, after, inside, ZoneInfo(base.time_zone), now)

    async def note(self, session: AsyncSession, actor: Actor, base: Base, event: Event, drafted: Drafted) -> None:
        """Note the messages of a change of `event`, which is written: those that are not to go with the reason why."""
        if not drafted.messages or event.kind not in INVITING_KINDS:
            return
        people = {folded for message in drafted.messages for folded in message.to}
        circumstances = _Circumstances(
            refusal=await _refusal(session, event, drafted.organizer),
            before=await queries.told_before(session, base_id=base.id, event_id=event.id, addresses=people),
            servers=await _servers(session, event),
            ours=agents(event.ical),
            languages=await languages_by_mail(session, base_id=base.id, folded=people),
            home=base.language,
        )
        for message in drafted.messages:
            await _note(session, actor, event, message, circumstances)


def _drafted(before: str | None, after: str | None, inside: frozenset[str], home: ZoneInfo, now: datetime) -> Drafted:
    organizer = _organizer(after or before or "", home)
    inside |= {organizer}
    was = None if before is None else Seen.of(before, inside, home)
    if after is None:
        return Drafted("", messages(was, None, now), organizer)
    text = asked_again(was, Seen.of(after, inside, home), after)
    return Drafted(text, messages(was, Seen.of(text, inside, home), now), organizer)


def _organizer(ical: str, home: ZoneInfo) -> str:
    line = Seen.of(ical, frozenset(), home).series.head.block.line("ORGANIZER")
    return "" if line is None else fold_mail(address_of(line))


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """`servers` are the calendar links whose text leaves somebody to the server, by folded address."""

    refusal: str
    before: Mapping[str, Sequence[Before]]
    servers: Mapping[str, str]
    ours: dict[str, str]
    languages: Mapping[str, str]
    home: str

    def language(self, folded: str) -> str:
        known = self.languages.get(folded, self.home)
        return known if known in LANGUAGES else self.home

    def was_told(self, folded: str) -> bool:
        """Also who was asked by other means: of them nothing is written here."""
        before = self.before.get(folded, ())
        return not before or any(one.state == "sent" for one in before)


async def _refusal(session: AsyncSession, event: Event, organizer: str) -> str:
    """Why this event invites nobody; empty if it does."""
    preferences = await agenda_queries.preferences(session, base_id=event.base_id)
    if preferences is not None and not preferences.invites:
        return "invitations_off"
    switch = await queries.switch(session, base_id=event.base_id, collaborator_id=event.owner_id)
    if switch is not None and not switch.invites:
        return "invitations_off_of_owner"
    codes = await lookup.codes(session, base_id=event.base_id)
    owner = await lookup.sender(session, base_id=event.base_id, code=codes[event.owner_id])
    if not owner.email:
        return "owner_without_email"
    return "" if fold_mail(owner.email) == organizer else "organizer_elsewhere"


async def _servers(session: AsyncSession, event: Event) -> dict[str, str]:
    """Who may be told by the server of a calendar, and by that of which link: as it was before the change is written
    there."""
    found: dict[str, str] = {}
    for link in await queries.links_of(session, base_id=event.base_id, event_id=event.id):
        agreed = agreed_of(link)
        if agreed is not None:
            found |= dict.fromkeys(left_to_server(agreed.theirs), link.link_id)
    return found


async def _note(
    session: AsyncSession, actor: Actor, event: Event, message: SchedulingMessage, known: _Circumstances
) -> None:
    groups: dict[tuple[What, str], list[dict[str, Any]]] = {}
    for folded, participant in message.to.items():
        await _supersede(session, event, message, folded, known)
        if message.method == "CANCEL" and not known.was_told(folded):
            continue
        what = message.what if known.was_told(folded) or message.method == "CANCEL" else What.INVITED
        groups.setdefault((what, known.language(folded)), []).append(_row(message, folded, participant, known))
    for (what, language), rows in groups.items():
        for start in range(0, len(rows), MAX_RECIPIENTS):
            invitation = Invitation(
                id=new_id(),
                base_id=event.base_id,
                owner_id=event.owner_id,
                event_id=event.id,
                method=message.method,
                what=what.value,
                keys=list(message.keys),
                sequence=message.sequence,
                language=language,
                ical=message.text,
                created_at=event.changed_at,
                created_by=actor.name,
            )
            await queries.add(session, invitation, rows[start : start + MAX_RECIPIENTS])


def _row(message: SchedulingMessage, folded: str, participant: Participant, known: _Circumstances) -> dict[str, Any]:
    note = known.refusal or ("event_past" if message.past else "")
    # Whether a server does it is asked when it is sent, for that takes asking it.
    if not note and teller(known.ours.get(folded), by_server=False, schedules=False) is Teller.NOBODY:
        note = "told_by_nobody"
    return {
        "address": folded,
        "email": participant.email,
        "name": participant.name,
        "state": "skipped" if note else "waiting",
        "note": note,
        "link_id": known.servers.get(folded),
        "message_id": None,
    }


async def _supersede(
    session: AsyncSession, event: Event, message: SchedulingMessage, folded: str, known: _Circumstances
) -> None:
    """What still waits to be told to somebody, and says less than the new message, is not sent any more."""
    for earlier in known.before.get(folded, ()):
        narrower = not message.keys or set(earlier.keys) == set(message.keys)
        if earlier.state == "waiting" and narrower:
            await queries.settle(
                session,
                base_id=event.base_id,
                invitation_id=earlier.invitation_id,
                addresses=[folded],
                state="skipped",
                note="superseded",
            )
