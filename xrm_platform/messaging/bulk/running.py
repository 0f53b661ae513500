"""Turn the rows of running jobs into messages, and find when a job has come to its end.

A batch becomes messages in the transaction that marks its rows: after a crash a row is either still ready or has its
message, never both and never twice. From there a message is a message like any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.messaging.checks import CheckedMail, CheckedRecipient, check_sms_parts
from xrm_platform.messaging.composing import (
    Draft,
    File,
    Order,
    compose_mail,
    compose_sms,
    given_files,
    sender_address,
)
from xrm_platform.messaging.entering import Entrance, enter
from xrm_platform.messaging.files import Files
from xrm_platform.messaging.held import hold_queued
from xrm_platform.messaging.mail.ways_out import WaysOut
from xrm_platform.messaging.reconciling import GIVE_UP_AFTER
from xrm_platform.messaging.requests import MailRequest, SmsRequest
from xrm_platform.messaging.rules.admission import Ground
from xrm_platform.messaging.rules.texts import sms_text
from xrm_platform.messaging.states import UNDER_WAY, State
from xrm_platform.people import lookup
from xrm_platform.people.bases import operator_of
from xrm_platform.people.lookup import Sender
from xrm_platform.people.tables import Base
from xrm_platform.problems import Fault, Forbidden, Problem
from xrm_platform.providers import Capability, Category, Channel
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import queries
from .judging import fault_of
from .noting import note
from .showing import Showing, require_way_out
from .states import JobState, RowState
from .tables import BulkJob, BulkRow

BATCH = 250
NOTHING_CHECKED = CheckedMail((), None, ())
PRIORITY = -10
"""Behind what people send one by one."""

ABANDONED_AFTER = timedelta(hours=1)
"""A preparation that is not done by then died with its process."""

DRAFTS_KEPT = timedelta(days=30)
"""A draft holds texts about people; nobody will start it any more."""


class BulkRuns:
    def __init__(
        self,
        store: Store,
        entrance: Entrance,
        files: Files,
        showing: Showing,
        ways_out: WaysOut,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._entrance = entrance
        self._files = files
        self._showing = showing
        self._ways_out = ways_out
        self._notices = notices
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Wake jobs that have rows left, end those that are through, and clear away what nobody will finish."""
        for job in await self.end_what_is_through():
            self._wake(f"bulk {job.id}")
        async with self._store.read() as session:
            preparing = await queries.of_all_bases(session, state=JobState.PREPARING)
            drafts = await queries.of_all_bases(session, state=JobState.DRAFT)
        await self._clear(preparing, drafts)

    async def end_what_is_through(self) -> Sequence[BulkJob]:
        """End the jobs that are through; those that have rows left."""
        async with self._store.read() as session:
            running = await queries.of_all_bases(session, state=JobState.RUNNING)
            ready = [job for job in running if await queries.is_any_ready(session, job_id=job.id)]
        for job in running:
            if job not in ready:
                await self._end(job)
        return ready

    async def run(self, job_id: str) -> None:
        """The job `bulk`: the next batch of rows, and a wake-up for the one after it."""
        async with self._store.read() as session:
            job = await queries.job_to_run(session, job_id=job_id)
            if job is None:
                return
            rows = await queries.rows(
                session, base_id=job.base_id, job_id=job.id, state=RowState.READY, after=0, limit=BATCH
            )
            base = await lookup.base(session, base_id=job.base_id)
            ground = await self._showing.ground(session, job)
            code = (await lookup.codes(session, base_id=job.base_id))[job.sender_id]
            sender = await lookup.sender(session, base_id=job.base_id, code=code)
        if not rows:
            return
        if (problem := _hindrance(job, sender, ground, self._ways_out)) is not None:
            await self._pause(job, base, problem)
            return
        if job.channel == Channel.MAIL:
            files = await self._common_files(sender)
            made = await asyncio.to_thread(_mails, job, rows, base, sender, files, self._ways_out, self._now())
        else:
            made = await asyncio.to_thread(_texts, job, rows, base, sender, ground, self._now())
        outcomes = await self._judged(made, ground, base, sender)
        async with self._store.write() as session:
            entered = await self._enter(session, job, outcomes)
        if entered is None:
            return
        self._notices.post(base.code, "message", [(draft.message.id, draft.message.state) for draft in entered])
        if entered:
            self._wake(f"deliver {job.account_id}", min(draft.message.due_at for draft in entered))
        self._wake(f"bulk {job.id}")

    async def _common_files(self, sender: Sender) -> Sequence[File]:
        """What every mail of a mailing has: the image of the sender's signature, stored once."""
        given = given_files(MailRequest(sender.code), NOTHING_CHECKED, sender)
        return [
            File(one.filename, one.content_type or "", one.content, (await self._files.put(one.content)).sha256, cid)
            for one, cid in given
        ]

    async def _judged(
        self, made: dict[int, Draft | Problem], ground: Ground, base: Base, sender: Sender
    ) -> dict[int, Draft | Problem]:
        """By position: what goes, or why not, by the rules that every message is held to."""
        outcomes = dict(made)
        places = {place: draft for place, draft in made.items() if isinstance(draft, Draft)}
        if places:
            judged = await self._entrance.judged(
                list(places.values()), ground, sender=sender.code, language=base.language
            )
            outcomes.update(zip(places, judged, strict=True))
        return outcomes

    async def _enter(
        self, session: AsyncSession, job: BulkJob, outcomes: dict[int, Draft | Problem]
    ) -> Sequence[Draft] | None:
        """Store the messages and mark their rows. None when the job no longer runs."""
        kept = await queries.job(session, base_id=job.base_id, job_id=job.id, for_update=True)
        if kept is None or kept.state != JobState.RUNNING:
            return None
        ready = await queries.still_ready(session, job_id=job.id, positions=outcomes.keys())
        mine = {place: outcome for place, outcome in outcomes.items() if place in ready}
        drafts = [outcome for outcome in mine.values() if isinstance(outcome, Draft)]
        if drafts:
            await enter(session, drafts, base_id=job.base_id, actor=job.created_by)
        await queries.mark_rows(
            session, job_id=job.id, marks=[_mark(place, outcome) for place, outcome in mine.items()]
        )
        return drafts

    async def _pause(self, job: BulkJob, base: Base, problem: Problem) -> None:
        """A person has to put something right first: nothing is dropped."""
        now = self._now()
        async with self._store.write() as session:
            kept = await queries.job(session, base_id=job.base_id, job_id=job.id, for_update=True)
            if kept is None or kept.state != JobState.RUNNING:
                return
            kept.state, kept.code, kept.params = JobState.PAUSED, problem.code, dict(problem.params)
            held = await hold_queued(session, base_id=job.base_id, actor="platform", now=now, bulk_id=job.id)
            changes: dict[str, list[Any]] = {"state": ["running", "paused"], "reason": [None, problem.code]}
            note(session, operator_of(base, "platform"), "bulk.paused", job.id, changes, now)
        self._notices.post(base.code, "bulk", [(job.id, JobState.PAUSED)])
        self._notices.post(base.code, "message", [(message_id, State.HELD) for message_id in held])

    async def _end(self, job: BulkJob) -> None:
        now = self._now()
        async with self._store.write() as session:
            kept = await queries.job(session, base_id=job.base_id, job_id=job.id, for_update=True)
            if kept is None or kept.state != JobState.RUNNING or await self._goes_on(session, kept, now):
                return
            kept.state, kept.ended_at = JobState.DONE, now
            base = await lookup.base(session, base_id=job.base_id)
        self._notices.post(base.code, "bulk", [(job.id, JobState.DONE)])

    async def _goes_on(self, session: AsyncSession, job: BulkJob, now: datetime) -> bool:
        """Whether a message is under way, or lost and still to be found at a vendor that tells what it has."""
        provider = (await self._showing.ground(session, job)).provider
        tells = provider is not None and Capability.RECONCILE in provider.capabilities
        return await queries.is_under_way(
            session,
            base_id=job.base_id,
            job_id=job.id,
            states=UNDER_WAY,
            unknown_since=now - GIVE_UP_AFTER if tells else None,
        )

    async def _clear(self, preparing: Sequence[BulkJob], drafts: Sequence[BulkJob]) -> None:
        now = self._now()
        for job in preparing:
            if job.created_at < now - ABANDONED_AFTER:
                async with self._store.write() as session:
                    await queries.delete_job(session, base_id=job.base_id, job_id=job.id)
        for job in drafts:
            if job.created_at < now - DRAFTS_KEPT:
                async with self._store.write() as session:
                    kept = await queries.job(session, base_id=job.base_id, job_id=job.id, for_update=True)
                    if kept is not None and kept.state == JobState.DRAFT:
                        kept.state, kept.ended_at = JobState.CANCELLED, now
                        await queries.cancel_ready_rows(session, base_id=job.base_id, job_id=job.id)


def _hindrance(job: BulkJob, sender: Sender, ground: Ground, ways_out: WaysOut) -> Problem | None:
    """What keeps every message of a job from being sent."""
    if not sender.active:
        return Forbidden("sender_inactive", sender=sender.code)
    try:
        if job.channel == Channel.MAIL:
            sender_address(sender)
        require_way_out(Channel(job.channel), Category(job.category), job.text, ground, ways_out)
    except Problem as problem:
        return problem
    return None


def _texts(
    job: BulkJob, rows: Sequence[BulkRow], base: Base, sender: Sender, ground: Ground, now: datetime
) -> dict[int, Draft | Problem]:
    """An SMS for each row, by its position, or why there is none. Blocking: called in a thread."""
    actor = operator_of(base, job.created_by)
    made: dict[int, Draft | Problem] = {}
    for row in rows:
        category = Category(job.category)
        request = SmsRequest(sender.code, (row.address or "",), row.text, category, PRIORITY, job.at)
        order = Order(actor, request, sender, job.account_id, None, now, bulk_id=job.id)
        try:
            text = sms_text(row.text, category, ground.rules, ground.provider)
            check_sms_parts(text.segments)
        except Problem as problem:
            made[row.position] = problem
        else:
            made[row.position] = compose_sms(order, text, [CheckedRecipient("to", row.address or "", row.name)])
    return made


def _mails(
    job: BulkJob,
    rows: Sequence[BulkRow],
    base: Base,
    sender: Sender,
    files: Sequence[File],
    ways_out: WaysOut,
    now: datetime,
) -> dict[int, Draft | Problem]:
    """A mail for each row, to nobody else, by its position. Blocking: called in a thread."""
    actor = operator_of(base, job.created_by)
    made: dict[int, Draft | Problem] = {}
    for row in rows:
        category = Category(job.category)
        address = row.address or ""
        request = MailRequest(
            sender.code, (address,), row.subject, row.text, row.html, category=category, priority=PRIORITY, at=job.at
        )
        order = Order(actor, request, sender, job.account_id, None, now, bulk_id=job.id)
        checked = CheckedMail((CheckedRecipient("to", address, row.name),), None, ())
        draft = compose_mail(order, request, checked, files)
        if category is Category.MARKETING:
            ways_out.add(draft.message, base.language)
        made[row.position] = draft
    return made


def _mark(position: int, outcome: Draft | Problem) -> dict[str, Any]:
    if isinstance(outcome, Draft):
        return {
            "position": position,
            "state": RowState.QUEUED,
            "code": None,
            "params": {},
            "message_id": outcome.message.id,
        }
    fault: Fault = fault_of(outcome)
    return {
        "position": position,
        "state": RowState.SKIPPED,
        "code": fault.code,
        "params": dict(fault.params),
        "message_id": None,
    }
