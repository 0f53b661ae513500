"""Synchronises links: the handlers of the jobs `sync` and `tick`, and the same at a person's request."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.health import plain, told
from xrm_platform.agenda.storing import EventStore
from xrm_platform.agenda.tables import Event
from xrm_platform.jobs import Wake
from xrm_platform.messaging.pace import Pace
from xrm_platform.people import lookup
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import AccountError, NotFound, ProviderError
from xrm_platform.registry import AccountDriver
from xrm_platform.store import Store, new_id

from . import event_queries, queries
from .health import after_failure, after_success, notice_for
from .looking import look
from .plan import Brake
from .pull import CURSOR_LASTS, Pull
from .push import Push
from .run_log import RunLog
from .seeding import seed
from .states import LinkState, RunState, Standing
from .tables import CalendarLink, EventLink
from .telling import Telling
from .work import LeaseLost, Link, Ran, Work

log = structlog.get_logger("xrm.sync")

ROUNDS = 3
"""How often a calendar is read again in one run because something changed there while we wrote."""

LOOK_EVERY = timedelta(days=1)
"""How often the calendar itself is looked at: its name, its colour, whether it can be written."""


class Syncing:
    """`lease` is how long this process may be silent before somebody else may take over a link of it."""

    def __init__(
        self,
        store: Store,
        events: EventStore,
        connections: Connections,
        telling: Telling,
        wake: Wake,
        now: Callable[[], datetime],
        *,
        lease: timedelta,
        brake: Brake | None = None,
    ) -> None:
        self._store = store
        self._events = events
        self._connections = connections
        self._telling = telling
        self._wake = wake
        self._now = now
        self._lease = lease
        self.brake = brake or Brake()
        self._stopping = asyncio.Event()
        self._paces: dict[str, Pace] = {}

    def stop(self) -> None:
        """Let the calls under way end, and begin nothing more."""
        self._stopping.set()

    async def tick(self) -> None:
        """Find the links that are due."""
        async with self._store.read() as session:
            due = await queries.due_links(session, now=self._now())
        for link_id in due:
            self._wake(f"sync {link_id}")

    async def sync(self, link_id: str) -> None:
        """Synchronise a link that does so by itself, then ask to be woken when it is due again. The calendars of
        somebody who left rest until they are active again."""
        try:
            link = await self.found(link_id)
        except Missing:
            return
        if link.row.state != LinkState.ACTIVE or not link.row.auto_sync or self._stopping.is_set():
            return
        async with self._store.read() as session:
            if await queries.rests(session, link_id=link_id):
                return
        try:
            await self.run(link)
        except Conflicting as problem:
            log.info("link not synchronised", link=link_id, code=problem.code)

    async def found(self, link_id: str) -> Link:
        """A link of any base, by its id. Raises `Missing`."""
        async with self._store.read() as session:
            row = await queries.link_and_base(session, link_id=link_id)
        if row is None:
            raise Missing("unknown_calendar_link", link=link_id[:40])
        return Link(*row)

    async def run(self, link: Link) -> Ran:
        """Bring both sides together now, the first time too.

        Raises `Conflicting` when somebody else is at it, or when the account cannot be used.
        """
        async with self.working(link) as work:
            error = await self._contained(work)
            await self._finish(work, error)
        async with self._store.read() as session:
            row = await queries.link(session, base_id=link.base_id, link_id=link.id)
        held = (0, 0) if row is None else (row.held_here, row.held_there)
        return Ran(work.log.told(), error, *held)

    @contextlib.asynccontextmanager
    async def working(self, link: Link) -> AsyncIterator[Work]:
        """The right to work on a link, and what it takes. Raises `Conflicting`."""
        driver = await self.driver_of(link)
        owner = new_id()
        async with self._store.write() as session:
            now = self._now()
            if not await queries.take_lease(
                session, base_id=link.base_id, link_id=link.id, owner=owner, now=now, until=now + self._lease
            ):
                raise Conflicting("sync_running", calendar=link.row.name)
        link = await self.found(link.id)
        work = Work(
            self._store,
            self._events,
            link,
            driver,
            RunLog(link.row, self._now),
            self.brake,
            self._now,
            owner,
            self._lease,
            self._stopping,
        )
        beat = asyncio.create_task(self._keep_lease(work), name=f"lease {link.id}")
        try:
            yield work
        finally:
            beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await beat
            async with self._store.write() as session:
                await queries.end_lease(session, base_id=link.base_id, link_id=link.id, owner=owner)

    async def bring_back(self, session: AsyncSession, link: CalendarLink, row: EventLink, event: Event) -> None:
        """An event that was deleted here, and that is not to be deleted there, is here again."""
        base = await lookup.base(session, base_id=link.base_id)
        await self._events.put(
            session,
            base=base,
            owner_id=link.collaborator_id,
            text=event.ical,
            by=f"calendar:{link.name}",
            now=self._now(),
            event=event,
            origin=link.id,
        )
        row.state = Standing.DIRTY

    async def driver_of(self, link: Link) -> AccountDriver:
        """Raises `Conflicting` when the account cannot be used, and why; the link shows it too."""
        account = link.account
        code = "account_paused" if account.paused else "account_suspended" if account.suspended else ""
        if code:
            await self._write_failure(link, code, {"account": account.name})
            raise Conflicting(code, account=account.name)
        try:
            return await self._connections.driver_of(account)
        except AccountUnusable as problem:
            await self._write_failure(link, problem.code, problem.params)
            raise
        except ProviderError as error:
            code, params = told(error)
            await self._connections.note_health(account, error)
            await self._write_failure(link, code, params)
            raise Conflicting("account_unusable_now", account=account.name) from error

    async def _keep_lease(self, work: Work) -> None:
        """While a call takes long, the lease is renewed by itself."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            async with self._store.write() as session:
                await queries.renew_lease(
                    session,
                    base_id=work.link.base_id,
                    link_id=work.link.id,
                    owner=work.owner,
                    until=self._now() + self._lease,
                )

    async def _contained(self, work: Work) -> ProviderError | None:
        try:
            await self._synchronise(work)
        except LeaseLost:
            log.warning("lease lost", link=work.link.id)
            raise Conflicting("sync_running", calendar=work.link.row.name) from None
        except NotFound as error:
            return await self._calendar_missing(work, error)
        except ProviderError as error:
            return error
        return None

    async def _synchronise(self, work: Work) -> None:
        row = work.link.row
        first = row.cursor_at is None
        if row.state != LinkState.ACTIVE:
            await self._begin(work)
        if row.looked_at is None or self._now() - row.looked_at >= LOOK_EVERY:
            await look(work)
        cursor, known = row.cursor, 0
        if not first:
            cursor = cursor if self._now() - (row.cursor_at or self._now()) < CURSOR_LASTS else None
            async with self._store.read() as session:
                counts = await event_queries.counted(session, base_id=row.base_id, link_id=row.id)
            known = counts["linked"]
        pass_no = row.pass_no
        for _ in range(ROUNDS):
            push = Push(work, self._pace(work))
            await push.finish_begun()
            pull = Pull(work, cursor, pass_no, known=known, before_end=seed if first else None)
            await pull.run()
            cursor, pass_no, first = pull.cursor, pull.pass_no, False
            if work.link.direction.pushes:
                await push.run()
            if push.stopped is not None:
                raise push.stopped
            if not push.again or self._stopping.is_set():
                return

    async def _begin(self, work: Work) -> None:
        """From now on changes are noted for this link."""
        async with work.transaction() as session:
            await queries.update_link(
                session, base_id=work.link.base_id, link_id=work.link.id, values={"state": LinkState.ACTIVE}
            )

    async def _calendar_missing(self, work: Work, error: NotFound) -> ProviderError | None:
        """Something was not found: was it the calendar?"""
        try:
            await look(work)
        except ProviderError as other:
            return other
        return error

    def _pace(self, work: Work) -> Pace:
        account = work.link.account.id
        if account not in self._paces:
            self._paces[account] = Pace(work.driver.descriptor.limits.per_second, self._stopping)
        return self._paces[account]

    async def _finish(self, work: Work, error: ProviderError | None) -> None:
        link = work.link
        code, params = (None, {}) if error is None else told(error)
        now = self._now()
        if error is None:
            await self._connections.note_health(link.account)
            values = after_success(link.row, now)
        else:
            values = after_failure(link.row, error, code or "", params, now)
        async with self._store.write() as session:
            await work.log.finish(session, RunState.DONE if error is None else RunState.FAILED, code, params)
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values=values)
        await self._tell_if_needed(link, error)
        if link.row.auto_sync:
            self._wake(f"sync {link.id}", values["next_run_at"])

    async def _tell_if_needed(self, link: Link, error: ProviderError | None) -> None:
        """The person is told once that a connection died, and once that deletions wait for them."""
        newly = isinstance(error, AccountError) and await self._connections.suspend(link.account, error)
        after = await self.found(link.id)
        notice = notice_for(after.row, died=newly, now=self._now())
        if notice is None:
            return
        await self._telling.tell(after, notice.what, notice.code, notice.params, key=notice.key)
        async with self._store.write() as session:
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values={"told_at": self._now()})

    async def _write_failure(self, link: Link, code: str, params: Any) -> None:
        named, values = plain(code, params)
        failed = after_failure(link.row, None, named, values, self._now())
        async with self._store.write() as session:
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values=failed)
