"""The threshold of an account, and what is left there as far as it is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.choice import account_row
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import Channel
from xrm_platform.store import Store

from . import queries
from .tables import SmsCredit

WARN_BELOW = 50
HIGHEST = 1_000_000


@dataclass(frozen=True, slots=True)
class CreditView:
    """Administrators are warned when fewer than `warn_below` messages are left. `balance` is what the vendor said at
    `asked_at`, None while it was not asked; `low` says whether that is too little."""

    account: str
    warn_below: int
    balance: int | None
    low: bool
    asked_at: datetime | None


class Credits:
    """For administrators."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def get(self, actor: Actor, account_id: str) -> CreditView:
        """Raises `Missing`."""
        require_admin(actor)
        async with self._store.read() as session:
            await account_row(session, base_id=actor.base_id, account_id=account_id)
            row = await queries.credit(session, base_id=actor.base_id, account_id=account_id)
        return _view(account_id, row)

    async def warn_below(self, actor: Actor, account_id: str, messages: int) -> CreditView:
        """0 for no warning. Raises `Missing`, `Invalid`, and `Conflicting` for an account that sends no SMS."""
        require_admin(actor)
        if not 0 <= messages <= HIGHEST:
            raise Invalid.field("warn_below", "credit_threshold", highest=HIGHEST)
        async with self._store.write() as session:
            account = (
                await account_row(session, base_id=actor.base_id, account_id=account_id, for_change=True)
            ).account
            if account.channel != Channel.SMS:
                raise Conflicting("price_for_sms_only", account=account.name)
            row = await credit_row(session, base_id=actor.base_id, account_id=account_id)
            before, row.warn_below = row.warn_below, messages
            if before != messages:
                audit.record(
                    session,
                    actor,
                    action="account.credit_watched",
                    subject="account",
                    subject_id=account_id,
                    changes={"warn_below": [before, messages]},
                    at=self._now(),
                )
        return _view(account_id, row)


async def credit_row(session: AsyncSession, *, base_id: str, account_id: str) -> SmsCredit:
    """The row of an account, in a transaction that changes it."""
    row = await queries.credit(session, base_id=base_id, account_id=account_id, for_update=True)
    if row is None:
        row = SmsCredit(base_id=base_id, account_id=account_id, warn_below=WARN_BELOW)
        session.add(row)
    return row


def _view(account_id: str, row: SmsCredit | None) -> CreditView:
    if row is None:
        return CreditView(account_id, WARN_BELOW, None, low=False, asked_at=None)
    low = row.balance is not None and row.balance < row.warn_below
    return CreditView(account_id, row.warn_below, row.balance, low, row.asked_at)
