"""Bulk jobs as people see and steer them: start, pause, resume, cancel, and the report."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.messaging import queries as messages
from xrm_platform.messaging.held import hold_queued
from xrm_platform.messaging.mail import queries as mail_queries
from xrm_platform.messaging.mail.ways_out import WaysOut
from xrm_platform.messaging.messages import require_account, visible_senders
from xrm_platform.messaging.releasing import release_held
from xrm_platform.messaging.rules.opt_outs import folded_address
from xrm_platform.messaging.states import HeldFor, State
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_may_send_as, require_scope
from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.providers import Category, Channel
from xrm_platform.registry import Notices
from xrm_platform.store import DEFAULT_LIMIT, Page, Store, check_page, page_of
from xrm_platform.wording import Wording

from . import queries
from .noting import note
from .preparing import require_bulk
from .report import report_lines
from .showing import Showing, require_way_out
from .states import JobState, RowState
from .tables import BulkJob
from .views import BulkRowView, BulkView

STEP = 1000


class Bulks:
    """Whoever sees a collaborator's messages sees their bulk jobs; whoever may send as them steers them."""

    def __init__(
        self,
        store: Store,
        showing: Showing,
        ways_out: WaysOut,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        wording: Wording,
    ) -> None:
        self._store = store
        self._showing = showing
        self._ways_out = ways_out
        self._notices = notices
        self._wake = wake
        self._now = now
        self._wording = wording

    async def list(self, actor: Actor, *, after: str | None = None, limit: int = DEFAULT_LIMIT) -> Page[BulkView]:
        """Newest first."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        async with self._store.read() as session:
            senders = await visible_senders(session, actor)
            rows = await queries.jobs(session, base_id=actor.base_id, senders=senders, before=after, limit=limit + 1)
            page = page_of(rows, limit, lambda row: row.id)
            return Page(tuple(await self._showing.several(session, page.items)), page.next)

    async def get(self, actor: Actor, job_id: str) -> BulkView:
        """Raises `Missing` for a job that is not there or not for the actor to see."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            return await self._showing.one(session, await _visible(session, actor, job_id), first=True)

    async def rows(
        self,
        actor: Actor,
        job_id: str,
        *,
        state: str | None = None,
        after: str | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Page[BulkRowView]:
        """In the order of the file or of the contacts."""
        require_scope(actor, Scope.READ)
        check_page(after, limit)
        if state is not None and state not in list(RowState):
            raise Invalid.field("state", "unknown_choice", given=state[:40], allowed=", ".join(RowState))
        if after is not None and not (after.isascii() and after.isdecimal() and len(after) < 10):
            raise Invalid.field("after", "page_key_malformed")
        async with self._store.read() as session:
            job = await _visible(session, actor, job_id)
            found = await queries.rows(
                session, base_id=actor.base_id, job_id=job.id, state=state, after=int(after or 0), limit=limit + 1
            )
            page = page_of(found, limit, lambda row: str(row.position))
            return Page(await self._showing.rows(session, job, page.items), page.next)

    async def start(self, actor: Actor, job_id: str) -> BulkView:
        """Let a draft go. Raises `Conflicting` when it is none, when nobody of it is ready, and when its marketing has
        no way out to offer any more."""
        now = self._now()
        async with self._store.write() as session:
            job = await self._steered(session, actor, job_id, {JobState.DRAFT})
            if not await queries.is_any_ready(session, job_id=job.id):
                raise Conflicting("bulk_nobody_ready")
            ground = await self._showing.ground(session, job)
            require_way_out(Channel(job.channel), Category(job.category), job.text, ground, self._ways_out)
            job.state, job.started_at = JobState.RUNNING, now
            note(session, actor, "bulk.started", job.id, _from_to(JobState.DRAFT, job), now)
            view = await self._showing.one(session, job)
        self._tell(actor, job)
        self._wake(f"bulk {job.id}")
        return view

    async def pause(self, actor: Actor, job_id: str) -> BulkView:
        """Make no more messages, and hold those that are queued. What is being sent at this moment is not called
        back."""
        now = self._now()
        async with self._store.write() as session:
            job = await self._steered(session, actor, job_id, {JobState.RUNNING})
            job.state = JobState.PAUSED
            held = await hold_queued(session, base_id=job.base_id, actor=actor.name, now=now, bulk_id=job.id)
            note(session, actor, "bulk.paused", job.id, _from_to(JobState.RUNNING, job), now)
            view = await self._showing.one(session, job)
        self._tell(actor, job)
        self._notices.post(actor.base_code, "message", [(message_id, State.HELD) for message_id in held])
        return view

    async def resume(self, actor: Actor, job_id: str) -> BulkView:
        """Go on after a pause. What another pause still holds stays held."""
        now = self._now()
        async with self._store.write() as session:
            job = await self._steered(session, actor, job_id, {JobState.PAUSED})
            job.state, job.code, job.params = JobState.RUNNING, None, {}
            await session.flush()
            released = await release_held(session, actor, now, reasons={HeldFor.BULK}, bulk_id=job.id)
            note(session, actor, "bulk.resumed", job.id, _from_to(JobState.PAUSED, job), now)
            view = await self._showing.one(session, job)
        self._tell(actor, job)
        self._notices.post(actor.base_code, "message", [(one.id, State.QUEUED) for one in released])
        self._wake(f"bulk {job.id}")
        self._wake(f"deliver {job.account_id}")
        return view

    async def retry(self, actor: Actor, job_id: str) -> BulkView:
        """Send again what failed, to those whom it did not reach; never what may have gone, nor mail to addresses that
        do not exist. Raises `Conflicting` when nothing failed, and for a job that is paused or cancelled."""
        now = self._now()
        async with self._store.write() as session:
            job = await self._steered(session, actor, job_id, {JobState.RUNNING, JobState.DONE})
            failed = await _failed(session, job)
            if not failed:
                raise Conflicting("bulk_nothing_failed")
            await require_account(session, base_id=job.base_id, account_id=job.account_id)
            before = JobState(job.state)
            job.state, job.ended_at = JobState.RUNNING, None
            await messages.queue_failed(session, base_id=job.base_id, message_ids=failed, now=now)
            await messages.add_change_events(
                session,
                base_id=job.base_id,
                message_ids=failed,
                state=State.QUEUED,
                actor=actor.name,
                at=now,
            )
            changes = _from_to(before, job) | {"messages": [None, str(len(failed))]}
            note(session, actor, "bulk.retried", job.id, changes, now)
            await session.flush()
            view = await self._showing.one(session, job)
        self._tell(actor, job)
        self._notices.post(actor.base_code, "message", [(message_id, State.QUEUED) for message_id in failed])
        self._wake(f"deliver {job.account_id}")
        return view

    async def cancel(self, actor: Actor, job_id: str) -> BulkView:
        """Send nothing more of it, whether it has begun or not. What was sent stays sent."""
        now = self._now()
        async with self._store.write() as session:
            job = await self._steered(session, actor, job_id, {JobState.DRAFT, JobState.RUNNING, JobState.PAUSED})
            before = JobState(job.state)
            job.state, job.ended_at, job.code, job.params = JobState.CANCELLED, now, None, {}
            await queries.cancel_ready_rows(session, base_id=job.base_id, job_id=job.id)
            cancelled = await _cancel_messages(session, actor, job, now)
            note(session, actor, "bulk.cancelled", job.id, _from_to(before, job), now)
            view = await self._showing.one(session, job)
        self._tell(actor, job)
        self._notices.post(actor.base_code, "message", [(message_id, State.CANCELLED) for message_id in cancelled])
        return view

    async def report(self, actor: Actor, job_id: str, *, language: str) -> AsyncIterator[bytes]:
        """What became of everybody, as CSV that Excel opens right (UTF-8 with a byte order mark): how it stands now,
        whether the job has ended or not. Raises `Missing`."""
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            job = await _visible(session, actor, job_id)
            package = (await self._showing.ground(session, job)).provider
        translations = "" if package is None else package.translations
        yield report_lines(None, self._wording, language=language)
        after = 0
        while True:
            async with self._store.read() as session:
                rows = await queries.report_rows(session, base_id=job.base_id, job_id=job.id, after=after, limit=STEP)
            if not rows:
                return
            yield report_lines(rows, self._wording, language=language, package=translations)
            after = rows[-1][0].position

    async def _steered(self, session: AsyncSession, actor: Actor, job_id: str, states: Collection[JobState]) -> BulkJob:
        require_bulk(actor)
        job = await _visible(session, actor, job_id, for_update=True)
        require_may_send_as(actor, job.sender_id)
        if job.state not in states:
            raise Conflicting("bulk_in_another_state", state=job.state)
        return job

    def _tell(self, actor: Actor, job: BulkJob) -> None:
        self._notices.post(actor.base_code, "bulk", [(job.id, job.state)])


async def _visible(session: AsyncSession, actor: Actor, job_id: str, *, for_update: bool = False) -> BulkJob:
    require_collaborative(actor)
    job = None
    if job_id.isprintable():
        job = await queries.job(session, base_id=actor.base_id, job_id=job_id, for_update=for_update)
    senders = await visible_senders(session, actor)
    if job is None or (senders is not None and job.sender_id not in senders):
        raise Missing("unknown_bulk", bulk=job_id)
    return job


async def _failed(session: AsyncSession, job: BulkJob) -> list[str]:
    """The messages of a job that are worth another try."""
    failed = [
        (message_id, folded_address(job.channel, address))
        for message_id, address in await queries.failed_messages(session, base_id=job.base_id, job_id=job.id)
    ]
    dead: set[str] = set()
    for start in range(0, len(failed), STEP):
        some = [address for _, address in failed[start : start + STEP]]
        dead |= await mail_queries.those_in_error(session, base_id=job.base_id, addresses=some)
    return list(dict.fromkeys(message_id for message_id, address in failed if address not in dead))


async def _cancel_messages(session: AsyncSession, actor: Actor, job: BulkJob, now: datetime) -> list[str]:
    """Take back what waits, held or queued."""
    cancelled: list[str] = []
    for source in (State.QUEUED, State.HELD):
        waiting = await messages.waiting(session, base_id=job.base_id, state=source, bulk_id=job.id)
        ids = [one.id for one in waiting]
        await messages.move(session, base_id=job.base_id, message_ids=ids, source=source, target=State.CANCELLED)
        cancelled += ids
    await messages.add_change_events(
        session,
        base_id=job.base_id,
        message_ids=cancelled,
        state=State.CANCELLED,
        actor=actor.name,
        at=now,
        detail={"code": "bulk_cancelled"},
    )
    return cancelled


def _from_to(before: JobState, job: BulkJob) -> dict[str, list[str | None]]:
    return {"state": [before.value, job.state]}
