"""`EsendexServer` as the vendor of `SmsContract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any

from xrm_platform.providers import DeliveryEvent, DeliveryStatus, InboundSms, OptedOut, SmsEncoding

from .esendex_outbox import DELIVERED, UNASSIGNED_COUNTRY, Ending, EsendexAccount
from .esendex_server import EsendexServer
from .http_faults import RESET_AFTER_ACCEPTANCE, TRUNCATED_ANSWER, Fault
from .sms_vendor import Push, Pushed, ReceivedSms

ENDINGS = {
    DeliveryStatus.DELIVERED: DELIVERED,
    DeliveryStatus.FAILED: Ending("Failed", 142, "Message broken"),
    DeliveryStatus.EXPIRED: Ending("Expired"),
    DeliveryStatus.UNKNOWN: Ending("Teleported"),
}


@dataclass(slots=True)
class EsendexVendor:
    """Turns the switches of a running `server`."""

    server: EsendexServer
    pushes_of: frozenset[Pushed] = frozenset({DeliveryEvent, InboundSms, OptedOut})
    bad_number: str = f"+{UNASSIGNED_COUNTRY}12345678"

    def settings(self) -> dict[str, Any]:
        """Settings of a driver of Esendex that lead here."""
        return {
            "url": self.server.url,
            "username": self.server.username,
            "password": self.server.password,
            "account_reference": self.server.accounts[0].reference,
            "originator": "XRM",
        }

    async def refuse_credentials(self) -> None:
        self.server.password = token_urlsafe(12)

    async def go_down(self) -> None:
        await self.server.stop()

    async def received(self) -> Sequence[ReceivedSms]:
        encodings = {"GSM": SmsEncoding.GSM7, "Unicode": SmsEncoding.UCS2}
        return [ReceivedSms(f"+{sms.to}", sms.text, encodings[sms.characterset]) for sms in self.server.sent]

    async def run_out_of_credit(self) -> None:
        for account in self.server.accounts:
            account.messages_remaining = 0

    async def throttle_next(self, retry_after: timedelta) -> None:
        self.server.faults.append(Fault(status=429, retry_after=str(int(retry_after.total_seconds()))))

    async def lose_next_answer(self) -> None:
        self.server.faults.append(RESET_AFTER_ACCEPTANCE)

    async def garble_next_answer(self) -> None:
        self.server.faults.append(TRUNCATED_ANSWER)

    async def end(self, reference: str, status: DeliveryStatus) -> None:
        self.server.end(reference, ENDINGS[status])
        self.server.advance(timedelta(minutes=1))

    async def receive(self, sender: str, text: str) -> None:
        self.server.receive(sender.removeprefix("+"), text)

    async def pushes(self) -> Sequence[Push]:
        self.server.collect_pushes()
        headers = {"Content-Type": "application/xml; charset=utf-8"}
        return [Push(one.body.encode(), headers) for one in self.server.push.notifications]

    async def opt_out(self, number: str) -> None:
        self.server.opt_out(number.removeprefix("+"))

    async def opted_out(self) -> Sequence[str]:
        return [f"+{one.number}" for one in self.server.opt_outs]

    async def add_account(self, label: str) -> str:
        reference = f"EX{len(self.server.accounts):07}"
        self.server.add_account(EsendexAccount(reference, label=label))
        return reference

    async def fall_night(self) -> None:
        """Nothing changes: it keeps no hours."""
