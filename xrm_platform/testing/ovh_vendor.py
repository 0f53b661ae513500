"""`OvhServer` as the vendor of `SmsContract`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any

from xrm_platform.providers import DeliveryEvent, DeliveryStatus, SmsEncoding

from .http_faults import RESET_AFTER_ACCEPTANCE, TRUNCATED_ANSWER, Fault
from .ovh_account import DELIVERED, EXPIRED, FAILED, UNASSIGNED_COUNTRY, Ending, OvhService
from .ovh_server import OvhServer
from .sms_vendor import Push, Pushed, ReceivedSms

ENDINGS = {
    DeliveryStatus.DELIVERED: DELIVERED,
    DeliveryStatus.FAILED: FAILED,
    DeliveryStatus.EXPIRED: EXPIRED,
    DeliveryStatus.UNKNOWN: Ending(9999, 32),
}


@dataclass(slots=True)
class OvhVendor:
    """Turns the switches of a running `server`."""

    server: OvhServer
    pushes_of: frozenset[Pushed] = frozenset({DeliveryEvent})
    bad_number: str = f"+{UNASSIGNED_COUNTRY}12345678"

    def settings(self) -> dict[str, Any]:
        """Settings of a driver of OVHcloud that lead here."""
        return {
            "url": self.server.url,
            "application_key": self.server.application_key,
            "application_secret": self.server.application_secret,
            "consumer_key": self.server.consumer_key,
            "service_name": self.server.services[0].name,
            "sender": "XRM",
        }

    async def refuse_credentials(self) -> None:
        self.server.consumer_key = token_hex(16)

    async def go_down(self) -> None:
        await self.server.stop()

    async def received(self) -> Sequence[ReceivedSms]:
        encodings = {False: SmsEncoding.GSM7, True: SmsEncoding.UCS2}
        return [ReceivedSms(job.to, job.text, encodings[job.unicode], job.held) for job in self.server.jobs]

    async def run_out_of_credit(self) -> None:
        self.server.services[0].credits_left = 0

    async def throttle_next(self, retry_after: timedelta) -> None:
        self.server.faults.append(Fault(status=429, retry_after=str(int(retry_after.total_seconds()))))

    async def lose_next_answer(self) -> None:
        self.server.faults.append(RESET_AFTER_ACCEPTANCE)

    async def garble_next_answer(self) -> None:
        self.server.faults.append(TRUNCATED_ANSWER)

    async def end(self, reference: str, status: DeliveryStatus) -> None:
        self.server.end(int(reference), ENDINGS[status])
        self.server.advance(timedelta(minutes=1))

    async def receive(self, sender: str, text: str) -> None:
        self.server.receive(sender, text)

    async def pushes(self) -> Sequence[Push]:
        self.server.collect_callbacks()
        return [Push(query.encode()) for query in self.server.callbacks]

    async def opt_out(self, number: str) -> None:
        self.server.opt_out(number)

    async def opted_out(self) -> Sequence[str]:
        return list(self.server.services[0].blacklist)

    async def add_account(self, label: str) -> str:
        name = f"sms-xr12345-{len(self.server.services) + 1}"
        self.server.services.append(OvhService(name, description=label))
        return name

    async def fall_night(self) -> None:
        self.server.services[0].night = True
