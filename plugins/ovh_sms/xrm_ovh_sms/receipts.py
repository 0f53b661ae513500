"""What OVHcloud says became of a message: a tracking code (PTT) and the id of the receipt, by polling and by push.

Codes and their meaning are from the vendor's guide on API users, which calls its table incomplete; the codes of its
SMPP service are others. A code that is not in it leaves the word to the receipt.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from xrm_platform.providers import (
    DeliveryEvent,
    DeliveryStatus,
    InvalidRecipient,
    PermanentError,
    ProviderError,
    TransientError,
)

STATUSES: Mapping[int, DeliveryStatus] = {
    1: DeliveryStatus.DELAYED,
    2: DeliveryStatus.DELAYED,
    3: DeliveryStatus.SENT,
    4: DeliveryStatus.DELIVERED,
    5: DeliveryStatus.FAILED,
    6: DeliveryStatus.UNKNOWN,
    8: DeliveryStatus.EXPIRED,
    **dict.fromkeys((20, 21, 23, 24, 25, 26, 27, 28, 29, 33, 39, 73, 74, 76, 202), DeliveryStatus.FAILED),
}

FOR_NOW = frozenset({21, 24, 25, 26, 39, 74})
"""No credit, switched off, a temporary fault of network or phone, roaming: another attempt may reach it."""

BAD_NUMBER = 23
"""Incorrect, invalid, blacklisted or barred for good."""

RECEIPTS: Mapping[int, DeliveryStatus] = {
    1: DeliveryStatus.DELIVERED,
    2: DeliveryStatus.FAILED,
    8: DeliveryStatus.SENT,
    16: DeliveryStatus.FAILED,
}

STILL_WAITING = frozenset({0, 4})
"""Receipts of a message of which nothing has become yet."""


class Receipt(NamedTuple):
    ptt: int
    id: int

    @property
    def status(self) -> DeliveryStatus | None:
        """None while there is nothing to tell."""
        if self.ptt in STATUSES:
            return STATUSES[self.ptt]
        if self.ptt == 0 and self.id in STILL_WAITING:
            return None
        return RECEIPTS.get(self.id, DeliveryStatus.UNKNOWN)

    def event(self, reference: str, at: datetime, raw: str = "") -> DeliveryEvent | None:
        """What to report of the message `reference`. The key depends on nothing but what became of it."""
        status = self.status
        if status is None:
            return None
        error = self._error() if status is DeliveryStatus.FAILED else None
        raw = raw or f"ptt {self.ptt}, receipt {self.id}"
        return DeliveryEvent(f"{reference}:{self.ptt}:{status}", reference, status, at, error, raw)

    def _error(self) -> ProviderError:
        detail = f"ptt {self.ptt}"
        if self.ptt == BAD_NUMBER:
            return InvalidRecipient(detail=detail)
        if self.ptt in FOR_NOW:
            return TransientError("delivery_failed_for_now", detail=detail)
        return PermanentError("delivery_failed", detail=detail)
