"""What an SMS costs. Pure; money is decimal, never a float."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from xrm_platform.problems import Invalid

HIGHEST = 100
_AMOUNT = re.compile(r"\d{1,3}(?:[.,]\d{1,6})?")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Price:
    """Of one part to one recipient; `currency` by ISO 4217."""

    amount: Decimal
    currency: str


def price_given(amount: str, currency: str) -> Price:
    """A price as people write it (`0.045`, `0,045`). Raises `Invalid` when it is no number from 0 to `HIGHEST`, with
    six decimals at most, or the currency is none."""
    written = amount.strip()
    if not written.isascii() or not _AMOUNT.fullmatch(written):
        raise Invalid.field("price", "price_not_a_number", given=amount[:40], highest=HIGHEST)
    value = Decimal(written.replace(",", "."))
    if value > HIGHEST:
        raise Invalid.field("price", "price_not_a_number", given=amount[:40], highest=HIGHEST)
    code = currency.strip().upper()
    if not code.isascii() or not _CURRENCY.fullmatch(code):
        raise Invalid.field("currency", "currency_unknown", given=currency[:40])
    return Price(value, code)


def cost(price: Price, *, parts: int, recipients: int) -> str:
    """The price of a message to all, written out plainly."""
    return plain(price.amount * parts * recipients)


def plain(amount: Decimal) -> str:
    """Without exponent, with two decimals at least: `0.90`, `0.045`."""
    digits = f"{amount.normalize():f}"
    whole, _, decimals = digits.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
