"""Trying an account."""

from datetime import timedelta

import pytest

from xrm_platform.accounts.checking import checked_ticks
from xrm_platform.providers import AuthError, Tick, TickState


async def test_a_good_account_is_healthy_at_the_time_of_the_check(add_sms, accounts, operator, clock):
    added = await add_sms()
    clock.advance(timedelta(hours=1))
    checked = await accounts.check(operator, added.id)
    assert checked.ok
    assert [(one.step, one.state) for one in checked.ticks] == [("reached", "ok"), ("signed_in", "ok")]
    assert (checked.account.health, checked.account.health_code, checked.account.health_at) == ("ok", None, clock())
    assert await accounts.get(operator, added.id) == checked.account


async def test_an_unreachable_provider_is_shown_and_suspends_nothing(add_sms, accounts, operator, service):
    added = await add_sms()
    await service.go_down()
    checked = await accounts.check(operator, added.id)
    assert not checked.ok
    assert [(one.step, one.state, one.code) for one in checked.ticks] == [("reached", "failed", "unavailable")]
    assert (checked.account.health, checked.account.health_code) == ("failing", "unavailable")
    assert not checked.account.suspended


async def test_refused_credentials_suspend_and_working_ones_end_it(add_sms, accounts, operator, service, audited):
    added = await add_sms()
    await service.refuse_credentials()
    refused = await accounts.check(operator, added.id)
    assert (refused.ok, refused.account.suspended, refused.account.health_code) == (False, True, "credentials_refused")
    await service.go_down()
    assert (await accounts.check(operator, added.id)).account.suspended
    await service.come_back()
    accepted = await accounts.check(operator, added.id)
    assert (accepted.ok, accepted.account.suspended, accepted.account.health) == (True, False, "ok")
    assert await audited("account.suspended") == [("account.suspended", {"suspended": [False, True]})]
    assert await audited("account.resumed") == [("account.resumed", {"suspended": [True, False]})]


async def test_resuming_lifts_a_suspension(add_sms, accounts, operator, service):
    added = await add_sms()
    await service.refuse_credentials()
    await accounts.check(operator, added.id)
    assert not (await accounts.resume(operator, added.id)).suspended


async def test_a_check_leaves_the_pause_of_a_person(add_sms, accounts, operator):
    added = await add_sms()
    await accounts.pause(operator, added.id)
    assert (await accounts.check(operator, added.id)).account.paused


async def test_new_settings_are_unchecked(add_sms, accounts, operator):
    added = await add_sms()
    await accounts.check(operator, added.id)
    changed = await accounts.change(operator, added.id, {"settings": {"service": "b"}})
    assert (changed.health, changed.health_at) == ("unchecked", None)


async def test_a_driver_that_cannot_be_built_is_a_failed_tick_that_says_why(add_moody, accounts, operator):
    added = await add_moody("crash the constructor")
    checked = await accounts.check(operator, added.id)
    (tick,) = checked.ticks
    assert (tick.step, tick.state, tick.code) == ("prepared", "failed", "driver_failed")
    assert tick.params["detail"].startswith("ZeroDivisionError")
    assert "hunter2" not in repr(checked)
    assert checked.account.health_params == tick.params


@pytest.mark.parametrize(
    ("mood", "step", "code", "suspended"),
    [
        ("raise AuthError", "signed_in", "credentials_refused", True),
        ("raise KeyError", "answered", "unexpected", False),
        ("silent", "answered", "check_not_understood", False),
    ],
)
async def test_a_check_that_breaks_the_contract_fails_and_harms_nothing(
    add_moody, accounts, operator, mood, step, code, suspended
):
    checked = await accounts.check(operator, (await add_moody(mood)).id)
    assert [(one.step, one.state, one.code) for one in checked.ticks] == [(step, "failed", code)]
    assert (checked.ok, checked.account.health, checked.account.suspended) == (False, "failing", suspended)


async def test_what_a_tick_says_is_kept_as_far_as_it_can_be_stored(add_moody, accounts, operator):
    checked = await accounts.check(operator, (await add_moody("poor")).id)
    assert checked.account.health_code == "no_credit"
    assert checked.account.health_params["left"] == 0
    assert isinstance(checked.account.health_params["at"], str)


async def test_disabled_and_missing_providers_fail_the_check(
    add_sms, accounts, providers, rooms_over, bare_registry, operator
):
    added = await add_sms()
    missing = await rooms_over(bare_registry).accounts.check(operator, added.id)
    assert [(one.step, one.code) for one in missing.ticks] == [("prepared", "plugin_missing")]
    await providers.disable(operator, "memory_sms")
    disabled = await accounts.check(operator, added.id)
    assert [(one.step, one.code) for one in disabled.ticks] == [("prepared", "provider_disabled")]


@pytest.mark.parametrize(
    "answer",
    [None, True, [], [True], "ok", {"reached": True}, [Tick("reached", "ok")], [Tick("a", TickState.FAILED, "b", 7)]],
)
def test_an_answer_that_is_no_sequence_of_ticks_is_a_failure(answer):
    checked = checked_ticks(answer, "moody")
    assert [(one.step, one.state) for one in checked.ticks] == [("answered", "failed")]
    assert not checked.refused


def test_only_a_failed_tick_with_the_code_of_refused_credentials_counts_as_refused():
    code = AuthError.default_code
    assert checked_ticks([Tick("signed_in", TickState.FAILED, code)], "x").refused
    assert not checked_ticks([Tick("signed_in", TickState.SKIPPED, code)], "x").refused
    assert not checked_ticks([Tick("signed_in", TickState.FAILED, "other")], "x").refused
