"""What SMS cost by each account: entered by administrators, for vendors hardly ever tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.choice import account_row
from xrm_platform.people import audit
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.problems import Conflicting
from xrm_platform.providers import Channel
from xrm_platform.store import Store

from . import queries
from .price import Price, plain, price_given
from .tables import SmsPrice

CURRENCY = "EUR"


@dataclass(frozen=True, slots=True)
class PriceView:
    """Of one part to one recipient by an account; `price` is a decimal number as text, None while nobody set one."""

    account: str
    price: str | None
    currency: str | None


class Prices:
    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now

    async def get(self, actor: Actor, account_id: str) -> PriceView:
        """Raises `Missing`."""
        require_collaborative(actor)
        require_scope(actor, Scope.READ)
        async with self._store.read() as session:
            await account_row(session, base_id=actor.base_id, account_id=account_id)
            found = await price_of(session, base_id=actor.base_id, account_id=account_id)
        return _view(account_id, found)

    async def set(self, actor: Actor, account_id: str, price: str | None, currency: str = CURRENCY) -> PriceView:
        """None removes it. Raises `Missing`, `Conflicting` for an account that sends no SMS, and `Invalid` for a price
        that is not a number."""
        require_admin(actor)
        given = None if price is None else price_given(price, currency)
        async with self._store.write() as session:
            account = (
                await account_row(session, base_id=actor.base_id, account_id=account_id, for_change=True)
            ).account
            if account.channel != Channel.SMS:
                raise Conflicting("price_for_sms_only", account=account.name)
            row = await queries.price(session, base_id=actor.base_id, account_id=account_id)
            before = None if row is None else f"{row.amount} {row.currency}"
            after = None if given is None else f"{plain(given.amount)} {given.currency}"
            if row is not None and given is None:
                await session.delete(row)
            elif row is not None and given is not None:
                row.amount, row.currency = str(given.amount), given.currency
            elif given is not None:
                session.add(
                    SmsPrice(
                        base_id=actor.base_id,
                        account_id=account_id,
                        amount=str(given.amount),
                        currency=given.currency,
                    )
                )
            if before != after:
                audit.record(
                    session,
                    actor,
                    action="account.priced",
                    subject="account",
                    subject_id=account_id,
                    changes={"price": [before, after]},
                    at=self._now(),
                )
        return _view(account_id, given)


async def price_of(session: AsyncSession, *, base_id: str, account_id: str) -> Price | None:
    row = await queries.price(session, base_id=base_id, account_id=account_id)
    return None if row is None else Price(Decimal(row.amount), row.currency)


def _view(account_id: str, price: Price | None) -> PriceView:
    if price is None:
        return PriceView(account_id, None, None)
    return PriceView(account_id, plain(price.amount), price.currency)
