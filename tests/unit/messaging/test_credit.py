"""Little credit left at a vendor: administrators are told once a day, and the account shows it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from xrm_platform.problems import Conflicting, Forbidden, Invalid

HOUR = timedelta(hours=1, minutes=1)


@pytest.fixture
async def administrator(xrm, admin):
    """A user who is an administrator and the collaborator DIR, who has an address."""
    await xrm.users.create(admin, "dir", password="correct horse", is_admin=True, xrm_allowed=True, collaborator="DIR")


async def an_hour_later(xrm, clock, times=1):
    for _ in range(times):
        clock.advance(HOUR)
        await xrm.run_until_idle()


def warnings(service) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.mail.subject, tuple(to.email for to in one.mail.to)) for one in service.accepted]


async def test_administrators_get_a_mail_once_a_day_while_it_is_low(
    xrm, admin, administrator, push_account, mail_account, sms_service, mail_service, clock
):
    sms_service.messages_left = 49
    await an_hour_later(xrm, clock, times=20)
    assert warnings(mail_service) == [("Il reste peu de SMS\u00a0: pushing_sms", ("roux@acme.example",))]

    await an_hour_later(xrm, clock, times=5)
    assert len(warnings(mail_service)) == 2
    shown = await xrm.accounts.get(admin, push_account)
    assert (shown.health, shown.health_code, shown.health_params) == (
        "warning",
        "credit_low",
        {"balance": 49, "warn_below": 50},
    )


async def test_enough_credit_warns_nobody_and_ends_a_warning(
    xrm, admin, administrator, push_account, mail_account, sms_service, mail_service, clock
):
    sms_service.messages_left = 50
    await an_hour_later(xrm, clock)
    assert (warnings(mail_service), (await xrm.credits.get(admin, push_account)).balance) == ([], 50)

    sms_service.messages_left = 3
    await an_hour_later(xrm, clock)
    sms_service.messages_left = 1000
    await an_hour_later(xrm, clock)
    assert len(warnings(mail_service)) == 1
    assert (await xrm.accounts.get(admin, push_account)).health == "ok"


async def test_what_a_new_account_has_left_is_asked_at_once(xrm, admin, push_account, sms_service):
    await xrm.run_until_idle()
    assert (await xrm.credits.get(admin, push_account)).balance == 100_000


async def test_the_vendor_is_asked_once_an_hour_at_most(xrm, admin, push_account, sms_service, clock):
    await an_hour_later(xrm, clock)
    sms_service.messages_left = 7
    clock.advance(timedelta(minutes=50))
    await xrm.run_until_idle()
    assert (await xrm.credits.get(admin, push_account)).balance == 100_000

    await an_hour_later(xrm, clock)
    assert (await xrm.credits.get(admin, push_account)).balance == 7


async def test_without_anybody_to_write_to_account_and_log_show_it_all_the_same(
    xrm, admin, push_account, sms_service, clock
):
    sms_service.messages_left = 0
    with capture_logs() as logs:
        await an_hour_later(xrm, clock)

    assert (await xrm.accounts.get(admin, push_account)).health_code == "credit_low"
    assert (await xrm.messages.list(admin)).items == ()
    assert "nobody to write to about an account" in [entry["event"] for entry in logs]


async def test_without_a_mail_account_the_warning_is_not_tried_every_hour(
    xrm, admin, administrator, push_account, sms_service, clock
):
    sms_service.messages_left = 0
    with capture_logs() as logs:
        await an_hour_later(xrm, clock, times=3)

    assert (await xrm.accounts.get(admin, push_account)).health_code == "credit_low"
    assert [entry["event"] for entry in logs].count("no mail about an account") == 1


async def test_the_threshold_is_an_administrators_and_zero_ends_the_warnings(
    xrm, admin, administrator, push_account, mail_account, sms_service, mail_service, clock
):
    assert (await xrm.credits.warn_below(admin, push_account, 0)).warn_below == 0
    sms_service.messages_left = 0
    await an_hour_later(xrm, clock)
    assert warnings(mail_service) == []
    with pytest.raises(Invalid, match="credit_threshold"):
        await xrm.credits.warn_below(admin, push_account, -1)
    with pytest.raises(Conflicting):
        await xrm.credits.warn_below(admin, mail_account, 5)
    await xrm.users.create(admin, "lea", password="correct horse", xrm_allowed=True, collaborator="COM")
    signed = await xrm.sign_in.sign_in("ACME", "lea", "correct horse", user_agent="", address="::1")
    actor, _ = await xrm.sign_in.actor_of(signed.token)
    with pytest.raises(Forbidden):
        await xrm.credits.get(actor, push_account)


async def test_a_vendor_that_does_not_answer_leaves_what_was_known(xrm, admin, push_account, sms_service, clock):
    await an_hour_later(xrm, clock)
    await sms_service.go_down()
    await an_hour_later(xrm, clock)

    assert (await xrm.credits.get(admin, push_account)).balance == 100_000
    assert (await xrm.accounts.get(admin, push_account)).health == "failing"
