"""Calendar objects that come in by mail are given to those who read them: the handler of the job `read_calendars`.

Each is a row that is written with its mail and goes when it was read, so that it is read at least once, whatever stops
in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from xrm_platform.jobs import Wake
from xrm_platform.problems import Unavailable
from xrm_platform.store import Store

from . import queries
from .tables import UnreadCalendar

READ_CALENDARS = "read_calendars"

BATCH = 50
ATTEMPTS = 6
"""After how many the object is given up: by then it is the object that is wrong. Its mail stays."""

log = structlog.get_logger("xrm.messaging")


@dataclass(frozen=True, slots=True)
class CalendarMail:
    """A mail that holds a calendar object (RFC 6047): `method` is REQUEST, REPLY, CANCEL …, `ical` the object. `sender`
    is whom the mail says that it is from, which anybody can write."""

    base_id: str
    account_id: str
    inbound_id: str
    sender: str
    method: str
    ical: str
    at: datetime


CalendarReader = Callable[[CalendarMail], Awaitable[None]]


class CalendarMails:
    """`readers` are told of each calendar object, after its mail is written down; again when one of them failed, or
    when the process ended before all had answered."""

    def __init__(
        self, store: Store, wake: Wake, now: Callable[[], datetime], readers: Sequence[CalendarReader]
    ) -> None:
        self._store = store
        self._wake = wake
        self._now = now
        self._readers = readers

    async def tick(self) -> None:
        """Find what waits."""
        async with self._store.read() as session:
            if await queries.unread_calendars(session, now=self._now(), limit=1):
                self._wake(READ_CALENDARS)

    async def run(self, _argument: str = "") -> None:
        """Have everything read that is due."""
        while True:
            async with self._store.read() as session:
                found = await queries.unread_calendars(session, now=self._now(), limit=BATCH)
            for row in found:
                await self._one(row)
            if len(found) < BATCH:
                return

    async def _one(self, row: UnreadCalendar) -> None:
        mail = CalendarMail(row.base_id, row.account_id, row.inbound_id, row.sender, row.method, row.ical, row.at)
        outcomes = await asyncio.gather(*(read(mail) for read in self._readers), return_exceptions=True)
        failed = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        for error in failed:
            if isinstance(error, Unavailable) or not isinstance(error, Exception):
                raise error
        attempts = row.attempts + 1
        key = {"base_id": row.base_id, "inbound_id": row.inbound_id}
        if failed:
            names = sorted(type(error).__name__ for error in failed)
            log.error("calendar object not read", inbound=row.inbound_id, attempts=attempts, errors=names)
        async with self._store.write() as session:
            if failed and attempts < ATTEMPTS:
                due_at = self._now() + timedelta(minutes=2**attempts)
                await queries.calendar_not_read(session, **key, attempts=attempts, due_at=due_at)
            else:
                await queries.calendar_read(session, **key)
