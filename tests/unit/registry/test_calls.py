"""The boundary that every call of a driver passes."""

import asyncio
import gc
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from xrm_platform.providers import (
    AuthError,
    DeliveryEvent,
    DeliveryStatus,
    Handover,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    RateLimited,
    RecipientResult,
    SendResult,
    Tick,
    TickState,
    TransientError,
)
from xrm_platform.registry import Caller, call, call_now, pages

SECRET = "s3cr3t-passphrase"


def fresh_caller() -> Caller:
    """Its log is set up as it is now: another test may have set it up since this module was imported."""
    return Caller("account-7", "sms/acme", "acme", frozenset({SECRET}))


CALLER = fresh_caller()


async def answer(value="answer"):
    return value


def raising(error):
    async def run():
        raise error

    return run


async def forever():
    await asyncio.Event().wait()


async def test_an_answer_comes_through_as_it_is():
    value = object()

    assert await call(CALLER, "check", lambda: answer(value), timeout=1) is value


async def test_an_error_of_the_contract_keeps_its_class_and_what_it_carries():
    with pytest.raises(RateLimited) as caught:
        await call(CALLER, "send", raising(RateLimited(timedelta(seconds=9))), timeout=1, effect=True)

    assert caught.value.retry_after == timedelta(seconds=9)


async def test_secrets_are_removed_from_an_error_and_its_cause_is_cut():
    async def run():
        raise AuthError(detail=f"login {SECRET} refused", hint=SECRET, tries=3) from ValueError(SECRET)

    with pytest.raises(AuthError) as caught:
        await call(CALLER, "check", run, timeout=1)

    error = caught.value
    assert (error.detail, error.params) == ("login *** refused", {"hint": "***", "tries": 3})
    assert SECRET not in f"{error} {error!r} {error.args}"
    assert error.__cause__ is None
    assert error.__context__ is None


async def test_secrets_are_removed_from_the_errors_and_ticks_inside_an_answer():
    def leaking():
        return PermanentError(detail=f"AUTH {SECRET}")

    results = [
        SendResult("m1", error=leaking()),
        SendResult("m2", (RecipientResult("+33612345678", Handover.FAILED, error=leaking()),)),
        DeliveryEvent("k", "r", DeliveryStatus.FAILED, datetime.now(UTC), error=leaking()),
        Tick("signed_in", TickState.FAILED, "refused", {"said": SECRET, "tries": 1}),
    ]

    cleaned = await call(CALLER, "send", lambda: answer(results), timeout=1)

    errors = [cleaned[0].error, cleaned[1].recipients[0].error, cleaned[2].error]
    assert [error.detail for error in errors] == ["AUTH ***"] * 3
    assert cleaned[3].params == {"said": "***", "tries": 1}


class Forgetful(TransientError):
    def __init__(self, status):
        self.status = status


class Stubborn(TransientError):
    code = property(lambda self: self.status)

    def __init__(self):
        """Has no status."""


async def test_an_error_that_lacks_what_the_platform_reads_is_completed():
    results = [SendResult("m1", error=Forgetful(500)), SendResult("m2", error=RateLimited(7))]

    told = await call(Caller("account-7", "sms/acme"), "send", lambda: answer(results), timeout=1)
    with pytest.raises(Forgetful) as caught:
        await call(CALLER, "send", raising(Forgetful(500)), timeout=1, effect=True)

    assert (caught.value.code, caught.value.detail, caught.value.params) == ("unavailable", "", {})
    assert (told[0].error.code, told[1].error.retry_after) == ("unavailable", None)


@pytest.mark.parametrize(
    "odd",
    [
        raising(Stubborn()),
        lambda: answer([SendResult("m", error=Stubborn())]),
        lambda: answer([Tick("a", "b", "c", 7)]),
    ],
)
async def test_what_cannot_be_looked_through_is_unexpected(odd):
    with pytest.raises(ProviderError) as caught:
        await call(CALLER, "check", odd, timeout=1)

    assert caught.value.code == "unexpected"


async def collect(found, seen):
    async for one in found:
        seen.append(one)


@pytest.mark.parametrize(("effect", "expected"), [(True, OutcomeUnknown), (False, TransientError)])
@pytest.mark.parametrize("run", [forever, raising(TimeoutError())])
async def test_no_answer_in_time_is_unknown_if_it_could_have_had_an_effect(run, effect, expected):
    with pytest.raises(expected) as caught:
        await call(CALLER, "send", run, timeout=0.01, effect=effect)

    assert caught.value.code == "timeout"


async def test_what_a_driver_makes_of_being_cut_off_is_not_believed():
    async def run():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise TransientError("try again") from None

    with pytest.raises(OutcomeUnknown):
        await call(CALLER, "send", run, timeout=0.01, effect=True)


async def test_the_results_that_a_driver_saves_from_being_cut_off_are_taken():
    async def run():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return ["sent before"]

    assert await call(CALLER, "send", run, timeout=0.01, effect=True) == ["sent before"]


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), AssertionError(), SystemExit(2), GeneratorExit(), asyncio.CancelledError(), StopAsyncIteration()],
)
@pytest.mark.parametrize(("effect", "expected"), [(True, OutcomeUnknown), (False, ProviderError)])
async def test_whatever_else_a_driver_lets_out_is_unexpected_and_names_its_plugin(error, effect, expected):
    with pytest.raises(ProviderError) as caught:
        await call(CALLER, "send", raising(error), timeout=1, effect=effect)

    assert type(caught.value) is expected
    assert caught.value.code == "unexpected"
    assert caught.value.params == {"plugin": "acme", "error": type(error).__name__}


async def test_an_error_before_the_first_await_is_contained_too():
    def run():
        raise AttributeError("no such method")

    with pytest.raises(ProviderError) as caught:
        await call(CALLER, "balance", run, timeout=1)

    assert caught.value.code == "unexpected"


async def test_an_unexpected_error_is_told_without_secrets_and_logged_with_its_place_only():
    async def run():
        raise RuntimeError(f"Bonjour +33612345678 {SECRET}")

    with capture_logs() as logs, pytest.raises(ProviderError) as caught:
        await call(fresh_caller(), "send", run, timeout=1)

    assert caught.value.detail == "RuntimeError: Bonjour +33612345678 ***"
    assert "test_calls.py" in str(logs)
    for hidden in (SECRET, "+33612345678", "Bonjour"):
        assert hidden not in str(logs)


async def test_each_call_leaves_one_line_in_the_log():
    with capture_logs() as logs:
        await call(fresh_caller(), "send", answer, timeout=1, effect=True)
        with pytest.raises(AuthError):
            await call(fresh_caller(), "check", raising(AuthError()), timeout=1)

    said = [(one["log_level"], one["account"], one["provider"], one["operation"], one["outcome"]) for one in logs]
    assert said == [
        ("info", "account-7", "sms/acme", "send", "ok"),
        ("warning", "account-7", "sms/acme", "check", "credentials_refused"),
    ]
    assert all(one["duration_ms"] >= 0 for one in logs)


async def test_a_driver_that_ignores_its_cancellation_is_left_behind():
    release = asyncio.Event()

    async def run():
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        raise RuntimeError("nobody listens any more")

    with capture_logs() as logs, pytest.raises(OutcomeUnknown):
        await call(CALLER, "send", run, timeout=0.01, effect=True, grace=0.01)

    assert "left behind" in str(logs)

    unraisable = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unraisable.append(context))
    release.set()
    await asyncio.sleep(0.01)
    gc.collect()

    assert unraisable == []


async def test_cancelling_the_caller_cancels_the_driver_and_passes():
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def run():
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    task = asyncio.create_task(call(CALLER, "send", run, timeout=60, effect=True))
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned.is_set()


async def test_cancelling_a_caller_whose_driver_ignores_it_is_not_held_up():
    started, release = asyncio.Event(), asyncio.Event()

    async def run():
        started.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    task = asyncio.create_task(call(CALLER, "send", run, timeout=60, grace=0.01))
    await started.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()


def test_keyboard_interrupt_passes():
    async def run():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(call(CALLER, "send", run, timeout=1))


def test_a_pure_method_is_contained_as_well():
    def parse():
        raise IndexError(SECRET)

    assert call_now(CALLER, "parse_push", lambda: ["event"]) == ["event"]
    with pytest.raises(ProviderError) as caught:
        call_now(CALLER, "parse_push", parse)
    assert (caught.value.code, caught.value.detail) == ("unexpected", "IndexError: ***")


async def test_pages_come_one_by_one_and_an_error_ends_them():
    async def changes():
        yield 1
        yield 2
        raise ConnectionResetError

    seen = []
    with pytest.raises(ProviderError) as caught:
        await collect(pages(CALLER, "changes", changes, timeout=1), seen)

    assert seen == [1, 2]
    assert caught.value.code == "unexpected"


async def test_a_page_that_does_not_come_is_cut_off():
    async def changes():
        yield 1
        await asyncio.Event().wait()

    seen = []
    with pytest.raises(TransientError):
        await collect(pages(CALLER, "changes", changes, timeout=0.01), seen)

    assert seen == [1]


async def test_leaving_pages_early_closes_the_iterator_of_the_driver():
    closed = []

    async def changes():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    async with aclosing(pages(CALLER, "changes", changes, timeout=1)) as found:
        async for _ in found:
            break

    assert closed == [True]
