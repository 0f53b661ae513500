"""A person stops an account, or changes it, while it is sending."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from xrm_platform.messaging import MailRequest
from xrm_platform.providers import Channel, Limits, RateLimited, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail

MESSAGES = 120


MAIL = MailRequest(sender="COM", to=("ann@client.example",), subject="Devis", text="Bonjour")

SLOW_MAIL = replace(
    MEMORY_MAIL, slug="slow_mail", capabilities=frozenset(), limits=Limits(batch=1, connections=2, per_second=0.01)
)


class SlowProvider:
    @hookimpl
    def xrm_mail_providers(self):
        return [SLOW_MAIL]


@pytest.fixture
def plugins():
    return [InProcessPlugin("slow", SlowProvider(), {(Channel.MAIL, "slow_mail"): MemoryMail})]


@pytest.fixture
async def queued(xrm, admin, mail_account):
    """More messages than are claimed at once."""
    requests = [
        MailRequest(sender="COM", to=("ann@client.example",), subject=f"{n}", text="Bonjour") for n in range(MESSAGES)
    ]
    return [(await xrm.sending.send_mail(admin, request)).id for request in requests]


def when_sending_starts(mail_service, act):
    """Do `act`, a coroutine function, once, beside the first call that hands over a mail."""
    arriving = mail_service.send
    started = []

    def send(mail):
        if not started:
            started.append(asyncio.create_task(act()))
        return arriving(mail)

    mail_service.send = send
    return started


async def states(xrm, admin, ids):
    found = [await xrm.messages.get(admin, one) for one in ids]
    return {one.state for one in found}, {one.attempts for one in found if one.state == "queued"}


async def test_a_pause_stops_an_account_that_is_sending(xrm, admin, mail_account, mail_service, queued):
    when_sending_starts(mail_service, lambda: xrm.accounts.pause(admin, mail_account))
    await xrm.run_until_idle()

    assert 0 < len(mail_service.accepted) < MESSAGES
    assert await states(xrm, admin, queued) == ({"sent", "queued"}, {0})

    await xrm.accounts.resume(admin, mail_account)
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == MESSAGES


async def test_a_provider_that_is_disabled_sends_no_more(xrm, admin, mail_account, mail_service, queued):
    when_sending_starts(mail_service, lambda: xrm.providers.disable(admin, "plain_mail"))
    await xrm.run_until_idle()

    assert 0 < len(mail_service.accepted) < MESSAGES
    assert await states(xrm, admin, queued) == ({"sent", "queued"}, {0})


async def test_settings_that_change_meanwhile_cost_no_attempt(xrm, admin, mail_account, mail_service, queued):
    when_sending_starts(
        mail_service, lambda: xrm.accounts.change(admin, mail_account, {"settings": {"password": "another"}})
    )
    await xrm.run_until_idle()

    assert len(mail_service.accepted) == MESSAGES
    assert await states(xrm, admin, queued) == ({"sent"}, set())
    assert {(await xrm.messages.get(admin, one)).attempts for one in queued} == {1}


async def test_a_resting_account_rests_whatever_wakes_it(xrm, admin, mail_account, mail_service, queued, clock):
    mail_service.spoilt_answers.extend(RateLimited(timedelta(hours=1)) for _ in range(1000))
    asked = []
    for _ in range(10):
        await xrm.run_until_idle()
        asked.append(1000 - len(mail_service.spoilt_answers))
        clock.advance(timedelta(seconds=10))
        request = MailRequest(sender="COM", to=("ann@client.example",), subject="new", text="Bonjour")
        await xrm.sending.send_mail(admin, request)

    assert len(set(asked)) == 1
    mail_service.spoilt_answers.clear()
    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()
    assert len(mail_service.accepted) == MESSAGES + 10


@pytest.fixture
def impatient_database(monkeypatch):
    monkeypatch.setattr("xrm_platform.store.store.BUSY_TIMEOUT_SECONDS", 0.05)


async def test_a_result_is_kept_while_the_database_does_not_take_it(
    impatient_database, database_url, xrm, admin, mail_account, mail_service
):
    if "sqlite" not in database_url:
        pytest.skip("PostgreSQL waits")
    ids = [(await xrm.sending.send_mail(admin, MAIL)).id for _ in range(3)]
    other = sqlite3.connect(database_url.partition("///")[2], isolation_level=None)
    arriving = mail_service.send

    def send(mail):
        mail_service.send = arriving
        other.execute("BEGIN IMMEDIATE")
        asyncio.get_running_loop().call_later(0.5, other.execute, "ROLLBACK")
        return arriving(mail)

    mail_service.send = send
    await xrm.run_until_idle()
    other.close()

    assert await states(xrm, admin, ids) == ({"sent"}, set())


async def test_a_platform_that_ends_gives_back_what_waits_for_its_turn(xrm, admin, mail_service):
    await xrm.providers.enable(admin, "slow_mail")
    settings = {"service": str(xrm.config.home), "password": "s3cret-é"}
    await xrm.accounts.add(admin, "slow_mail", "slow", settings, default=True)
    ids = [(await xrm.sending.send_mail(admin, MAIL)).id for _ in range(3)]
    async with asyncio.timeout(60), xrm._working():
        while not mail_service.accepted:
            await asyncio.sleep(0.01)

    assert await states(xrm, admin, ids) == ({"sent", "queued"}, {0})
    assert len(mail_service.accepted) == 1
