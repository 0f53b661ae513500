"""All SQL of invitations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.agenda.sync.tables import CalendarLink, EventLink
from xrm_platform.agenda.tables import Event
from xrm_platform.messaging.tables import MessageRecipient
from xrm_platform.people.contacts.folding import fold_mail

from .tables import Invitation, InvitationAnswer, Invited, InvitingSwitch

_AT_ONCE = 500


WENT_WRONG = frozenset({"failed", "expired", "cancelled"})
"""How a mail ends that did not arrive."""


@dataclass(frozen=True, slots=True)
class Before:
    """A message that somebody was told something by, or is to be."""

    invitation_id: str
    method: str
    keys: tuple[str, ...]
    sequence: int
    state: str


async def add(session: AsyncSession, invitation: Invitation, people: Sequence[dict[str, Any]]) -> None:
    session.add(invitation)
    await session.flush()
    same = {"invitation_id": invitation.id, "base_id": invitation.base_id, "event_id": invitation.event_id}
    await session.execute(insert(Invited), [{**same, **one} for one in people])


async def told_before(
    session: AsyncSession, *, base_id: str, event_id: str, addresses: Collection[str]
) -> dict[str, list[Before]]:
    """What each of these people was told of an event so far, oldest first."""
    query = (
        select(Invited.address, Invited.state, Invitation)
        .join(Invitation, Invitation.id == Invited.invitation_id)
        .where(Invited.base_id == base_id, Invited.event_id == event_id, Invited.address.in_(addresses))
        .order_by(Invitation.id)
    )
    found: dict[str, list[Before]] = defaultdict(list)
    for address, state, row in await session.execute(query):
        found[address].append(Before(row.id, row.method, tuple(row.keys), row.sequence, state))
    return dict(found)


async def settle(
    session: AsyncSession,
    *,
    base_id: str,
    invitation_id: str,
    addresses: Collection[str],
    state: str,
    note: str = "",
    note_params: Mapping[str, Any] | None = None,
    message_id: str | None = None,
) -> None:
    """Of those who still wait."""
    await session.execute(
        update(Invited)
        .where(
            Invited.base_id == base_id,
            Invited.invitation_id == invitation_id,
            Invited.address.in_(addresses),
            Invited.state == "waiting",
        )
        .values(state=state, note=note, note_params=dict(note_params or {}), message_id=message_id)
    )


async def waiting(session: AsyncSession, *, after: str, limit: int) -> Sequence[tuple[str, str]]:
    """Base and id of messages of any base that somebody still has to get, oldest first."""
    query = (
        select(Invited.base_id, Invited.invitation_id)
        .where(Invited.state == "waiting", Invited.invitation_id > after)
        .group_by(Invited.base_id, Invited.invitation_id)
        .order_by(Invited.invitation_id)
        .limit(limit)
    )
    return [(row.base_id, row.invitation_id) for row in await session.execute(query)]


async def invitation(session: AsyncSession, *, base_id: str, invitation_id: str) -> Invitation | None:
    return await session.scalar(select(Invitation).where(Invitation.base_id == base_id, Invitation.id == invitation_id))


async def people_of(session: AsyncSession, *, base_id: str, invitation_ids: Collection[str]) -> Sequence[Invited]:
    query = select(Invited).where(Invited.base_id == base_id, Invited.invitation_id.in_(invitation_ids))
    return (await session.scalars(query.order_by(Invited.invitation_id, Invited.address))).all()


async def invitations(session: AsyncSession, *, base_id: str, event_id: str, limit: int) -> Sequence[Invitation]:
    """Newest first."""
    query = select(Invitation).where(Invitation.base_id == base_id, Invitation.event_id == event_id)
    return (await session.scalars(query.order_by(Invitation.id.desc()).limit(limit))).all()


async def last_requests(
    session: AsyncSession, *, base_id: str, event_ids: Collection[str]
) -> dict[str, dict[str, tuple[str, str]]]:
    """By event and address, state and note of the last message that asked somebody to come; nothing for those who were
    told since that they need not."""
    query = (
        select(Invited, Invitation.method, Invitation.keys)
        .join(Invitation, Invitation.id == Invited.invitation_id)
        .where(Invited.base_id == base_id, Invited.event_id.in_(event_ids))
        .order_by(Invitation.id)
    )
    rows = (await session.execute(query)).all()
    lost = await not_arrived(session, base_id=base_id, people=[one for one, _, _ in rows])
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for one, method, keys in rows:
        if method == "REQUEST":
            outcome = outcome_of(one, lost)
            found[one.event_id][one.address] = (outcome.state, outcome.note)
        elif not keys:
            found[one.event_id].pop(one.address, None)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of telling somebody: as in `Invited`, and how the mail ended that was sent."""

    state: str
    note: str
    params: Mapping[str, Any]


async def not_arrived(
    session: AsyncSession, *, base_id: str, people: Iterable[Invited]
) -> Mapping[tuple[str, str], Outcome]:
    """What became of mails to these people that did not arrive, by message and folded address."""
    ids = sorted({one.message_id for one in people if one.message_id is not None})
    found: dict[tuple[str, str], Outcome] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(MessageRecipient).where(
            MessageRecipient.base_id == base_id,
            MessageRecipient.message_id.in_(ids[start : start + _AT_ONCE]),
            MessageRecipient.state.in_(WENT_WRONG),
        )
        for row in await session.scalars(query):
            for address in row.intended_for or (row.address,):
                why = Outcome("failed", row.error_code or row.state, row.error_params)
                found[row.message_id, fold_mail(address)] = why
    return found


def outcome_of(person: Invited, lost: Mapping[tuple[str, str], Outcome]) -> Outcome:
    found = None if person.message_id is None else lost.get((person.message_id, person.address))
    return found or Outcome(person.state, person.note, person.note_params)


async def inviting_off(session: AsyncSession, *, base_id: str) -> Sequence[str]:
    """Ids of the collaborators whose events invite nobody."""
    query = select(InvitingSwitch.collaborator_id).where(
        InvitingSwitch.base_id == base_id, InvitingSwitch.invites.is_(False)
    )
    return (await session.scalars(query)).all()


async def switch(session: AsyncSession, *, base_id: str, collaborator_id: str) -> InvitingSwitch | None:
    return await session.scalar(
        select(InvitingSwitch).where(
            InvitingSwitch.base_id == base_id, InvitingSwitch.collaborator_id == collaborator_id
        )
    )


async def links_of(session: AsyncSession, *, base_id: str, event_id: str) -> Sequence[EventLink]:
    """Where else an event is."""
    query = select(EventLink).where(EventLink.base_id == base_id, EventLink.event_id == event_id)
    return (await session.scalars(query)).all()


async def calendars(
    session: AsyncSession, *, base_id: str, link_ids: Collection[str]
) -> Mapping[str, tuple[CalendarLink, ProviderAccount]]:
    query = (
        select(CalendarLink, ProviderAccount)
        .join(ProviderAccount, ProviderAccount.id == CalendarLink.account_id)
        .where(CalendarLink.base_id == base_id, CalendarLink.id.in_(link_ids))
    )
    return {link.id: (link, account) for link, account in await session.execute(query)}


async def events_with_uid(session: AsyncSession, *, base_id: str, uid: str) -> Sequence[Event]:
    """In whosever agenda, locked until the transaction ends."""
    query = select(Event).where(Event.base_id == base_id, Event.uid == uid, Event.deleted_at.is_(None))
    return (await session.scalars(query.order_by(Event.id).with_for_update())).all()


async def answers(session: AsyncSession, *, base_id: str, event_id: str, limit: int) -> Sequence[InvitationAnswer]:
    """Newest first."""
    query = select(InvitationAnswer).where(InvitationAnswer.base_id == base_id, InvitationAnswer.event_id == event_id)
    return (await session.scalars(query.order_by(InvitationAnswer.id.desc()).limit(limit))).all()


async def answers_of(
    session: AsyncSession, *, base_id: str, event_id: str, address: str, key: str, kind: str
) -> Sequence[tuple[int, datetime, str, bool]]:
    """Sequence, stamp and status of what somebody answered before, and whether it was taken."""
    row = InvitationAnswer
    query = select(row.sequence, row.stamp, row.status, row.taken).where(
        row.base_id == base_id, row.event_id == event_id, row.address == address, row.key == key, row.kind == kind
    )
    return [(found.sequence, found.stamp, found.status, found.taken) for found in await session.execute(query)]
