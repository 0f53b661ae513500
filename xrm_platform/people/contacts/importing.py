"""Contacts from a file: seen beforehand, then brought in. One bad row never stops the rest.

Reading and deciding happen in threads, in batches, each written in a transaction of its own: others go on sending
meanwhile, and of a hundred thousand rows only what tells duplicates is kept in memory.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people import lookup as people_lookup
from xrm_platform.people import queries as people_queries
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.people.tables import Base, Contact, ContactConsent, ContactMail, ContactPhone
from xrm_platform.problems import Fault
from xrm_platform.store import Store, new_id

from . import consent, folding, lookup, queries, writing
from .csv_reading import Table, read_csv
from .given import Values
from .import_views import ImportColumnView, ImportFaultView, ImportRowView, ImportView
from .planning import Checked, Index, Outcome, Seen, Step, check, plan
from .rows import Row
from .vcard import is_vcard, read_vcards

BATCH = 200
FIRST_ROWS = 20


@dataclass(slots=True)
class _Reading:
    """A file that is being read."""

    kind: str
    encoding: str
    delimiter: str
    columns: tuple[ImportColumnView, ...]
    rows: Iterator[Row]


class ContactImport:
    """Files may be open ones or bytes in memory (`io.BytesIO`); they must be able to seek, and stay the caller's."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def preview(self, actor: Actor, file: BinaryIO, *, keep_duplicates: bool = False) -> ImportView:
        """What `run` would do now. Raises `Forbidden`, and `Invalid` for a file that cannot be read at all."""
        return await self._go(actor, file, keep_duplicates=keep_duplicates, write=False, progress=None)

    async def run(
        self,
        actor: Actor,
        file: BinaryIO,
        *,
        keep_duplicates: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> ImportView:
        """Bring the contacts of a file in. A row whose reference is known updates that contact; one that probably
        repeats a contact is left out, unless `keep_duplicates`. `progress` is told the number of rows done.

        Raises `Forbidden`, and `Invalid` for a file that cannot be read at all.
        """
        return await self._go(actor, file, keep_duplicates=keep_duplicates, write=True, progress=progress)

    async def _go(
        self,
        actor: Actor,
        file: BinaryIO,
        *,
        keep_duplicates: bool,
        write: bool,
        progress: Callable[[int], None] | None,
    ) -> ImportView:
        require_admin(actor)
        async with self._store.read() as session:
            base = await people_lookup.base(session, base_id=actor.base_id)
        reading = await asyncio.to_thread(_open, file, base)
        seen, counts = Seen(), Counter[Outcome]()
        first: list[ImportRowView] = []
        told: list[ImportRowView] = []
        import_id = new_id()
        while batch := await asyncio.to_thread(_next, reading.rows, base.country, actor.name, self._now()):
            decide = partial(plan, seen=seen, keep_duplicates=keep_duplicates)
            async with self._store.write() if write else self._store.read() as session:
                if write:
                    await people_queries.lock_base(session, base_id=base.id)
                steps = await _steps(session, base.id, batch, decide)
                if write:
                    await _write(session, actor, import_id, steps, self._now())
            counts.update(step.outcome for step in steps)
            first += [_row_view(step) for step in steps[: FIRST_ROWS - len(first)]]
            told += [_row_view(step) for step in steps if step.faults]
            if progress is not None:
                progress(counts.total())
        return ImportView(
            kind=reading.kind,
            encoding=reading.encoding,
            delimiter=reading.delimiter,
            columns=reading.columns,
            rows_read=counts.total(),
            created=counts[Outcome.CREATED],
            updated=counts[Outcome.UPDATED],
            unchanged=counts[Outcome.UNCHANGED],
            duplicates=counts[Outcome.DUPLICATE],
            faults=counts[Outcome.FAULT],
            first=tuple(first),
            rows=tuple(told),
        )


def _open(file: BinaryIO, base: Base) -> _Reading:
    file.seek(0)
    if is_vcard(file.read(100)):
        file.seek(0)
        encoding, rows = read_vcards(file)
        return _Reading("vcard", encoding, "", (), rows)
    file.seek(0)
    table = read_csv(file, time_zone=base.time_zone)
    return _Reading("csv", table.encoding, table.delimiter, _columns(table), table.rows)


def _columns(table: Table) -> tuple[ImportColumnView, ...]:
    return tuple(
        ImportColumnView(header, None if column is None else column.field)
        for header, column in zip(table.headers, table.columns, strict=True)
    )


def _next(rows: Iterator[Row], country: str, by: str, now: datetime) -> list[Checked]:
    return [check(row, country=country, by=by, now=now) for row in itertools.islice(rows, BATCH)]


async def _steps(
    session: AsyncSession, base_id: str, batch: Sequence[Checked], decide: Callable[..., list[Step]]
) -> list[Step]:
    """Ask for all that the batch could concern, a question for each kind, and decide."""
    values = [checked.values for checked in batch if checked.values is not None]
    references = {one.reference for one in values if one.reference is not None}
    ids = await queries.ids_by_reference(session, base_id=base_id, references=references)
    views = {view.id: view for view in await lookup.contacts_by_id(session, base_id=base_id, ids=set(ids.values()))}
    by_reference = {reference: views[contact_id] for reference, contact_id in ids.items()}
    known = await _known(session, base_id, values)
    return await asyncio.to_thread(decide, batch, known=known, by_reference=by_reference)


async def _known(session: AsyncSession, base_id: str, values: Sequence[Values]) -> Index:
    numbers = {phone.number for one in values for phone in one.phones}
    folded = {mail.folded for one in values for mail in one.mails}
    keys = {folding.match_key(one.first_name, one.last_name, one.company) for one in values} - {""}
    index = Index()
    for number, match_key, contact_id in await queries.names_by_number(session, base_id=base_id, numbers=numbers):
        index.add(f"number {number}", folding.name_of(match_key), contact_id)
    for mail, match_key, contact_id in await queries.names_by_mail(session, base_id=base_id, folded=folded):
        index.add(f"mail {mail}", folding.name_of(match_key), contact_id)
    for match_key, ids in (await queries.ids_by_match_key(session, base_id=base_id, keys=keys)).items():
        index.add(f"name {match_key}", folding.name_of(match_key), ids[0])
    return index


async def _write(session: AsyncSession, actor: Actor, import_id: str, steps: Sequence[Step], at: datetime) -> None:
    """The rows of a batch at once, and one entry in the audit for all of them."""
    base_id = actor.base_id
    created = [(new_id(), step.after, step.consents) for step in steps if step.outcome == Outcome.CREATED]
    rows = await asyncio.to_thread(_rows_of, created, at)
    for table, several in rows:
        await queries.insert_rows(session, table, rows=several, base_id=base_id)
    for step in steps:
        if step.outcome == Outcome.UPDATED and step.contact is not None and step.after is not None:
            before = writing.values_of(step.contact)
            await writing.update(
                session, base_id=base_id, contact_id=step.contact.id, before=before, after=step.after, at=at
            )
            if step.consents != step.contact.consents:
                await consent.write(session, base_id=base_id, contact_id=step.contact.id, consents=step.consents)
    counts = Counter(step.outcome for step in steps)
    audit.record(
        session,
        actor,
        action="contacts.imported",
        subject="contact_import",
        subject_id=import_id,
        changes={
            "lines": [None, f"{steps[0].row.line}-{steps[-1].row.line}"],
            **{outcome.value: [None, counts[outcome]] for outcome in Outcome},
        },
        at=at,
    )


def _rows_of(
    created: Sequence[tuple[str, Values | None, Sequence[Any]]], at: datetime
) -> tuple[tuple[type, list[dict[str, Any]]], ...]:
    contacts, phones, mails, consents = [], [], [], []
    for contact_id, values, said in created:
        if values is not None:
            contacts.append(writing.contact_row(contact_id, values, at))
            phones += writing.phone_rows(contact_id, values.phones)
            mails += writing.mail_rows(contact_id, values.mails)
            consents += [{"contact_id": contact_id, **asdict(one)} for one in said]
    return (Contact, contacts), (ContactPhone, phones), (ContactMail, mails), (ContactConsent, consents)


def _row_view(step: Step) -> ImportRowView:
    changes = step.row.changes
    name = f"{changes.get('first_name', '')} {changes.get('last_name', '')}".strip()
    return ImportRowView(
        line=step.row.line,
        outcome=step.outcome.value,
        name=name,
        company=changes.get("company", ""),
        phones=tuple(phone.number for phone in changes.get("phones", ())),
        mails=tuple(mail.address for mail in changes.get("mails", ())),
        reference=changes.get("reference"),
        contact=step.contact_id,
        faults=tuple(_fault_view(step.row, path, fault) for path, fault in step.faults.items()),
    )


def _fault_view(row: Row, path: str, fault: Fault | str) -> ImportFaultView:
    name = "" if path in ("row", "last_name") and path not in row.names else row.names.get(path, path)
    if isinstance(fault, str):
        return ImportFaultView(name, fault, {})
    return ImportFaultView(name, fault.code, dict(fault.params))
