"""All SQL of contacts. Every query takes the base."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, delete, false, func, insert, literal, or_, select, tuple_, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.tables import (
    AuditEntry,
    Contact,
    ContactConsent,
    ContactMail,
    ContactPhone,
    ContactReference,
)

_FRESH = {"populate_existing": True}
"""Rows are written past the session's objects: many at once, without loading them."""

PARTS = (ContactPhone, ContactMail, ContactConsent, ContactReference)


@dataclass(frozen=True, slots=True)
class Parts:
    """What belongs to some contacts, by their ids; each in its order."""

    phones: Mapping[str, Sequence[ContactPhone]]
    mails: Mapping[str, Sequence[ContactMail]]
    consents: Mapping[str, Sequence[ContactConsent]]
    references: Mapping[str, Sequence[ContactReference]]


async def contact(session: AsyncSession, *, base_id: str, contact_id: str) -> Contact | None:
    query = select(Contact).where(Contact.base_id == base_id, Contact.id == contact_id)
    return await session.scalar(query, execution_options=_FRESH)


async def contacts_by_id(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> Sequence[Contact]:
    """Oldest first."""
    query = select(Contact).where(Contact.base_id == base_id, Contact.id.in_(ids)).order_by(Contact.id)
    return (await session.scalars(query, execution_options=_FRESH)).all()


async def ids_by_reference(session: AsyncSession, *, base_id: str, references: Collection[str]) -> dict[str, str]:
    """The contacts that have these references, or took over one that had, by reference."""
    own = select(Contact.reference, Contact.id).where(Contact.base_id == base_id, Contact.reference.in_(references))
    former = select(ContactReference.reference, ContactReference.contact_id).where(
        ContactReference.base_id == base_id, ContactReference.reference.in_(references)
    )
    found: Iterable[Any] = await session.execute(union_all(own, former))
    return {row[0]: row[1] for row in found}


async def parts(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> Parts:
    async def of(table: Any, *order: Any) -> Any:
        found = defaultdict(list)
        query = select(table).where(table.base_id == base_id, table.contact_id.in_(ids)).order_by(*order)
        for row in await session.scalars(query, execution_options=_FRESH):
            found[row.contact_id].append(row)
        return found

    return Parts(
        phones=await of(ContactPhone, ContactPhone.position),
        mails=await of(ContactMail, ContactMail.position),
        consents=await of(ContactConsent, ContactConsent.channel, ContactConsent.purpose),
        references=await of(ContactReference, ContactReference.reference),
    )


async def contacts(
    session: AsyncSession,
    *,
    base_id: str,
    words: Sequence[str] | None,
    digits: Sequence[str],
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[Contact]:
    """By name. `words` are folded, and None for all contacts; a contact with one of `digits` will do as well."""
    query = select(Contact).where(Contact.base_id == base_id)
    if words is not None:
        query = query.where(_sought(words, digits))
    if after is not None:
        query = query.where(tuple_(Contact.sort_key, Contact.id) > after)
    return (await session.scalars(query.order_by(Contact.sort_key, Contact.id).limit(limit))).all()


def _sought(words: Sequence[str], digits: Sequence[str]) -> Any:
    every_word = and_(*(Contact.search.contains(word, autoescape=True) for word in words)) if words else false()
    return or_(every_word, *(Contact.search.contains(one, autoescape=True) for one in digits))


async def contacts_in_order_of_entry(
    session: AsyncSession, *, base_id: str, after: str | None, limit: int
) -> Sequence[Contact]:
    query = select(Contact).where(Contact.base_id == base_id).order_by(Contact.id).limit(limit)
    return (await session.scalars(query if after is None else query.where(Contact.id > after))).all()


async def most_parts(session: AsyncSession, *, base_id: str) -> tuple[int, int]:
    """The most phones, and the most mail addresses, that one contact has."""

    async def most(table: type[ContactPhone | ContactMail]) -> int:
        counts = select(func.count().label("n")).where(table.base_id == base_id).group_by(table.contact_id).subquery()
        found: int | None = await session.scalar(select(func.max(counts.c.n)))
        return found or 0

    return await most(ContactPhone), await most(ContactMail)


async def ids_by_number(session: AsyncSession, *, base_id: str, numbers: Collection[str]) -> dict[str, list[str]]:
    """The contacts that have each of these numbers (E.164), oldest first."""
    query = select(ContactPhone.number, ContactPhone.contact_id).where(
        ContactPhone.base_id == base_id, ContactPhone.number.in_(numbers)
    )
    return await _grouped(session, query.order_by(ContactPhone.contact_id))


async def ids_by_mail(session: AsyncSession, *, base_id: str, folded: Collection[str]) -> dict[str, list[str]]:
    """The contacts that have each of these folded addresses, oldest first."""
    query = select(ContactMail.folded, ContactMail.contact_id).where(
        ContactMail.base_id == base_id, ContactMail.folded.in_(folded)
    )
    return await _grouped(session, query.order_by(ContactMail.contact_id))


async def ids_by_match_key(session: AsyncSession, *, base_id: str, keys: Collection[str]) -> dict[str, list[str]]:
    """The contacts of each of these names and companies, oldest first."""
    query = select(Contact.match_key, Contact.id).where(Contact.base_id == base_id, Contact.match_key.in_(keys))
    return await _grouped(session, query.order_by(Contact.id))


async def _grouped(session: AsyncSession, query: Select[str, str]) -> dict[str, list[str]]:
    found = defaultdict(list)
    for key, contact_id in await session.execute(query):
        found[key].append(contact_id)
    return dict(found)


async def names_by_number(
    session: AsyncSession, *, base_id: str, numbers: Collection[str]
) -> list[tuple[str, str, str]]:
    """Who has these numbers: each number with the match keys of its contacts, and the oldest contact of that key."""
    return await _names(session, ContactPhone, ContactPhone.number, ContactPhone.number.in_(numbers), base_id)


async def names_by_mail(session: AsyncSession, *, base_id: str, folded: Collection[str]) -> list[tuple[str, str, str]]:
    """The same for folded addresses."""
    return await _names(session, ContactMail, ContactMail.folded, ContactMail.folded.in_(folded), base_id)


async def _names(session: AsyncSession, table: Any, key: Any, sought: Any, base_id: str) -> list[tuple[str, str, str]]:
    query = (
        select(key, Contact.match_key, func.min(Contact.id))
        .join(Contact, (Contact.base_id == table.base_id) & (Contact.id == table.contact_id))
        .where(table.base_id == base_id, sought)
        .group_by(key, Contact.match_key)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(query)]


async def shared(
    session: AsyncSession, *, base_id: str, after: tuple[str, str] | None, limit: int
) -> Sequence[tuple[str, str]]:
    """What several contacts have in common: the kind (mail, name, number) and the thing, in this order."""

    def kind(name: str, key: Any, base: Any) -> Any:
        few = select(literal(name).label("reason"), key.label("shared")).where(base == base_id, key != "")
        return few.group_by(key).having(func.count() > 1)

    found = union_all(
        kind("mail", ContactMail.folded, ContactMail.base_id),
        kind("name", Contact.match_key, Contact.base_id),
        kind("number", ContactPhone.number, ContactPhone.base_id),
    ).subquery()
    query = select(found.c.reason, found.c.shared).order_by(found.c.reason, found.c.shared).limit(limit)
    if after is not None:
        query = query.where(tuple_(found.c.reason, found.c.shared) > after)
    return [(row.reason, row.shared) for row in await session.execute(query)]


async def insert_rows(session: AsyncSession, table: type, *, rows: Sequence[Mapping[str, Any]], base_id: str) -> None:
    if rows:
        await session.execute(insert(table), [{**row, "base_id": base_id} for row in rows])


async def update_contact(session: AsyncSession, *, base_id: str, contact_id: str, columns: Mapping[str, Any]) -> None:
    await session.execute(update(Contact).where(Contact.base_id == base_id, Contact.id == contact_id).values(**columns))


async def delete_parts(session: AsyncSession, table: Any, *, base_id: str, ids: Collection[str]) -> None:
    await session.execute(delete(table).where(table.base_id == base_id, table.contact_id.in_(ids)))


async def delete_contacts(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> None:
    """With all that belongs to them in this room."""
    for table in PARTS:
        await delete_parts(session, table, base_id=base_id, ids=ids)
    await session.execute(delete(Contact).where(Contact.base_id == base_id, Contact.id.in_(ids)))


async def audit_entries_of(session: AsyncSession, *, base_id: str, ids: Iterable[str]) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(
        AuditEntry.base_id == base_id, AuditEntry.subject == "contact", AuditEntry.subject_id.in_(list(ids))
    )
    return (await session.scalars(query)).all()
