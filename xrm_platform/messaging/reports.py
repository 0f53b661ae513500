"""Ask providers what became of what they took, and write down what they say: once, and never going backwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.jobs import Wake
from xrm_platform.providers import DeliveryEvent, ProviderError
from xrm_platform.providers.errors import storable
from xrm_platform.registry import Notices
from xrm_platform.store import Store

from . import delivery_queries as queries
from .sources import Sources
from .states import FINAL, State, after_report, of_message
from .tables import MessageRecipient
from .troubles import Troubles
from .writing import error_columns

GIVE_UP_AFTER = timedelta(hours=96)
"""Vendors keep trying for 72 hours at most; a day later nothing new will be said."""

_INTERVALS = (
    (timedelta(minutes=2), timedelta(seconds=15)),
    (timedelta(minutes=30), timedelta(minutes=2)),
    (timedelta(hours=6), timedelta(minutes=15)),
    (GIVE_UP_AFTER, timedelta(hours=2)),
)
"""Up to which age of a message its reports are asked for how often."""


def next_report_at(sent_at: datetime, now: datetime) -> datetime | None:
    """When to ask again about a message that went at `sent_at`; None when it is no longer worth it."""
    age = now - sent_at
    return next((now + interval for limit, interval in _INTERVALS if age < limit), None)


class Reports:
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

    async def poll(self, account_id: str) -> None:
        """Ask about every recipient of the account whose time has come."""
        source = await self._sources.open(account_id)
        if source is None:
            return
        base_id = source.account.base_id
        now = self._now()
        limit = source.driver.descriptor.limits.references
        async with self._store.read() as session:
            due = await queries.due_reports(session, base_id=base_id, account_id=account_id, now=now, limit=limit)
        if not due:
            return
        references = [recipient.reference for recipient, _ in due if recipient.reference]
        events: Sequence[DeliveryEvent] = ()
        try:
            events = await source.driver.call("reports", lambda driver: driver.reports(references))
        except ProviderError as error:
            await self._troubles.note(source.account, error)
        async with self._store.write() as session:
            await queries.postpone_reports(
                session,
                base_id=base_id,
                rows=[
                    {"id": recipient.id, "report_due_at": next_report_at(sent_at, now)} for recipient, sent_at in due
                ],
            )
        await self.record(base_id, source.base_code, account_id, events)
        if len(due) == limit:
            self._wake(f"poll {account_id}")

    async def record(self, base_id: str, base_code: str, account_id: str, events: Sequence[DeliveryEvent]) -> None:
        """Write reports on recipients of the account; what is known already, or of nobody, changes nothing."""
        if not events:
            return
        events = [
            replace(one, key=storable(one.key), reference=storable(one.reference), raw=storable(one.raw))
            for one in events
        ]
        async with self._store.write() as session:
            changed = await self._record(session, base_id, account_id, events)
        self._notices.post(base_code, "message", changed)

    async def _record(
        self, session: AsyncSession, base_id: str, account_id: str, events: Sequence[DeliveryEvent]
    ) -> Sequence[tuple[str, State]]:
        references = {event.reference for event in events}
        found = await queries.recipients_by_reference(
            session, base_id=base_id, account_id=account_id, references=references
        )
        by_reference = {row.reference: row for row in found}
        told = [(row, event) for event in events if (row := by_reference.get(event.reference)) is not None]
        new = await queries.add_reports(session, base_id=base_id, rows=[_event_row(row, event) for row, event in told])
        touched: set[str] = set()
        for row, event in sorted(told, key=lambda one: one[1].at):
            if _dedup_key(row, event) not in new:
                continue
            state = after_report(State(row.state), event.status)
            if state != row.state:
                row.state = state
                for name, value in error_columns(event.error).items():
                    setattr(row, name, value)
                touched.add(row.message_id)
            if state in FINAL:
                row.report_due_at = None
        await session.flush()
        return await update_messages(session, base_id, touched)


async def update_messages(session: AsyncSession, base_id: str, message_ids: set[str]) -> Sequence[tuple[str, State]]:
    """Bring messages to the state that their recipients say; what they are now."""
    states: dict[str, list[State]] = defaultdict(list)
    for message_id, state in await queries.siblings(session, base_id=base_id, message_ids=message_ids):
        states[message_id].append(State(state))
    changed = [(message_id, of_message(of_recipients)) for message_id, of_recipients in states.items()]
    await queries.set_message_states(session, base_id=base_id, states=changed)
    return changed


def _event_row(row: MessageRecipient, event: DeliveryEvent) -> dict[str, object]:
    return {
        "message_id": row.message_id,
        "recipient_id": row.id,
        "at": event.at,
        "state": event.status,
        "actor": "provider",
        "detail": {"raw": event.raw[:2000], **({"code": event.error.code} if event.error else {})},
        "dedup_key": _dedup_key(row, event),
    }


def _dedup_key(row: MessageRecipient, event: DeliveryEvent) -> str:
    return f"{row.account_id}:{event.key}"
