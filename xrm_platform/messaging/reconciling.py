"""Settle SMS of which nobody knows whether they went, by what their vendor has.

What the vendor has went, and gets its reference. What it does not have, minutes after it could have come, never went:
it is queued again. Nothing is sent again before the vendor was asked, nor while it may be what the vendor shows without
a text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.providers import Capability, ProviderError, SentSms
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import delivery_queries
from . import reconciling_queries as queries
from .lost import EARLIER, Lost, found_at_vendor, perhaps_at_vendor
from .outcomes import FIRST_REPORT_AFTER
from .sources import Source, Sources
from .states import State, of_message
from .troubles import Troubles

EVERY = timedelta(minutes=2)
SURELY_ABSENT_AFTER = timedelta(minutes=10)
"""How long after its answer was lost a message may still show up at the vendor."""

GIVE_UP_AFTER = timedelta(hours=72)


class Reconciling:
    def __init__(
        self,
        store: Store,
        sources: Sources,
        troubles: Troubles,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._sources = sources
        self._troubles = troubles
        self._notices = notices
        self._wake = wake
        self._now = now
        self._asked: dict[str, datetime] = {}

    async def tick(self) -> None:
        """Wake accounts that have something to settle."""
        now = self._now()
        async with self._store.read() as session:
            accounts = await queries.accounts_with_lost(session, since=now - GIVE_UP_AFTER)
        for account_id in accounts:
            if now - self._asked.get(account_id, now - EVERY) >= EVERY:
                self._wake(f"reconcile {account_id}")

    async def run(self, account_id: str) -> None:
        """The job `reconcile`: ask the vendor of an account what it has of what was lost."""
        now = self._now()
        self._asked[account_id] = now
        source = await self._sources.open(account_id)
        if source is None or Capability.RECONCILE not in source.driver.descriptor.capabilities:
            return
        base_id = source.account.base_id
        async with self._store.read() as session:
            lost = await queries.lost(session, base_id=base_id, account_id=account_id, since=now - GIVE_UP_AFTER)
        if not lost:
            return
        earliest = min(one.begun for one in lost) - EARLIER
        try:
            sent: Sequence[SentSms] = await source.driver.call("sent_since", lambda driver: driver.sent_since(earliest))
        except ProviderError as error:
            await self._troubles.note(source.account, error)
            return
        async with self._store.write() as session:
            changed = await self._settle(session, source, lost, sent, now)
        self._notices.post(source.base_code, "message", changed)
        if any(state is State.QUEUED for _, state in changed):
            self._wake(f"deliver {account_id}")

    async def _settle(
        self, session: AsyncSession, source: Source, lost: Sequence[Lost], sent: Sequence[SentSms], now: datetime
    ) -> Sequence[tuple[str, State]]:
        base_id = source.account.base_id
        still = await queries.still_unknown(session, base_id=base_id, ids=[one.recipient_id for one in lost])
        lost = [one for one in lost if one.recipient_id in still]
        references = [one.reference for one in sent]
        known = await queries.known_references(
            session, base_id=base_id, slug=source.account.slug, references=references
        )
        found = found_at_vendor(lost, sent, known)
        in_doubt = perhaps_at_vendor(lost, sent, {*known, *found.values()})
        settled = [one for one in lost if one.recipient_id in found or one.recipient_id not in in_doubt]
        rows = [row for one in settled if (row := _row(one, found.get(one.recipient_id), now)) is not None]
        await queries.write(session, base_id=base_id, rows=rows, now=now)
        touched = {row["message_id"] for row in rows}
        states: dict[str, list[State]] = defaultdict(list)
        for message_id, state in await delivery_queries.siblings(session, base_id=base_id, message_ids=touched):
            states[message_id].append(State(state))
        changed = [(message_id, of_message(recipients)) for message_id, recipients in states.items()]
        await queries.write_messages(session, base_id=base_id, states=changed, now=now)
        return changed


def _row(lost: Lost, reference: str | None, now: datetime) -> dict[str, Any] | None:
    """What is written for one recipient; None while it cannot be known."""
    common = {"id": lost.recipient_id, "message_id": lost.message_id}
    if reference is not None:
        return common | {
            "state": State.SENT,
            "reference": reference,
            "report_due_at": now + FIRST_REPORT_AFTER,
            "code": "found_at_vendor",
        }
    if now - lost.since >= SURELY_ABSENT_AFTER:
        return common | {
            "state": State.QUEUED,
            "reference": None,
            "report_due_at": None,
            "code": "vendor_never_had_it",
        }
    return None
