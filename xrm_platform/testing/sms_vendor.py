"""The stand-in that `SmsContract` wants for an SMS vendor, and how it looks at results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from xrm_platform.providers import (
    Category,
    DeliveryEvent,
    DeliveryStatus,
    InboundSms,
    OptedOut,
    OutgoingSms,
    ProviderError,
    SendResult,
    SmsEncoding,
)

from .driver_contract import Vendor

GOOD_NUMBERS = ("+33639980011", "+33639980012", "+33639980013")
"""Of the range kept free for fiction (ARCEP: 06 39 98)."""

SHORT_NUMBERS = ("+687751234", "+508551234", "+6591234567")
"""Full international numbers that some vendors take for national ones."""


@dataclass(frozen=True, slots=True)
class ReceivedSms:
    """What the vendor was handed: `to` in E.164 with its plus, `text` as a handset shows it. `held`: it waits for the
    hours of the law."""

    to: str
    text: str
    encoding: SmsEncoding
    held: bool = False


@dataclass(frozen=True, slots=True)
class Push:
    """A call that the vendor makes, as `parse_push` gets it."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Pushed = type[DeliveryEvent] | type[InboundSms] | type[OptedOut]


class SmsVendor(Vendor, Protocol):
    """The stand-in for an SMS vendor, and the switches that the contract turns."""

    bad_number: str
    """In E.164, well formed, and refused by the vendor."""

    async def received(self) -> Sequence[ReceivedSms]:
        """All that was accepted, in order."""

    async def run_out_of_credit(self) -> None:
        """Nothing is left on the account."""

    async def throttle_next(self, retry_after: timedelta) -> None:
        """The next request is too many."""

    async def lose_next_answer(self) -> None:
        """The next request is accepted, and its answer never arrives."""

    async def garble_next_answer(self) -> None:
        """The next request is accepted, and its answer cannot be read."""

    async def end(self, reference: str, status: DeliveryStatus) -> None:
        """DELIVERY_REPORTS: the message comes to its end; for `UNKNOWN` in a word that no documentation names."""

    async def receive(self, sender: str, text: str) -> None:
        """INBOUND: a handset sends `text` to the account."""

    @property
    def pushes_of(self) -> frozenset[Pushed]:
        """PUSH: what the vendor calls for; empty where it never calls."""

    async def pushes(self) -> Sequence[Push]:
        """PUSH: every call that it made for what has happened so far, in order."""

    async def opt_out(self, number: str) -> None:
        """OPT_OUTS: who has `number` opts out at the vendor."""

    async def opted_out(self) -> Sequence[str]:
        """ADD_OPT_OUT: the numbers that the vendor spares, in E.164 with their plus."""

    async def add_account(self, label: str) -> str:
        """ACCOUNTS: the sign-in opens one account more. Its reference."""

    async def fall_night(self) -> None:
        """KEEPS_LEGAL_HOURS: it is an hour at which no marketing may be sent."""


def sms(
    id_: str,
    to: str = GOOD_NUMBERS[0],
    text: str = "Bonjour",
    encoding: SmsEncoding = SmsEncoding.GSM7,
    category: Category = Category.TRANSACTIONAL,
) -> OutgoingSms:
    """A message as the platform hands it over."""
    return OutgoingSms(id=id_, to=to, text=text, encoding=encoding, category=category)


def batch_of(count: int) -> list[OutgoingSms]:
    """So many messages, each with its own number and text."""
    return [sms(f"m{index}", f"+3363998{index:04}", f"Bonjour {index}") for index in range(1000, 1000 + count)]


async def errors_of(driver: Any, batch: Sequence[OutgoingSms]) -> list[ProviderError | None]:
    """The error of each message, whether the driver raised one for all or told each one's."""
    try:
        results = await driver.send(batch)
    except ProviderError as error:
        return [error for _ in batch]
    return [error_of(result) for result in results]


def error_of(result: SendResult) -> ProviderError | None:
    """What failed the message, None when it was accepted."""
    return result.error or next((one.error for one in result.recipients if one.error), None)


def references_of(results: Sequence[SendResult]) -> list[str]:
    """The vendor's references of messages that were all accepted."""
    assert [error_of(result) for result in results] == [None] * len(results)
    found = [one.reference for result in results for one in result.recipients]
    assert all(found)
    return [reference for reference in found if reference]


def keys(events: Sequence[DeliveryEvent]) -> set[str]:
    """The keys of reports, each once."""
    return {event.key for event in events}
