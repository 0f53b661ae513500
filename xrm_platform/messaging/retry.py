"""What follows from an error at a provider: a pure rule over its class."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from xrm_platform.providers import (
    AccountError,
    OutcomeUnknown,
    ProviderError,
    RateLimited,
    TransientError,
)

BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""How long to wait after the first, second … failed attempt; after the last, the message has failed."""

REST = timedelta(minutes=1)
"""How long an account rests when the vendor asks for it without saying how long."""

JITTER = 0.2


class NotHandedOver(TransientError):
    """The provider has not heard of it: the work was broken off before. Nobody is told, it simply waits on."""


class Then(StrEnum):
    RETRY = "retry"
    """The message is queued again for later, and the attempt is counted."""
    REST = "rest"
    """The vendor asks to wait: the account rests, the message stays queued, nothing is counted."""
    GIVE_BACK = "give_back"
    """The message is queued again as if nothing had been tried."""
    SUSPEND = "suspend"
    """Nothing can be sent through this account until a person acts: it is suspended, the message stays queued."""
    UNKNOWN = "unknown"
    """It may have gone: nobody but a person sends it again."""
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Decision:
    then: Then
    wait: timedelta = timedelta(0)


def decide(error: ProviderError, *, attempts: int, idempotent: bool) -> Decision:
    """What to do about `error` after `attempts` attempts, this one included.

    `idempotent`: the provider recognises a message that it already has, so a lost answer may simply be asked for again.
    """
    match error:
        case RateLimited():
            return Decision(Then.REST, error.retry_after or REST)
        case NotHandedOver() | AccountError():
            return Decision(Then.GIVE_BACK if isinstance(error, NotHandedOver) else Then.SUSPEND)
        case OutcomeUnknown() if not idempotent:
            return Decision(Then.UNKNOWN)
        case TransientError() | OutcomeUnknown():
            if attempts > len(BACK_OFF):
                return Decision(Then.UNKNOWN if isinstance(error, OutcomeUnknown) else Then.FAIL)
            return Decision(Then.RETRY, BACK_OFF[attempts - 1])
        case _:
            return Decision(Then.FAIL)


def jittered(wait: timedelta) -> timedelta:
    """`wait`, up to a fifth longer or shorter, so that messages that failed together do not come back together."""
    return wait * random.uniform(1 - JITTER, 1 + JITTER)
