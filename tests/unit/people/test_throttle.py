from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.throttle import FORGET_AFTER, KEYS_LIMIT, LONGEST_WAIT, Throttle, wait_after


@given(failures=st.integers(0, 10_000), free=st.integers(0, 50))
def test_the_wait_never_falls_as_failures_rise_and_stays_within_bounds(failures, free):
    wait = wait_after(failures, free)

    assert wait <= wait_after(failures + 1, free) <= LONGEST_WAIT
    assert (wait == timedelta()) == (failures <= free)


def test_each_failure_beyond_the_free_ones_doubles_the_wait():
    assert [wait_after(failures, 2).total_seconds() for failures in range(7)] == [0, 0, 0, 1, 2, 4, 8]


def test_who_failed_too_often_waits_and_may_then_try(clock):
    throttle = Throttle(clock, free=2)
    for _ in range(4):
        throttle.attempt("marie")

    assert throttle.seconds_to_wait("marie") == 2
    assert throttle.seconds_to_wait("paul") == 0
    clock.advance(timedelta(seconds=1.5))
    assert throttle.seconds_to_wait("marie") == 1
    clock.advance(timedelta(seconds=0.5))
    assert throttle.seconds_to_wait("marie") == 0


def test_success_forgets_and_so_does_an_hour(clock):
    throttle = Throttle(clock, free=0)
    throttle.attempt("marie")
    throttle.forgive("marie")
    assert throttle.seconds_to_wait("marie") == 0

    for _ in range(5):
        throttle.attempt("marie")
    clock.advance(FORGET_AFTER + timedelta(seconds=1))
    throttle.attempt("marie")
    assert throttle.seconds_to_wait("marie") == 1


def test_the_success_of_one_leaves_the_failures_of_others_at_this_address(clock):
    throttle = Throttle(clock, free=1)
    for _ in range(3):
        throttle.attempt("192.0.2.1")
    throttle.forgive_one("192.0.2.1")

    assert throttle.seconds_to_wait("192.0.2.1") == 1


def test_made_up_keys_do_not_fill_the_memory(clock):
    throttle = Throttle(clock, free=0)
    for number in range(KEYS_LIMIT + 10):
        throttle.attempt(f"user {number}")

    assert len(throttle._records) == KEYS_LIMIT
    assert throttle.seconds_to_wait(f"user {KEYS_LIMIT}") == 1
