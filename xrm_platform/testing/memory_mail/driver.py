"""The driver: the service in the contract's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xrm_platform.providers import (
    DriverContext,
    InboundMail,
    MailListing,
    News,
    OutgoingMail,
    ProviderError,
    SendResult,
    Tick,
    TickState,
    TransientError,
)

from .service import memory_mail_service


class MemoryMail:
    """An account of the service that its settings name. The context is not needed: nothing leaves the process."""

    def __init__(self, settings: Mapping[str, Any], _: DriverContext) -> None:
        self._service = memory_mail_service(settings["service"])

    async def send(self, batch: Sequence[OutgoingMail]) -> Sequence[SendResult]:
        return [self._service.send(mail) for mail in batch]

    async def inbox(self, cursor: str | None) -> MailListing:
        return self._service.listing(cursor)

    async def fetch(self, keys: Sequence[str], max_bytes: int) -> Sequence[InboundMail]:
        return [mail for key in keys for mail in self._service.fetched(key, max_bytes)]

    async def wait_for_news(self, cursor: str | None, seconds: float) -> News:
        return await self._service.wait_for_news(cursor, seconds)

    async def file_sent(self, mail: OutgoingMail) -> None:
        self._service.file_sent(mail)

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
