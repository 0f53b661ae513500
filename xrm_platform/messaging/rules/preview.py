"""What an SMS will be and cost, before anybody sends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts import queries as accounts
from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.choice import account_named
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.messaging.checks import check_sms_numbers, check_sms_parts, check_sms_text
from xrm_platform.people import lookup
from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.providers import Capability, Category, Channel, ProviderError
from xrm_platform.registry import Registry
from xrm_platform.store import Store

from .price import Price, cost, plain
from .pricing import price_of
from .rules import rules_of
from .simplifying import simplified, unaccented
from .texts import SmsText, sms_text

BALANCE_SECONDS = 3.0
"""How long a person who looks at a price waits for the vendor."""

log = structlog.get_logger("xrm.messaging")


@dataclass(frozen=True, slots=True)
class SimplerText:
    """The text in cheaper characters, and what it would be then. `text` is what to send instead, without what the
    platform adds."""

    text: str
    encoding: str
    parts: int
    price: str | None


@dataclass(frozen=True, slots=True)
class SmsPreview:
    """What an SMS will be.

    `text` is all that is sent, `added` the mention in it that the platform adds. `parts` and `units` are those of one
    recipient, `left` the units still free in the last part. `characters_forcing_unicode` are named once each,
    `forcing_positions` say where all of them stand in `text` (counted in characters from 0).
    `simplified` is the text with plain quotes, dashes and spaces, `unaccented` without accents too; None where that
    changes nothing. `price` is that of all parts to all `recipients`, None while nobody set one for the account.
    `balance` are the messages left there, None when the vendor does not tell, or not soon enough; `enough` says whether
    they do.
    """

    encoding: str
    parts: int
    units: int
    left: int
    characters_forcing_unicode: tuple[str, ...]
    forcing_positions: tuple[int, ...]
    text: str
    added: str
    recipients: int
    simplified: SimplerText | None
    unaccented: SimplerText | None
    account: str | None
    price_per_part: str | None
    price: str | None
    currency: str | None
    balance: int | None
    enough: bool | None


class SmsPreviews:
    def __init__(self, store: Store, registry: Registry, connections: Connections, now: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._connections = connections
        self._now = now

    async def show(
        self,
        actor: Actor,
        text: str,
        *,
        sender: str | None = None,
        to: Sequence[str] = (),
        recipients: int | None = None,
        category: Category = Category.TRANSACTIONAL,
        account: str | None = None,
    ) -> SmsPreview:
        """Nothing is sent or kept. The account is the one that would send for `sender`, without one the base's default;
        where there is none, there is no price. `recipients` counts those that are not named in `to`.

        Raises `Invalid` for a text or a number that cannot be sent, `Missing`, and `Conflicting` as sending would for a
        marketing text that lacks its way out.
        """
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)
        check_sms_text(text)
        async with self._store.read() as session:
            base = await lookup.base(session, base_id=actor.base_id)
            numbers = check_sms_numbers(to, base.country)
            rules = await rules_of(session, base_id=actor.base_id)
            by = await self._account(session, actor, sender, account)
            price = None if by is None else await price_of(session, base_id=actor.base_id, account_id=by.id)
        provider = None if by is None else self._registry.provider(Channel.SMS, by.slug)
        count = recipients if recipients is not None else max(1, len(numbers))

        def complete(some: str) -> SmsText:
            return sms_text(some, category, rules, provider)

        def simpler(some: str) -> SimplerText | None:
            return None if some == text else _simpler(some, complete(some), price, count)

        whole = complete(text)
        check_sms_parts(whole.segments)
        plainer, plainest = simplified(text), unaccented(text)
        segments = whole.segments
        balance = None if by is None else await self._balance(by)
        forcing = frozenset(segments.forcing)
        return SmsPreview(
            encoding=segments.encoding,
            parts=len(segments.parts),
            units=segments.units,
            left=segments.left,
            characters_forcing_unicode=segments.forcing,
            forcing_positions=tuple(index for index, char in enumerate(whole.text) if char in forcing),
            text=whole.text,
            added=whole.added,
            recipients=count,
            simplified=simpler(plainer),
            unaccented=simpler(plainest) if plainest != plainer else None,
            account=None if by is None else by.id,
            price_per_part=None if price is None else plain(price.amount),
            price=_price(price, whole, count),
            currency=None if price is None else price.currency,
            balance=balance,
            enough=None if balance is None else balance >= len(segments.parts) * count,
        )

    async def _account(
        self, session: AsyncSession, actor: Actor, sender: str | None, account: str | None
    ) -> ProviderAccount | None:
        """The account that would send. Raises `Missing` for a sender or an account that the base does not have."""
        sender_id = ""
        if sender is not None:
            sender_id = (await lookup.collaborator(session, base_id=actor.base_id, code=sender)).id
        if account is not None:
            return await account_named(
                session,
                self._registry,
                base_id=actor.base_id,
                collaborator_id=sender_id,
                channel=Channel.SMS,
                account_id=account,
            )
        row = await accounts.chosen_account(
            session, base_id=actor.base_id, collaborator_id=sender_id, channel=Channel.SMS
        )
        return None if row is None else row.account

    async def _balance(self, account: ProviderAccount) -> int | None:
        """Messages left, None when that cannot be known now: a preview is shown all the same."""
        try:
            driver = await self._connections.driver_of(account)
            if Capability.BALANCE not in driver.descriptor.capabilities:
                return None
            async with asyncio.timeout(BALANCE_SECONDS):
                balance: int = await driver.call("balance", lambda vendor: vendor.balance())
        except (AccountUnusable, ProviderError, TimeoutError) as error:
            log.info("no balance for a preview", account=account.id, reason=type(error).__name__)
            return None
        return balance


def _simpler(text: str, whole: SmsText, price: Price | None, count: int) -> SimplerText:
    return SimplerText(text, whole.segments.encoding, len(whole.segments.parts), _price(price, whole, count))


def _price(price: Price | None, whole: SmsText, count: int) -> str | None:
    return None if price is None else cost(price, parts=len(whole.segments.parts), recipients=count)
