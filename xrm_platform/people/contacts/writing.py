"""How a contact gets into the database and out of it, inside the transaction of a use case."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.people.tables import Contact, ContactMail, ContactPhone

from . import folding, queries
from .given import Mail, Phone, Values
from .views import ContactView

AUDITED = (
    *("first_name", "last_name", "company", "phones", "mails", "country", "language", "notes", "reference"),
    "former_references",
)


def values_of(view: ContactView) -> Values:
    return Values(
        first_name=view.first_name,
        last_name=view.last_name,
        company=view.company,
        phones=tuple(Phone(phone.number, phone.label, phone.kind) for phone in view.phones),
        mails=tuple(Mail(mail.address, mail.label, folding.fold_mail(mail.address)) for mail in view.mails),
        country=view.country,
        language=view.language,
        notes=view.notes,
        reference=view.reference,
    )


def contact_row(contact_id: str, values: Values, at: datetime) -> dict[str, Any]:
    return {"id": contact_id, **values.columns(), "created_at": at, "updated_at": at}


def phone_rows(contact_id: str, phones: Sequence[Phone]) -> list[dict[str, Any]]:
    return [{"contact_id": contact_id, "position": place, **asdict(phone)} for place, phone in enumerate(phones)]


def mail_rows(contact_id: str, mails: Sequence[Mail]) -> list[dict[str, Any]]:
    return [{"contact_id": contact_id, "position": place, **asdict(mail)} for place, mail in enumerate(mails)]


async def insert(session: AsyncSession, *, base_id: str, contact_id: str, values: Values, at: datetime) -> None:
    await queries.insert_rows(session, Contact, base_id=base_id, rows=[contact_row(contact_id, values, at)])
    await queries.insert_rows(session, ContactPhone, base_id=base_id, rows=phone_rows(contact_id, values.phones))
    await queries.insert_rows(session, ContactMail, base_id=base_id, rows=mail_rows(contact_id, values.mails))


async def update(
    session: AsyncSession, *, base_id: str, contact_id: str, before: Values, after: Values, at: datetime
) -> None:
    """Write what differs; nothing when nothing does."""
    if after == before:
        return
    columns = {**after.columns(), "updated_at": at}
    await queries.update_contact(session, base_id=base_id, contact_id=contact_id, columns=columns)
    if after.phones != before.phones:
        await queries.delete_parts(session, ContactPhone, base_id=base_id, ids=[contact_id])
        await queries.insert_rows(session, ContactPhone, base_id=base_id, rows=phone_rows(contact_id, after.phones))
    if after.mails != before.mails:
        await queries.delete_parts(session, ContactMail, base_id=base_id, ids=[contact_id])
        await queries.insert_rows(session, ContactMail, base_id=base_id, rows=mail_rows(contact_id, after.mails))


def note(
    session: AsyncSession, actor: Actor, action: str, contact_id: str, changes: audit.Changes, at: datetime
) -> None:
    audit.record(session, actor, action=action, subject="contact", subject_id=contact_id, changes=changes, at=at)


def differences(before: ContactView | None, after: ContactView) -> dict[str, list[Any]]:
    """What the audit keeps of a change: plain values, numbers and addresses as lists."""
    old, new = {} if before is None else _audited(before), _audited(after)
    return {name: [old.get(name), new[name]] for name in AUDITED if new[name] != old.get(name, _EMPTY.get(name, ""))}


def _audited(view: ContactView) -> dict[str, Any]:
    shown = {
        **{name: getattr(view, name) for name in AUDITED},
        "phones": [f"{phone.label} {phone.number}".strip() for phone in view.phones],
        "mails": [f"{mail.label} {mail.address}".strip() for mail in view.mails],
    }
    plain: dict[str, Any] = json.loads(json.dumps(shown))
    return plain


_EMPTY: dict[str, Any] = {"phones": [], "mails": [], "former_references": []} | dict.fromkeys(
    ("country", "language", "reference")
)


async def erase_from_audit(session: AsyncSession, *, base_id: str, contact_id: str) -> None:
    """Take what the contact was called, and its numbers and addresses, out of the audit; that something was changed,
    when and by whom stays, and so does the proof of consent. What was merged into it goes too."""
    erased: set[str] = set()
    waiting = {contact_id}
    while waiting:
        entries = await queries.audit_entries_of(session, base_id=base_id, ids=waiting)
        erased |= waiting
        waiting = set()
        for entry in entries:
            waiting |= set(entry.changes.get("merged", [[], []])[1]) - erased
            entry.changes = {
                name: [audit.SECRET, audit.SECRET] if name in AUDITED else change
                for name, change in entry.changes.items()
            }
