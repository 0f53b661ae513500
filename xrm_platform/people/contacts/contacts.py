"""Contacts: entered, found, changed and deleted by the people of the base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import queries as people_queries
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, new_id, page_of

from . import consent, lookup, merging, queries, writing
from .given import ContactChanges, MailGiven, PhoneGiven, Values, changed
from .given import reference as checked_reference
from .views import ContactView, DuplicatesView

REASONS = ("mail", "name", "number")


class Repoint(Protocol):
    """What another room does, in the same transaction, about rows of its own that refer to contacts which go."""

    async def __call__(self, session: AsyncSession, *, base_id: str, contacts: Sequence[str], into: str | None) -> None:
        """Let what refers to `contacts` refer to `into`, the contact they were merged into; to nobody when None."""


class Contacts:
    """Any collaborative user and a token with the scope send may enter and change; what takes contacts away is an
    administrator's. `repoints` are called before contacts go."""

    def __init__(self, store: Store, now: Callable[[], datetime], repoints: Sequence[Repoint] = ()) -> None:
        self._store = store
        self._now = now
        self._repoints = repoints

    async def create(
        self,
        actor: Actor,
        *,
        first_name: str = "",
        last_name: str = "",
        company: str = "",
        phones: Sequence[PhoneGiven] = (),
        mails: Sequence[MailGiven] = (),
        country: str | None = None,
        language: str | None = None,
        notes: str = "",
        reference: str | None = None,
    ) -> ContactView:
        """Raises `Forbidden`, `Invalid`, and `Conflicting` when another contact has this reference."""
        require_edit(actor)
        given = ContactChanges(
            first_name=first_name,
            last_name=last_name,
            company=company,
            phones=phones,
            mails=mails,
            country=country,
            language=language,
            notes=notes,
            reference=reference,
        )
        now = self._now()
        async with self._store.write() as session:
            base = await people_queries.lock_base(session, base_id=actor.base_id)
            values = changed(Values(), given, country=base.country)
            contact_id = new_id()
            await _require_free(session, base.id, values.reference, contact_id)
            await writing.insert(session, base_id=base.id, contact_id=contact_id, values=values, at=now)
            view = await lookup.contact(session, base_id=base.id, contact_id=contact_id)
            writing.note(session, actor, "contact.created", view.id, writing.differences(None, view), now)
        return view

    async def change(self, actor: Actor, contact_id: str, changes: ContactChanges) -> ContactView:
        """Raises `Forbidden`, `Missing`, `Invalid`, and `Conflicting` when another contact has this reference."""
        require_edit(actor)
        now = self._now()
        async with self._store.write() as session:
            base = await people_queries.lock_base(session, base_id=actor.base_id)
            before = await lookup.contact(session, base_id=base.id, contact_id=contact_id)
            old = writing.values_of(before)
            new = changed(old, changes, country=base.country)
            await _require_free(session, base.id, new.reference, before.id)
            await writing.update(session, base_id=base.id, contact_id=before.id, before=old, after=new, at=now)
            after = await lookup.contact(session, base_id=base.id, contact_id=before.id)
            differences = writing.differences(before, after)
            if differences:
                writing.note(session, actor, "contact.changed", after.id, differences, now)
        return after

    async def get(self, actor: Actor, contact_id: str) -> ContactView:
        """Raises `Forbidden`, `Missing`."""
        require_use(actor)
        async with self._store.read() as session:
            return await lookup.contact(session, base_id=actor.base_id, contact_id=contact_id)

    async def list(
        self,
        actor: Actor,
        *,
        search: str | None = None,
        reference: str | None = None,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[ContactView]:
        """By last name, or by company where there is no person. `search` finds by parts of name, company, reference,
        mail address and number in any spelling; `reference` the one contact that has it."""
        require_use(actor)
        check_page(after, limit)
        place = None if after is None else _place(after)
        async with self._store.read() as session:
            if reference is not None:
                wanted = checked_reference(reference) or ""
                found = await lookup.contact_by_reference(session, base_id=actor.base_id, reference=wanted)
                return Page(() if found is None else (found,))
            return await lookup.contacts_matching(
                session, base_id=actor.base_id, search=search, after=place, limit=limit
            )

    async def delete(self, actor: Actor, contact_id: str) -> None:
        """Messages keep their text and the number or address they went to. Raises `Forbidden`, `Missing`."""
        require_admin(actor)
        now = self._now()
        async with self._store.write() as session:
            base = await people_queries.lock_base(session, base_id=actor.base_id)
            view = await lookup.contact(session, base_id=base.id, contact_id=contact_id)
            await self._take_away(session, base.id, [view.id], into=None)
            await writing.erase_from_audit(session, base_id=base.id, contact_id=view.id)
            writing.note(session, actor, "contact.deleted", view.id, {}, now)

    async def duplicates(
        self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT
    ) -> Page[DuplicatesView]:
        """Contacts that share a mail address, a name with its company, or a number; they may still be several."""
        require_use(actor)
        check_page(after, limit)
        reason, _, shared = (after or "").partition(":")
        if after is not None and reason not in REASONS:
            raise Invalid.field("after", "page_key_malformed")
        async with self._store.read() as session:
            start = None if after is None else (reason, shared)
            found = await queries.shared(session, base_id=actor.base_id, after=start, limit=limit + 1)
            page = page_of(found, limit, ":".join)
            groups = [await _group(session, actor.base_id, *one) for one in page.items]
        return Page(tuple(groups), page.next)

    async def merge(self, actor: Actor, keep: str, others: Sequence[str]) -> ContactView:
        """Let `keep` have all that it and `others` had, and `others` be gone.

        What is filled in `keep` stays; numbers, addresses and notes are united; of consents a withdrawal wins; the
        references of the others lead to `keep` from now on. Raises `Forbidden`, `Missing`, `Invalid`.
        """
        require_admin(actor)
        wanted = list(dict.fromkeys(others))
        if not wanted:
            raise Invalid.field("others", "required")
        if keep in wanted:
            raise Invalid.field("others", "contact_merged_with_itself")
        now = self._now()
        async with self._store.write() as session:
            base = await people_queries.lock_base(session, base_id=actor.base_id)
            kept = await lookup.contact(session, base_id=base.id, contact_id=keep)
            gone = [await lookup.contact(session, base_id=base.id, contact_id=other) for other in wanted]
            await self._take_away(session, base.id, wanted, into=kept.id)
            await merging.write(session, base_id=base.id, kept=kept, gone=gone, at=now)
            after = await lookup.contact(session, base_id=base.id, contact_id=kept.id)
            changes = {**writing.differences(kept, after), **consent.differences(kept, after), "merged": [[], wanted]}
            writing.note(session, actor, "contact.merged", kept.id, changes, now)
        return after

    async def record_consent(
        self,
        actor: Actor,
        contact_id: str,
        *,
        channel: str,
        purpose: str,
        state: str,
        source: str = "",
        wording: str = "",
        at: datetime | None = None,
    ) -> ContactView:
        """Note what the contact said: `given`, `withdrawn`, or `none` to forget an entry made by mistake.

        `source` says where it can be proved, and has to when it was given; `wording` is what was agreed to; `at` is
        when it was said, now without it. Raises `Forbidden`, `Missing`, `Invalid`, and `Conflicting` when something
        was said later than `at`.
        """
        require_edit(actor)
        now = self._now()
        said = consent.checked(
            channel=channel,
            purpose=purpose,
            state=state,
            source=source,
            wording=wording,
            at=at or now,
            by=actor.name,
            now=now,
        )
        async with self._store.write() as session:
            base = await people_queries.lock_base(session, base_id=actor.base_id)
            before = await lookup.contact(session, base_id=base.id, contact_id=contact_id)
            consents = consent.with_said(before.consents, said)
            await consent.write(session, base_id=base.id, contact_id=before.id, consents=consents)
            after = await lookup.contact(session, base_id=base.id, contact_id=contact_id)
            differences = consent.differences(before, after)
            if differences:
                writing.note(session, actor, "contact.consent_recorded", after.id, differences, now)
        return after

    async def _take_away(self, session: AsyncSession, base_id: str, ids: Sequence[str], *, into: str | None) -> None:
        for repoint in self._repoints:
            await repoint(session, base_id=base_id, contacts=ids, into=into)
        await queries.delete_contacts(session, base_id=base_id, ids=ids)


def require_use(actor: Actor) -> None:
    """Contacts are a collaborative feature."""
    require_collaborative(actor)
    require_scope(actor, Scope.READ)


def require_edit(actor: Actor) -> None:
    """Who writes to people may also note who they are."""
    require_collaborative(actor)
    require_scope(actor, Scope.SEND)


async def _require_free(session: AsyncSession, base_id: str, reference: str | None, contact_id: str) -> None:
    """The caller holds the lock of the base."""
    if reference is None:
        return
    found = await queries.ids_by_reference(session, base_id=base_id, references=[reference])
    if found.get(reference, contact_id) != contact_id:
        raise Conflicting("contact_reference_taken", reference=reference, contact=found[reference])


def _place(after: str) -> tuple[str, str]:
    """Where a page starts: after this name and id."""
    name, separator, contact_id = after.rpartition("|")
    if not separator or not lookup.is_id(contact_id):
        raise Invalid.field("after", "page_key_malformed")
    return name, contact_id


async def _group(session: AsyncSession, base_id: str, reason: str, shared: str) -> DuplicatesView:
    find = {"mail": _with_mail, "name": _of_name, "number": _with_number}[reason]
    contacts = await find(session, base_id, shared)
    shown = contacts[0].name if reason == "name" and contacts else shared
    return DuplicatesView(reason, shown, contacts)


async def _with_mail(session: AsyncSession, base_id: str, folded: str) -> tuple[ContactView, ...]:
    return await lookup.contacts_by_mail(session, base_id=base_id, address=folded)


async def _with_number(session: AsyncSession, base_id: str, number: str) -> tuple[ContactView, ...]:
    return await lookup.contacts_by_number(session, base_id=base_id, number=number)


async def _of_name(session: AsyncSession, base_id: str, key: str) -> tuple[ContactView, ...]:
    found = await queries.ids_by_match_key(session, base_id=base_id, keys=[key])
    return await lookup.contacts_by_id(session, base_id=base_id, ids=found.get(key, []))
