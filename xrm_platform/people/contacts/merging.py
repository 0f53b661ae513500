"""What is left when several contacts turn out to be one: pure, but for `write`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.tables import ContactReference

from . import consent, queries, writing
from .given import Values
from .views import ContactView


def united(kept: ContactView, gone: Sequence[ContactView]) -> Values:
    """What `kept` has, and where that is empty what the first of `gone` has; all numbers, addresses and notes."""
    values = writing.values_of(kept)
    for other in map(writing.values_of, gone):
        numbers = {phone.number for phone in values.phones}
        addresses = {mail.folded for mail in values.mails}
        named = bool(values.first_name or values.last_name)
        values = Values(
            first_name=values.first_name if named else other.first_name,
            last_name=values.last_name if named else other.last_name,
            company=values.company or other.company,
            phones=(*values.phones, *(phone for phone in other.phones if phone.number not in numbers)),
            mails=(*values.mails, *(mail for mail in other.mails if mail.folded not in addresses)),
            country=values.country or other.country,
            language=values.language or other.language,
            notes=_notes(values.notes, other.notes),
            reference=values.reference or other.reference,
        )
    return values


def references(kept: ContactView, gone: Sequence[ContactView]) -> tuple[str, ...]:
    """The references that lead to what is left, beside its own."""
    every = {former for contact in (kept, *gone) for former in (contact.reference, *contact.former_references)}
    return tuple(sorted(one for one in every - {united(kept, gone).reference} if one is not None))


async def write(
    session: AsyncSession, *, base_id: str, kept: ContactView, gone: Sequence[ContactView], at: datetime
) -> None:
    """Store what is left, when `gone` are deleted already."""
    before = writing.values_of(kept)
    await writing.update(session, base_id=base_id, contact_id=kept.id, before=before, after=united(kept, gone), at=at)
    consents = consent.strictest(said for contact in (kept, *gone) for said in contact.consents)
    await consent.write(session, base_id=base_id, contact_id=kept.id, consents=consents)
    await queries.delete_parts(session, ContactReference, base_id=base_id, ids=[kept.id])
    rows = [{"contact_id": kept.id, "reference": former} for former in references(kept, gone)]
    await queries.insert_rows(session, ContactReference, base_id=base_id, rows=rows)


def _notes(kept: str, other: str) -> str:
    return kept if other in kept else f"{kept}\n{other}".strip("\n")
