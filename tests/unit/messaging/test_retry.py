"""What follows from each class of error."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging.retry import BACK_OFF, REST, Decision, Then, decide, jittered
from xrm_platform.providers import (
    AuthError,
    BadResponse,
    InvalidRecipient,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
)


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (TransientError(), Then.RETRY),
        (RateLimited(), Then.REST),
        (OutcomeUnknown(), Then.UNKNOWN),
        (AuthError(), Then.SUSPEND),
        (QuotaExhausted(), Then.SUSPEND),
        (BadResponse(), Then.FAIL),
        (PermanentError(), Then.FAIL),
        (InvalidRecipient(), Then.FAIL),
        (TooLarge(), Then.FAIL),
        (ProviderError("unexpected"), Then.FAIL),
    ],
)
def test_each_class_of_error_has_its_consequence(error, then):
    assert decide(error, attempts=1, idempotent=False).then is then


def test_every_attempt_waits_longer_than_the_one_before():
    waits = [decide(TransientError(), attempts=attempt, idempotent=False).wait for attempt in range(1, 6)]

    assert waits == list(BACK_OFF)
    assert waits == sorted(waits)


def test_after_the_last_attempt_it_has_failed():
    assert decide(TransientError(), attempts=6, idempotent=False).then is Then.FAIL


def test_a_lost_answer_is_asked_for_again_only_where_messages_are_recognised():
    assert decide(OutcomeUnknown(), attempts=1, idempotent=True).then is Then.RETRY
    assert decide(OutcomeUnknown(), attempts=6, idempotent=True).then is Then.UNKNOWN


def test_a_vendor_that_says_how_long_to_wait_is_obeyed():
    minutes = timedelta(minutes=7)

    assert decide(RateLimited(minutes), attempts=1, idempotent=False) == Decision(Then.REST, minutes)
    assert decide(RateLimited(), attempts=1, idempotent=False).wait == REST


def test_jitter_stays_within_a_fifth():
    waits = [jittered(timedelta(minutes=10)) for _ in range(200)]

    assert timedelta(minutes=8) <= min(waits) < max(waits) <= timedelta(minutes=12)
