"""The driver: the service in the contract's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from xrm_platform.providers import (
    DeliveryEvent,
    DriverContext,
    InboundSms,
    OptedOut,
    OutgoingSms,
    ProviderError,
    SendResult,
    SentSms,
    Tick,
    TickState,
    TransientError,
    VendorAccount,
)

from .push import read_push
from .service import memory_sms_service


class MemorySms:
    """An account of the service that its settings name. The context is not needed: nothing leaves the process."""

    def __init__(self, settings: Mapping[str, Any], _: DriverContext) -> None:
        self._service = memory_sms_service(settings["service"])

    async def send(self, batch: Sequence[OutgoingSms]) -> Sequence[SendResult]:
        return self._service.send(batch)

    async def reports(self, references: Sequence[str]) -> Sequence[DeliveryEvent]:
        return self._service.reports(references)

    async def inbox(self, since: datetime) -> Sequence[InboundSms]:
        return self._service.inbox(since)

    def parse_push(self, _: Mapping[str, str], body: bytes) -> Sequence[DeliveryEvent | InboundSms | OptedOut]:
        return [read_push(body)]

    async def sent_since(self, since: datetime) -> Sequence[SentSms]:
        return self._service.sent_since(since)

    async def opt_outs(self, since: datetime) -> Sequence[OptedOut]:
        return self._service.opt_outs(since)

    async def add_opt_out(self, number: str) -> None:
        self._service.sign_in()
        await self._service.opt_out(number)

    async def accounts(self) -> Sequence[VendorAccount]:
        self._service.sign_in()
        return [
            VendorAccount(reference, label, self._service.messages_left)
            for reference, label in self._service.accounts.items()
        ]

    async def balance(self) -> int:
        self._service.sign_in()
        return self._service.messages_left

    async def check(self) -> Sequence[Tick]:
        try:
            self._service.sign_in()
        except TransientError as error:
            return [Tick("reached", TickState.FAILED, error.code)]
        except ProviderError as error:
            return [Tick("reached", TickState.OK), Tick("signed_in", TickState.FAILED, error.code)]
        return [Tick("reached", TickState.OK), Tick("signed_in", TickState.OK)]

    async def aclose(self) -> None:
        """Nothing is open."""
