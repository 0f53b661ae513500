"""Look for what was handed over in the person's mailbox: sent mail among the sent, and what got lost on its way.

A draft that is no longer there was deleted, or sent under another id by mail software that writes its own: it is never
called sent, and stays open until the person says what became of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.connections import Connections
from xrm_platform.jobs import Wake
from xrm_platform.messaging import delivery_queries
from xrm_platform.messaging.reports import update_messages
from xrm_platform.messaging.resting import Resting
from xrm_platform.messaging.sources import Source, Sources
from xrm_platform.messaging.states import State
from xrm_platform.providers import AccountError, BadResponse, Capability, ProviderError, Rung, Whereabouts
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import queries
from .keeping import draft_row, found_draft
from .tables import GONE_AFTER, HandedOver

EVERY = timedelta(minutes=1)
BATCH = 50
LOST_FOR = timedelta(hours=72)
_INTERVALS = (
    (timedelta(hours=1), timedelta(minutes=2)),
    (timedelta(days=1), timedelta(minutes=10)),
    (timedelta(days=14), timedelta(hours=1)),
    (timedelta(days=60), timedelta(hours=6)),
)
"""Up to which age of a draft it is looked for how often."""


def next_look(handed_over_at: datetime, now: datetime) -> datetime | None:
    """When to look again for a draft; None when nobody will send it any more."""
    age = now - handed_over_at
    return next((now + interval for limit, interval in _INTERVALS if age < limit), None)


class DraftWatch:
    def __init__(
        self,
        store: Store,
        sources: Sources,
        connections: Connections,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
        resting: Resting,
    ) -> None:
        self._store = store
        self._sources = sources
        self._connections = connections
        self._notices = notices
        self._wake = wake
        self._now = now
        self._resting = resting
        self._looked: dict[str, datetime] = {}
        self._failed: set[str] = set()
        """Accounts of which this said that they are failing."""

    async def tick(self) -> None:
        """Wake accounts that have something to look for."""
        now = self._now()
        async with self._store.read() as session:
            accounts = await queries.accounts_to_look_into(session, now=now, since=now - LOST_FOR)
        for account_id in accounts:
            if now - self._looked.get(account_id, now - EVERY) >= EVERY:
                self._wake(f"drafts {account_id}")

    async def run(self, account_id: str) -> None:
        """The job `drafts`: look into the mailbox of an account."""
        now = self._now()
        self._looked[account_id] = now
        source = await self._sources.open(account_id)
        if source is None or Capability.HANDS_OVER not in source.driver.descriptor.capabilities:
            return
        if self._resting.rests(source.account):
            return
        async with self._store.read() as session:
            due = await queries.due(
                session,
                base_id=source.account.base_id,
                account_id=account_id,
                now=now,
                since=now - LOST_FOR,
                limit=BATCH,
            )
        if not due:
            return
        try:
            found = await source.driver.call("whereabouts", partial(_whereabouts, due))
            if not isinstance(found, Mapping | None):
                raise BadResponse("whereabouts_not_understood")
        except ProviderError as error:
            await self._failing(source, error)
            return
        if account_id in self._failed:
            self._failed.discard(account_id)
            await self._connections.note_health(source.account)
        async with self._store.write() as session:
            changed = await self._settle(session, source, due, found, now)
        self._notices.post(source.base_code, "message", changed)

    async def _failing(self, source: Source, error: ProviderError) -> None:
        if isinstance(error, AccountError):
            self._resting.begin(source.account)
        self._failed.add(source.account.id)
        await self._connections.note_health(source.account, error)

    async def _settle(
        self,
        session: AsyncSession,
        source: Source,
        due: Mapping[str, str],
        places: Mapping[str, Whereabouts] | None,
        now: datetime,
    ) -> list[tuple[str, State]]:
        """`places` is None where there was no mailbox to look into."""
        base_id = source.account.base_id
        found = places or {}
        open_now = await queries.open_messages(session, base_id=base_id, ids=due.keys())
        rows = await queries.rows_of(session, base_id=base_id, ids=open_now.keys())
        sent = [one for one in open_now if found.get(one) is Whereabouts.SENT]
        drafted = [one for one in open_now if found.get(one) is Whereabouts.DRAFTS]
        recovered = [one for one in drafted if open_now[one] is State.UNKNOWN]
        await queries.settle(session, base_id=base_id, ids=sent, state=State.SENT)
        await queries.settle(session, base_id=base_id, ids=recovered, state=State.HANDED_OVER)
        await queries.put(
            session,
            base_id=base_id,
            rows=[draft_row(one, found_draft(), source.account.id, now) for one in recovered],
        )
        gone = [
            one
            for one, row in rows.items()
            if one not in recovered and _looked_at(row, found.get(one), now, looked=places is not None)
        ]
        events = [
            *((one, State.SENT, "seen_in_sent") for one in sent),
            *((one, State.HANDED_OVER, "found_in_drafts") for one in recovered),
            *((one, State.HANDED_OVER, "draft_gone") for one in gone),
        ]
        await delivery_queries.write_events(
            session, base_id=base_id, rows=[(one, None, now, state, {"code": code}) for one, state, code in events]
        )
        await session.flush()
        return list(await update_messages(session, base_id, {*sent, *recovered}))


def _looked_at(row: HandedOver, found: Whereabouts | None, now: datetime, *, looked: bool) -> bool:
    """Note on the row of a draft what was found; whether it just turned out to be gone, which only what was put into a
    mailbox can be. Another process may have looked at the same moment: that is one look."""
    if row.look_at is None or row.look_at > now:
        return False
    row.look_at = None if found is Whereabouts.SENT else next_look(row.at, now)
    if found is not None:
        row.missed = 0
    elif looked and row.rung == Rung.MAILBOX:
        row.missed += 1
        return row.missed == GONE_AFTER
    return False


def _whereabouts(message_ids: Mapping[str, str], driver: Any) -> Awaitable[Mapping[str, Whereabouts] | None]:
    """Looking changes nothing, so a lost answer is an ordinary failure."""
    asked: Awaitable[Mapping[str, Whereabouts] | None] = driver.whereabouts(message_ids)
    return asked
