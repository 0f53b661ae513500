"""The states of a message and of each of its recipients, and how one follows from another. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from xrm_platform.providers import DeliveryStatus


class State(StrEnum):
    """`held` waits for a person, `queued` for its time, `unknown` for somebody who finds out: its answer was lost.

    `handed_over` is a draft in the person's own mail software, never called sent.
    """

    HELD = "held"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    HANDED_OVER = "handed_over"


class HeldFor(StrEnum):
    """Why a message is held: all SMS of the base are, or those of its sender or of its bulk job, or the base is in test
    mode and the message was meant for real."""

    BASE = "sms_paused"
    SENDER = "sender_paused"
    BULK = "bulk_paused"
    TEST_MODE = "test_mode"


UNDER_WAY = frozenset({State.HELD, State.QUEUED, State.SENDING})
FINAL = frozenset({State.DELIVERED, State.FAILED, State.EXPIRED, State.CANCELLED})
CANCELLABLE = frozenset({State.HELD, State.QUEUED, State.HANDED_OVER})
"""What was handed over and never sent may be given up; the draft stays where the person has it."""
RETRYABLE = frozenset({State.FAILED, State.EXPIRED, State.UNKNOWN})

_REPORTED = {
    DeliveryStatus.SENT: State.SENT,
    DeliveryStatus.DELIVERED: State.DELIVERED,
    DeliveryStatus.FAILED: State.FAILED,
    DeliveryStatus.EXPIRED: State.EXPIRED,
    DeliveryStatus.CANCELLED: State.CANCELLED,
}


def of_message(recipients: Collection[State]) -> State:
    """The state of a message from those of its recipients: what is still to be done first, then the least certain,
    then the furthest that anybody was reached. `sent` says that some were reached; the recipients say who."""
    states = set(recipients)
    if len(states) == 1:
        return next(iter(states))
    for pending in (State.SENDING, State.QUEUED, State.HELD, State.UNKNOWN):
        if pending in states:
            return pending
    if State.HANDED_OVER in states:
        return State.HANDED_OVER
    if states & {State.SENT, State.DELIVERED}:
        return State.SENT
    return next(state for state in (State.FAILED, State.EXPIRED, State.CANCELLED) if state in states)


def after_report(current: State, status: DeliveryStatus) -> State:
    """The state of a recipient after a vendor's report. A final state stays, and nothing goes back."""
    reported = _REPORTED.get(status)
    if reported is None or current in FINAL or current in UNDER_WAY:
        return current
    return reported
