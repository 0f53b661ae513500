"""All SQL of the rules. Every query takes the base."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, and_, bindparam, literal, select, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from xrm_platform.people.contacts.views import ConsentState
from xrm_platform.people.tables import Base, Collaborator, Contact, ContactConsent, ContactMail, ContactPhone
from xrm_platform.providers import Channel

from .tables import MessagingRules, OptOut, PausedSender, SmsPrice

_AT_ONCE = 500
"""Values in one statement; databases have limits."""


async def rules(session: AsyncSession, *, base_id: str) -> MessagingRules | None:
    return await session.get(MessagingRules, base_id)


async def zone_and_rules(session: AsyncSession, *, base_id: str) -> tuple[str, MessagingRules | None]:
    """The time zone of the base with its rules, in one statement."""
    query = (
        select(Base.time_zone, MessagingRules)
        .outerjoin(MessagingRules, MessagingRules.base_id == Base.id)
        .where(Base.id == base_id)
    )
    row = (await session.execute(query)).one()
    return row[0], row[1]


async def refused_outright(
    session: AsyncSession,
    *,
    base_id: str,
    channel: str,
    category: str,
    purposes: Collection[str],
    addresses: Collection[str],
) -> dict[str, str]:
    """Those of `addresses` (E.164, folded mail) that opted out of one of `purposes` (`opted_out`), or whose contact
    withdrew the consent to messages of `category` (`consent_withdrawn`). One statement, for every message asks this."""
    found: dict[str, str] = {}
    given = list(addresses)
    for start in range(0, len(given), _AT_ONCE):
        values = {
            "base_id": base_id,
            "channel": channel,
            "category": category,
            "purposes": list(purposes),
            "addresses": given[start : start + _AT_ONCE],
        }
        for address, code in await session.execute(_refused_outright(channel), values):
            if found.get(address) != "opted_out":
                found[address] = code
    return found


@cache
def _refused_outright(channel: str) -> CompoundSelect[str, str]:
    """Built once: it is asked for every few messages, and building it takes as long as answering it."""
    base_id: BindParameter[str] = bindparam("base_id")
    addresses: BindParameter[str] = bindparam("addresses", expanding=True)
    table, mine = _contact_addresses(channel)
    withdrawn = (
        select(mine.label("address"), literal("consent_withdrawn").label("code"))
        .join(
            ContactConsent,
            and_(ContactConsent.base_id == table.base_id, ContactConsent.contact_id == table.contact_id),
        )
        .where(
            table.base_id == base_id,
            mine.in_(addresses),
            ContactConsent.channel == bindparam("channel"),
            ContactConsent.purpose == bindparam("category"),
            ContactConsent.state == ConsentState.WITHDRAWN,
        )
    )
    opted_out = select(OptOut.address.label("address"), literal("opted_out").label("code")).where(
        OptOut.base_id == base_id,
        OptOut.channel == bindparam("channel"),
        OptOut.address.in_(addresses),
        OptOut.purpose.in_(bindparam("purposes", expanding=True)),
        OptOut.lifted_at.is_(None),
    )
    return union_all(withdrawn, opted_out)


def _contact_addresses(
    channel: str,
) -> tuple[type[ContactMail | ContactPhone], InstrumentedAttribute[str]]:
    return (ContactMail, ContactMail.folded) if channel == Channel.MAIL else (ContactPhone, ContactPhone.number)


async def opt_outs(
    session: AsyncSession,
    *,
    base_id: str,
    channel: str | None,
    address: str | None,
    before: str | None,
    limit: int,
) -> Sequence[OptOut]:
    """In force, newest first."""
    query = select(OptOut).where(OptOut.base_id == base_id, OptOut.lifted_at.is_(None))
    if channel is not None:
        query = query.where(OptOut.channel == channel)
    if address is not None:
        query = query.where(OptOut.address == address)
    if before is not None:
        query = query.where(OptOut.id < before)
    return (await session.scalars(query.order_by(OptOut.id.desc()).limit(limit))).all()


async def opt_out(session: AsyncSession, *, base_id: str, channel: str, address: str, purpose: str) -> OptOut | None:
    """In force or lifted; locked until the transaction ends."""
    query = select(OptOut).where(
        OptOut.base_id == base_id, OptOut.channel == channel, OptOut.address == address, OptOut.purpose == purpose
    )
    return await session.scalar(query.with_for_update())


async def opt_out_by_id(session: AsyncSession, *, base_id: str, opt_out_id: str) -> OptOut | None:
    query = select(OptOut).where(OptOut.base_id == base_id, OptOut.id == opt_out_id)
    return await session.scalar(query.with_for_update())


async def add_opt_out(session: AsyncSession, *, base_id: str, row: dict[str, Any]) -> bool:
    """False when somebody else added the same meanwhile."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    values = {"lifted_at": None, "lifted_by": None, "lifted_why": "", **row, "base_id": base_id}
    statement = dialect.insert(OptOut).values(values).on_conflict_do_nothing()
    return (await session.execute(statement.returning(OptOut.id))).scalar() is not None


async def said(
    session: AsyncSession, *, base_id: str, channel: str, purpose: str, addresses: Collection[str]
) -> Sequence[tuple[str, str, str | None]]:
    """For every contact that has one of `addresses` (E.164, folded mail): the address, the contact's company, and the
    state of the consent, None where nothing was said."""
    table, mine = _contact_addresses(channel)
    found: list[tuple[str, str, str | None]] = []
    given = list(addresses)
    for start in range(0, len(given), _AT_ONCE):
        query = (
            select(mine, Contact.company, ContactConsent.state)
            .join(Contact, and_(Contact.base_id == table.base_id, Contact.id == table.contact_id))
            .outerjoin(
                ContactConsent,
                and_(
                    ContactConsent.base_id == Contact.base_id,
                    ContactConsent.contact_id == Contact.id,
                    ContactConsent.channel == channel,
                    ContactConsent.purpose == purpose,
                ),
            )
            .where(table.base_id == base_id, mine.in_(given[start : start + _AT_ONCE]))
        )
        found += [(address, company, state) for address, company, state in (await session.execute(query)).all()]
    return found


async def paused_senders(session: AsyncSession, *, base_id: str) -> frozenset[str]:
    """The ids of the collaborators whose SMS are held."""
    query = select(PausedSender.collaborator_id).where(PausedSender.base_id == base_id)
    return frozenset(await session.scalars(query))


async def paused_senders_with_codes(session: AsyncSession, *, base_id: str) -> Sequence[tuple[str, datetime, str]]:
    """(code, since, by whom), by code."""
    query = (
        select(Collaborator.code, PausedSender.paused_at, PausedSender.paused_by)
        .join(Collaborator, Collaborator.id == PausedSender.collaborator_id)
        .where(PausedSender.base_id == base_id)
        .order_by(Collaborator.code)
    )
    return [(code, at, by) for code, at, by in (await session.execute(query)).all()]


async def paused_sender(session: AsyncSession, *, base_id: str, collaborator_id: str) -> PausedSender | None:
    return await session.get(PausedSender, (base_id, collaborator_id))


async def price(session: AsyncSession, *, base_id: str, account_id: str) -> SmsPrice | None:
    return await session.get(SmsPrice, (base_id, account_id))
