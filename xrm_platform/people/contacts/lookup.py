"""What other rooms ask about contacts, inside their own transaction. Numbers are E.164."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import queries as people_queries
from xrm_platform.people.phones import shown
from xrm_platform.people.tables import Contact
from xrm_platform.problems import Missing
from xrm_platform.store import Page, page_of

from . import folding, queries
from .views import ConsentView, ContactView, MailAddressView, PhoneView

ID_LENGTH = 36


async def contact(session: AsyncSession, *, base_id: str, contact_id: str) -> ContactView:
    """Raises `Missing` for an id that the base does not have."""
    found = None
    if is_id(contact_id):
        found = await queries.contact(session, base_id=base_id, contact_id=contact_id)
    if found is None:
        raise Missing("unknown_contact", contact=contact_id)
    (view,) = await views_of(session, base_id=base_id, rows=[found])
    return view


async def contact_by_reference(session: AsyncSession, *, base_id: str, reference: str) -> ContactView | None:
    """The contact that has this reference of the host application, or that one with it was merged into."""
    found = await queries.ids_by_reference(session, base_id=base_id, references=[reference])
    return await contact(session, base_id=base_id, contact_id=found[reference]) if reference in found else None


async def contacts_by_number(session: AsyncSession, *, base_id: str, number: str) -> tuple[ContactView, ...]:
    """All that share the number, oldest first."""
    found = await queries.ids_by_number(session, base_id=base_id, numbers=[number])
    return await contacts_by_id(session, base_id=base_id, ids=found.get(number, []))


async def contacts_by_mail(session: AsyncSession, *, base_id: str, address: str) -> tuple[ContactView, ...]:
    """All that share the address, however it is written, oldest first."""
    folded = folding.fold_mail(address)
    found = await queries.ids_by_mail(session, base_id=base_id, folded=[folded])
    return await contacts_by_id(session, base_id=base_id, ids=found.get(folded, []))


async def languages_by_mail(session: AsyncSession, *, base_id: str, folded: Collection[str]) -> dict[str, str]:
    """The language of the contact that has each of these folded addresses, where one is written down; of the oldest,
    where several share it."""
    found = await queries.ids_by_mail(session, base_id=base_id, folded=list(folded))
    rows = await queries.contacts_by_id(session, base_id=base_id, ids=[ids[0] for ids in found.values()])
    languages = {row.id: row.language for row in rows}
    return {address: language for address, ids in found.items() if (language := languages.get(ids[0]))}


async def contacts_by_id(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> tuple[ContactView, ...]:
    """Those of `ids` that there are, oldest first."""
    if not ids:
        return ()
    rows = await queries.contacts_by_id(session, base_id=base_id, ids=[one for one in ids if is_id(one)])
    return await views_of(session, base_id=base_id, rows=rows)


async def contacts_matching(
    session: AsyncSession, *, base_id: str, search: str | None, after: tuple[str, str] | None, limit: int
) -> Page[ContactView]:
    """By name, a page. `search` finds by name, company, reference, mail address, or number in any spelling."""
    words: tuple[str, ...] | None = None
    digits: tuple[str, ...] = ()
    if search and search.strip():
        base = await people_queries.base_by_id(session, base_id=base_id)
        digits = folding.digits_sought(search, base.country if base is not None else "FR")
        words = (folding.fold(search),) if digits else folding.words_sought(search)
    rows = await queries.contacts(session, base_id=base_id, words=words, digits=digits, after=after, limit=limit + 1)
    page = page_of(rows, limit, lambda row: f"{row.sort_key}|{row.id}")
    return Page(await views_of(session, base_id=base_id, rows=page.items), page.next)


def is_id(given: str) -> bool:
    """Whether the database may be asked for it; it refuses some characters."""
    return len(given) == ID_LENGTH and given.isascii() and given.isprintable()


async def views_of(session: AsyncSession, *, base_id: str, rows: Sequence[Contact]) -> tuple[ContactView, ...]:
    parts = await queries.parts(session, base_id=base_id, ids=[row.id for row in rows])
    return tuple(_view(row, parts) for row in rows)


def _view(row: Contact, parts: queries.Parts) -> ContactView:
    return ContactView(
        id=row.id,
        name=f"{row.first_name} {row.last_name}".strip() or row.company,
        first_name=row.first_name,
        last_name=row.last_name,
        company=row.company,
        phones=tuple(
            PhoneView(phone.number, shown(phone.number), phone.label, phone.kind)
            for phone in parts.phones.get(row.id, ())
        ),
        mails=tuple(MailAddressView(mail.address, mail.label) for mail in parts.mails.get(row.id, ())),
        country=row.country,
        language=row.language,
        notes=row.notes,
        reference=row.reference,
        former_references=tuple(former.reference for former in parts.references.get(row.id, ())),
        consents=tuple(
            ConsentView(
                consent.channel,
                consent.purpose,
                consent.state,
                consent.source,
                consent.wording,
                consent.at,
                consent.recorded_by,
            )
            for consent in parts.consents.get(row.id, ())
        ),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
