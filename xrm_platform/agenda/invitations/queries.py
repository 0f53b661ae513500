"""All SQL of invitations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.agenda.sync.tables import CalendarLink, EventLink
from xrm_platform.agenda.tables import Event

from .tables import Invitation, InvitationAnswer, Invited, InvitingSwitch


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
        .values(state=state, note=note, message_id=message_id)
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
        select(Invited.event_id, Invited.address, Invited.state, Invited.note, Invitation.method, Invitation.keys)
        .join(Invitation, Invitation.id == Invited.invitation_id)
        .where(Invited.base_id == base_id, Invited.event_id.in_(event_ids))
        .order_by(Invitation.id)
    )
    found: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for row in await session.execute(query):
        if row.method == "REQUEST":
            found[row.event_id][row.address] = (row.state, row.note)
        elif not row.keys:
            found[row.event_id].pop(row.address, None)
    return dict(found)


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
