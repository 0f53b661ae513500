"""Prepare a bulk job: who gets which text, and who gets none and why, before anything is sent."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from xrm_platform.accounts.queries import use_account
from xrm_platform.messaging.checks import time_fault
from xrm_platform.messaging.composing import sender_address
from xrm_platform.messaging.entering import Route, route_of
from xrm_platform.messaging.inbound.mail.html import html_as_text
from xrm_platform.messaging.mail import queries as mail_queries
from xrm_platform.messaging.mail.ways_out import WaysOut
from xrm_platform.messaging.rules.judging import refusals
from xrm_platform.messaging.rules.opt_outs import folded_address
from xrm_platform.messaging.templates.templates import usable
from xrm_platform.people import fields
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.contacts import lookup as contacts
from xrm_platform.people.rights import require_scope
from xrm_platform.problems import Conflicting, Fault, Invalid, Missing
from xrm_platform.providers import Capability, Channel
from xrm_platform.registry import Registry
from xrm_platform.store import Store, new_id

from . import queries
from .judging import Tally, Wanted, judged, refuse
from .merge_fields import Template, template_of
from .noting import note
from .people import File, Person, own_values, person_of, read_people
from .showing import Showing, require_way_out
from .states import JobState, RowState
from .tables import BulkJob
from .texts import bound_texts, bound_to_contacts, texts_of
from .views import BulkRequest, BulkView

MOST_PEOPLE = 100_000
BATCH = 500

Progress = Callable[[int], None]


class Preparing:
    def __init__(
        self, store: Store, registry: Registry, showing: Showing, ways_out: WaysOut, now: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._registry = registry
        self._showing = showing
        self._ways_out = ways_out
        self._now = now

    async def prepare(self, actor: Actor, request: BulkRequest, *, progress: Progress | None = None) -> BulkView:
        """A draft, with everything known that it would do. Nothing is sent. `progress` is told the people done.

        People send in bulk as they send one message: as their own collaborator, administrators as any; a token needs
        the scope for administration. Raises `Invalid` (a field that does not exist, a file without numbers, too many
        people …), `Missing`, `Forbidden` and `Conflicting` (no account, or one that only makes drafts, no number for
        STOP, no public address to unsubscribe at).
        """
        require_bulk(actor)
        now = self._now()
        request = await self._complete(actor, request)
        templates = await self._templates(request, now)
        async with self._store.read() as session:
            route = await route_of(
                session,
                self._registry,
                actor,
                sender=request.sender,
                channel=request.channel,
                account=request.account,
            )
        _require_mass_sending(route)
        if request.channel is Channel.MAIL:
            sender_address(route.sender)
        require_way_out(request.channel, request.category, request.text, route.ground, self._ways_out)
        people, templates, source = await self._people(actor, request, route, templates)
        ours = own_values(route.sender, route.base.name)
        wanted = Wanted(request.channel, templates, request.category, route.ground, ours, now)
        job = _job(actor, request, route, source, now)
        async with self._store.write() as session:
            if not await use_account(session, base_id=job.base_id, account_id=job.account_id):
                raise Missing("unknown_account", account=job.account_id)
            session.add(job)
        try:
            tally = await self._fill(job, people, wanted, progress)
        except BaseException:
            async with self._store.write() as session:
                await queries.delete_job(session, base_id=job.base_id, job_id=job.id)
            raise
        async with self._store.write() as session:
            kept = await queries.job(session, base_id=job.base_id, job_id=job.id, for_update=True)
            if kept is None:
                raise Missing("unknown_bulk", bulk=job.id)
            kept.state, kept.counts, kept.parts = JobState.DRAFT, tally.counts, tally.parts
            note(session, actor, "bulk.prepared", job.id, {"people": [None, tally.counts.get("total", 0)]}, now)
            return await self._showing.one(session, kept, first=True)

    async def _complete(self, actor: Actor, request: BulkRequest) -> BulkRequest:
        """With the texts of the template that it names."""
        if request.template is None:
            return request
        if request.text or request.subject or request.html:
            raise Invalid.field("template", "template_or_text")
        async with self._store.read() as session:
            found = await usable(session, actor, request.template)
        return replace(request, channel=Channel(found.channel), subject=found.subject, text=found.text, html=found.html)

    async def _templates(self, request: BulkRequest, now: datetime) -> Mapping[str, Template]:
        """Raises `Invalid` for what is wrong with the request before anybody is looked at. Who reads no HTML gets its
        words, where there is no other text."""
        given = [request.contacts, request.search, request.selection, request.file]
        if sum(one is not None for one in given) != 1:
            raise Invalid.field("source", "bulk_one_source")
        texts = texts_of(request.channel, request.subject, request.text, request.html)
        if request.at is not None and (fault := time_fault(request.at, now)) is not None:
            raise Invalid({"at": fault})
        fields.line("name", request.name)
        if not texts["text"].strip():
            texts["text"] = await asyncio.to_thread(html_as_text, texts["html"])
        return {name: template_of(text, name) for name, text in texts.items()}

    async def _people(
        self, actor: Actor, request: BulkRequest, route: Route, templates: Mapping[str, Template]
    ) -> tuple[AsyncIterator[Sequence[Person]], Mapping[str, Template], tuple[str, str]]:
        """Whom it goes to in batches, the template bound to what is known of them, and the name of the source."""
        if request.file is not None:
            file = await asyncio.to_thread(
                read_people, request.file, route.base.country, request.address_column, request.channel
            )
            return _of_file(file), bound_texts(templates, file.key_of, file.known), ("file", "")
        templates = bound_to_contacts(templates)
        channel = request.channel
        if request.contacts is not None:
            return self._of_ids(actor, request.contacts, channel), templates, ("contacts", "")
        if request.search is not None:
            return self._of_search(actor, request.search, channel), templates, ("search", request.search)
        name = request.selection or ""
        selection = None
        if name.isprintable():
            async with self._store.read() as session:
                selection = await queries.selection(session, base_id=actor.base_id, name=name)
        if selection is None:
            raise Missing("unknown_selection", selection=name)
        return self._of_search(actor, selection.search, channel), templates, ("selection", name)

    async def _of_ids(self, actor: Actor, ids: Sequence[str], channel: Channel) -> AsyncIterator[Sequence[Person]]:
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            async with self._store.read() as session:
                found = await contacts.contacts_by_id(session, base_id=actor.base_id, ids=some)
            by_id = {one.id: one for one in found}
            yield [
                person_of(by_id[one], place, channel)
                if one in by_id
                else Person(place, Fault("unknown_contact", {"contact": one[:40]}))
                for place, one in enumerate(some, start=start + 1)
            ]

    async def _of_search(self, actor: Actor, search: str, channel: Channel) -> AsyncIterator[Sequence[Person]]:
        after: tuple[str, str] | None = None
        position = 0
        while True:
            async with self._store.read() as session:
                page = await contacts.contacts_matching(
                    session, base_id=actor.base_id, search=search, after=after, limit=BATCH
                )
            yield [person_of(one, place, channel) for place, one in enumerate(page.items, start=position + 1)]
            position += len(page.items)
            if page.next is None:
                return
            key, _, contact_id = page.next.rpartition("|")
            after = (key, contact_id)

    async def _fill(
        self, job: BulkJob, batches: AsyncIterator[Sequence[Person]], wanted: Wanted, progress: Progress | None
    ) -> Tally:
        """Write a row for each person, a batch in a transaction: others go on sending meanwhile."""
        tally = Tally()
        seen: set[str] = set()
        async for people in batches:
            rows = await asyncio.to_thread(judged, people, wanted, seen)
            await self._apply_rules(job, rows, wanted)
            tally.add(rows)
            if tally.counts.get("total", 0) > MOST_PEOPLE:
                raise Invalid.field("source", "bulk_too_many", limit=MOST_PEOPLE)
            async with self._store.write() as session:
                await queries.add_rows(
                    session, rows=[{**row, "job_id": job.id, "base_id": job.base_id} for row in rows]
                )
            if progress is not None:
                progress(tally.counts.get("total", 0))
        return tally

    async def _apply_rules(self, job: BulkJob, rows: Sequence[dict[str, Any]], wanted: Wanted) -> None:
        """Leave out whom the rules do not allow, and addresses that do not exist: servers think badly of who writes to
        these again and again."""
        ready = [row for row in rows if row["state"] == RowState.READY]
        folded = {row["address"]: folded_address(wanted.channel, row["address"]) for row in ready}
        async with self._store.read() as session:
            codes = await refusals(
                session,
                base_id=job.base_id,
                channel=wanted.channel,
                category=wanted.category,
                addresses=[row["address"] for row in ready],
                consent=wanted.ground.rules.consent,
            )
            dead = await mail_queries.those_in_error(session, base_id=job.base_id, addresses=folded.values())
        for row in ready:
            if row["address"] in codes:
                refuse(row, Fault(codes[row["address"]]))
            elif folded[row["address"]] in dead:
                refuse(row, Fault("address_in_error", {"address": row["address"]}))


def require_bulk(actor: Actor) -> None:
    """A token that may send a message may not spend the credit of ten thousand."""
    require_scope(actor, Scope.ADMIN)


def _require_mass_sending(route: Route) -> None:
    """Nobody sends hundreds of drafts by hand."""
    provider = route.ground.provider
    if provider is not None and Capability.HANDS_OVER in provider.capabilities:
        raise Conflicting("account_hands_over", account=route.account.name)


async def _of_file(file: File) -> AsyncIterator[Sequence[Person]]:
    while people := await asyncio.to_thread(lambda: list(itertools.islice(file.people, BATCH))):
        yield people


def _job(actor: Actor, request: BulkRequest, route: Route, source: tuple[str, str], now: datetime) -> BulkJob:
    return BulkJob(
        id=new_id(),
        base_id=actor.base_id,
        name=request.name.strip(),
        state=JobState.PREPARING,
        sender_id=route.sender.id,
        account_id=route.account.id,
        channel=request.channel,
        category=request.category,
        subject=request.subject,
        text=request.text,
        html=request.html,
        source=source[0],
        source_name=source[1],
        at=request.at,
        counts={},
        parts=0,
        created_at=now,
        created_by=actor.name,
    )
