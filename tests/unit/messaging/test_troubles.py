"""What work on an account shows of it: an account by which nothing works is suspended and its people are told once,
whatever found it out; observers hear of every change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from xrm_platform.messaging import SmsRequest
from xrm_platform.providers import AuthError, OutcomeUnknown, QuotaExhausted, TransientError, hookimpl
from xrm_platform.registry import InProcessPlugin

from .incoming import later
from .test_delivery import claim_as_a_worker_that_dies

NUMBER = "+33612345678"


class Watcher:
    def __init__(self):
        self.seen = []

    @hookimpl
    async def xrm_changed(self, change):
        self.seen.append((change.what, change.id, change.state))

    async def told(self, xrm, what="account"):
        """The states of everything of a kind since the last time."""
        await xrm.notices.drain()
        told = [state for kind, _, state in self.seen if kind == what]
        self.seen.clear()
        return told


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def plugins(watcher):
    return [InProcessPlugin("watcher", watcher)]


@pytest.fixture
async def administrator(xrm, admin):
    await xrm.users.create(admin, "dir", password="correct horse", is_admin=True, xrm_allowed=True, collaborator="DIR")


def raising(error):
    def fails(*_):
        raise error

    return fails


async def sent(xrm, admin):
    message = await xrm.sending.send_sms(admin, SmsRequest("COM", (NUMBER,), "Rendez-vous"))
    await xrm.run_until_idle()
    return message.id


FOUND_OUT_BY = {
    "inbox": timedelta(minutes=6),
    "opt_outs": timedelta(minutes=6),
    "reports": timedelta(minutes=6),
    "sent_since": timedelta(minutes=3),
}


@pytest.mark.parametrize("asked", FOUND_OUT_BY)
@pytest.mark.parametrize("error", [AuthError(), QuotaExhausted()])
async def test_whatever_finds_it_out_suspends_the_account_and_tells_its_people_once(
    xrm, admin, administrator, push_account, mail_account, sms_service, mail_service, clock, watcher, asked, error
):
    if asked == "sent_since":
        sms_service.sent_since = raising(TransientError())
        sms_service.spoilt_answers.append(OutcomeUnknown())
    await sent(xrm, admin)
    setattr(sms_service, asked, raising(error))
    for _ in range(3):
        clock.advance(FOUND_OUT_BY[asked])
        await xrm.run_until_idle()

    shown = await xrm.accounts.get(admin, push_account)
    assert (shown.suspended, shown.health, shown.health_code) == (True, "failing", error.code)
    (mail,) = [one.mail for one in mail_service.accepted]
    assert mail.headers == {"Auto-Submitted": "auto-generated"}
    assert (mail.subject, [to.email for to in mail.to]) == ("Compte suspendu\u00a0: pushing_sms", ["roux@acme.example"])
    assert xrm.wording.say("errors", error.code, {}, language="fr") in mail.text
    assert f"xrm accounts check {push_account} --base ACME" in mail.text
    assert (await watcher.told(xrm)).count("suspended") == 1
    suspensions = [one for one in (await xrm.audit.list(admin)).items if one.action == "account.suspended"]
    assert len(suspensions) == 1


async def test_the_balance_and_sending_find_it_out_too(
    xrm, admin, administrator, push_account, mail_account, sms_service, mail_service, clock
):
    await sms_service.refuse_credentials()
    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == 1

    await sms_service.come_back()
    await xrm.accounts.check(admin, push_account)
    await sms_service.refuse_credentials()
    await sent(xrm, admin)
    assert (await xrm.accounts.get(admin, push_account)).suspended
    assert len(mail_service.accepted) == 2


async def test_without_anybody_to_write_to_the_log_says_so(xrm, admin, push_account, sms_service, clock):
    await sms_service.refuse_credentials()
    with capture_logs() as logs:
        await later(xrm, clock)

    assert "nobody to write to about an account" in [entry["event"] for entry in logs]
    assert (await xrm.accounts.get(admin, push_account)).suspended


async def test_observers_hear_how_an_account_fares_when_it_changes(
    xrm, admin, push_account, sms_service, clock, watcher
):
    await xrm.accounts.check(admin, push_account)
    assert await watcher.told(xrm) == ["ok"]
    await sms_service.go_down()
    for _ in range(2):
        await later(xrm, clock)
    assert await watcher.told(xrm) == ["failing"]

    await sms_service.come_back()
    await later(xrm, clock)
    assert await watcher.told(xrm) == ["ok"]
    await xrm.accounts.pause(admin, push_account)
    await xrm.accounts.resume(admin, push_account)
    await xrm.accounts.resume(admin, push_account)
    assert await watcher.told(xrm) == ["paused", "resumed"]
    await sms_service.refuse_credentials()
    await xrm.accounts.check(admin, push_account)
    assert await watcher.told(xrm) == ["suspended"]


async def test_observers_hear_of_what_a_dead_worker_left(xrm, admin, sms_account, sms_service, clock, watcher):
    await xrm.sending.send_sms(admin, SmsRequest("COM", (NUMBER,), "Rendez-vous"))
    await claim_as_a_worker_that_dies(xrm, sms_account)
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert await watcher.told(xrm, "message") == ["queued", "unknown"]
