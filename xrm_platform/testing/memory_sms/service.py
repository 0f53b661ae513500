"""The service behind the provider: what it was handed, what it answers, and its switches."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from xrm_platform.providers import (
    AuthError,
    DeliveryEvent,
    DeliveryStatus,
    Handover,
    InboundSms,
    InvalidRecipient,
    OptedOut,
    OutcomeUnknown,
    OutgoingSms,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RecipientResult,
    SendResult,
    SentSms,
    SmsEncoding,
    TransientError,
)
from xrm_platform.testing.sms_parts import parts
from xrm_platform.testing.sms_vendor import Push, Pushed, ReceivedSms

from .push import push_of

E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(slots=True)
class AcceptedSms:
    """A message that the service took, and what became of it."""

    reference: str
    sms: OutgoingSms
    status: DeliveryStatus
    accepted_at: datetime
    changed_at: datetime

    def report(self) -> DeliveryEvent:
        """What became of it by now."""
        error = PermanentError() if self.status is DeliveryStatus.FAILED else None
        return DeliveryEvent(f"{self.reference}:{self.status}", self.reference, self.status, self.changed_at, error)


class MemorySmsService:
    """An SMS vendor in memory; an `SmsVendor`."""

    bad_number = "+99912345678"
    pushes_of: frozenset[Pushed] = frozenset({DeliveryEvent, InboundSms, OptedOut})

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.accepted: list[AcceptedSms] = []
        self.messages_left = 100_000
        self.spoilt_answers: deque[ProviderError] = deque()
        """Each spoils one call of `send`: `OutcomeUnknown` after its messages were taken, any other instead of that."""
        self.accounts = {"main": "Main"}
        """Reference to label."""
        self._opt_outs: dict[str, OptedOut] = {}
        self._pushes: list[Push] = []
        self._by_id: dict[str, AcceptedSms] = {}
        self._inbox: list[InboundSms] = []
        self._now = now
        self._reachable = True
        self._knows_password = True

    # What a driver asks

    def sign_in(self) -> None:
        """Raise what stands between the account and the service."""
        if not self._reachable:
            raise TransientError
        if not self._knows_password:
            raise AuthError

    def send(self, batch: Sequence[OutgoingSms]) -> list[SendResult]:
        self.sign_in()
        spoilt = self.spoilt_answers.popleft() if self.spoilt_answers else None
        if spoilt is not None and not isinstance(spoilt, OutcomeUnknown):
            raise spoilt
        results = [SendResult(sms.id, (self._accept(sms),)) for sms in batch]
        if spoilt is not None:
            raise spoilt
        return results

    def _accept(self, sms: OutgoingSms) -> RecipientResult:
        """Take a message, once however often it is offered."""
        accepted = self._by_id.get(sms.id)
        if accepted is None:
            cost = parts(sms.text, gsm=sms.encoding is SmsEncoding.GSM7)
            error = self._refusal(sms, cost)
            if error is not None:
                return RecipientResult(sms.to, Handover.FAILED, error=error)
            self.messages_left -= cost
            now = self._now()
            accepted = AcceptedSms(f"memory-{len(self.accepted)}", sms, DeliveryStatus.SENT, now, now)
            self.accepted.append(accepted)
            self._by_id[sms.id] = accepted
        return RecipientResult(sms.to, Handover.ACCEPTED, accepted.reference)

    def _refusal(self, sms: OutgoingSms, cost: int) -> ProviderError | None:
        if not E164.fullmatch(sms.to) or sms.to == self.bad_number:
            return InvalidRecipient()
        return QuotaExhausted() if cost > self.messages_left else None

    def reports(self, references: Sequence[str]) -> list[DeliveryEvent]:
        self.sign_in()
        wanted = set(references)
        return [one.report() for one in self.accepted if one.reference in wanted]

    def sent_since(self, since: datetime) -> list[SentSms]:
        self.sign_in()
        return [
            SentSms(one.reference, one.sms.to, one.sms.text, one.accepted_at, one.status)
            for one in self.accepted
            if one.accepted_at >= since
        ]

    def opt_outs(self, since: datetime) -> list[OptedOut]:
        self.sign_in()
        return [one for one in self._opt_outs.values() if one.at >= since]

    def inbox(self, since: datetime) -> list[InboundSms]:
        self.sign_in()
        return [message for message in self._inbox if message.at >= since]

    # What a test turns

    async def received(self) -> Sequence[ReceivedSms]:
        return [ReceivedSms(one.sms.to, one.sms.text, one.sms.encoding) for one in self.accepted]

    async def refuse_credentials(self) -> None:
        self._knows_password = False

    async def go_down(self) -> None:
        self._reachable = False

    async def come_back(self) -> None:
        """Reachable again, and the credentials are right."""
        self._reachable = self._knows_password = True

    async def run_out_of_credit(self) -> None:
        self.messages_left = 0

    async def throttle_next(self, retry_after: timedelta) -> None:
        self.spoilt_answers.append(RateLimited(retry_after))

    async def lose_next_answer(self) -> None:
        self.spoilt_answers.append(OutcomeUnknown())

    async def garble_next_answer(self) -> None:
        self.spoilt_answers.append(OutcomeUnknown())

    async def end(self, reference: str, status: DeliveryStatus) -> None:
        accepted = next(one for one in self.accepted if one.reference == reference)
        accepted.status, accepted.changed_at = status, self._now()
        self._pushes.append(push_of(accepted.report()))

    async def receive(self, sender: str, text: str) -> None:
        key = f"memory-in-{len(self._inbox)}"
        message = InboundSms(key=key, sender=sender, to="+33639980100", text=text, at=self._now())
        self._inbox.append(message)
        self._pushes.append(push_of(message))

    async def pushes(self) -> Sequence[Push]:
        return list(self._pushes)

    async def opt_out(self, number: str) -> None:
        if number not in self._opt_outs:
            opted_out = OptedOut(f"memory-out-{len(self._opt_outs)}", number, self._now())
            self._opt_outs[number] = opted_out
            self._pushes.append(push_of(opted_out))

    async def opted_out(self) -> Sequence[str]:
        return list(self._opt_outs)

    async def add_account(self, label: str) -> str:
        reference = f"account-{len(self.accounts)}"
        self.accounts[reference] = label
        return reference

    async def fall_night(self) -> None:
        """Nothing changes: it keeps no hours."""


_services: WeakValueDictionary[str, MemorySmsService] = WeakValueDictionary()


def memory_sms_service(name: str) -> MemorySmsService:
    """The service called `name`; it lasts as long as a test or a driver holds it."""
    return _services.setdefault(name, MemorySmsService())
