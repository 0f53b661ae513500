"""What administrators set: how many recipients an account may write to in an hour and in a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from xrm_platform.accounts.choice import account_row
from xrm_platform.jobs import Wake
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.problems import Invalid
from xrm_platform.store import Store

from . import queries
from .allowance import DAY, HOUR, MINUTE
from .tables import SendingLimit

HIGHEST = 10_000_000


@dataclass(frozen=True, slots=True)
class LimitView:
    """Recipients within any hour and any day; None is no limit. What is `sent_…` counts towards it, while there is
    one."""

    account: str
    hourly: int | None
    daily: int | None
    sent_hour: int
    sent_day: int


class SendingLimits:
    def __init__(self, store: Store, wake: Wake, now: Callable[[], datetime]) -> None:
        self._store = store
        self._wake = wake
        self._now = now

    async def get(self, actor: Actor, account_id: str) -> LimitView:
        """Raises `Missing`."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        now = self._now()
        async with self._store.read() as session:
            await account_row(session, base_id=actor.base_id, account_id=account_id)
            row = await queries.limit(session, base_id=actor.base_id, account_id=account_id)
            counts = await queries.counts(
                session, base_id=actor.base_id, account_id=account_id, since=now - DAY - MINUTE
            )
        return LimitView(
            account_id,
            None if row is None else row.hourly,
            None if row is None else row.daily,
            sum(recipients for at, recipients in counts if at + MINUTE + HOUR > now),
            sum(recipients for at, recipients in counts),
        )

    async def set(self, actor: Actor, account_id: str, *, hourly: int | None, daily: int | None) -> LimitView:
        """None takes a limit away. What is beyond it waits and is sent later. Raises `Missing` and `Invalid`."""
        require_admin(actor)
        for name, given in (("hourly", hourly), ("daily", daily)):
            if given is not None and not 1 <= given <= HIGHEST:
                raise Invalid.field(name, "sending_limit_range", highest=HIGHEST)
        async with self._store.write() as session:
            await account_row(session, base_id=actor.base_id, account_id=account_id, for_change=True)
            row = await queries.limit(session, base_id=actor.base_id, account_id=account_id, for_update=True)
            before = {"hourly": None, "daily": None} if row is None else {"hourly": row.hourly, "daily": row.daily}
            if row is None:
                row = SendingLimit(base_id=actor.base_id, account_id=account_id)
                session.add(row)
            row.hourly, row.daily = hourly, daily
            changes = {
                name: [before[name], given]
                for name, given in (("hourly", hourly), ("daily", daily))
                if before[name] != given
            }
            if changes:
                audit.record(
                    session,
                    actor,
                    action="account.limited",
                    subject="account",
                    subject_id=account_id,
                    changes=changes,
                    at=self._now(),
                )
        self._wake(f"deliver {account_id}")
        return await self.get(actor, account_id)
