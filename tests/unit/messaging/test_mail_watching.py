"""Waiting for mail: it is here as soon as the mailbox tells of it, and never depends on that."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from xrm_platform.messaging.inbound.mail import watching
from xrm_platform.providers import AuthError, News, PermanentError, TransientError
from xrm_platform.testing.memory_mail import memory_mail_service

from .incoming import later, mail

PATIENCE = 20.0


async def until(happened):
    """Wait for a condition that other tasks bring about."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await happened() if asyncio.iscoroutinefunction(happened) else happened()):
            await asyncio.sleep(0.005)
    return found


@asynccontextmanager
async def working(xrm):
    """The platform works, as `xrm serve` does, and waits at its mailboxes."""
    async with xrm._working():
        yield


async def test_a_mail_comes_in_when_the_mailbox_tells(xrm, admin, mailbox_account, mail_service, clock):
    async def came():
        return [one.text for one in (await xrm.inbox.list(admin)).items]

    async with working(xrm):
        await until(mail_service.waiting)
        mail_service.receive(mail("Un\n").as_bytes())
        await until(came)
        await until(mail_service.waiting)  # and so on from there
        mail_service.receive(mail("Deux\n").as_bytes())

        async def both():
            return len(await came()) == 2

        await until(both)
        assert mail_service.waiting() <= 1
    assert mail_service.waiting() == 0
    assert set(mail_service.waited_from) >= {None, "key-1"}


async def test_what_came_between_looking_and_waiting_is_told_at_once(xrm, admin, mailbox_account, mail_service, clock):
    listing = mail_service.listing

    def listed(cursor):
        found = listing(cursor)
        mail_service.listing = listing
        mail_service.receive(mail().as_bytes())  # right after the first look
        return found

    mail_service.listing = listed

    async def came():
        return (await xrm.inbox.list(admin)).items

    async with working(xrm):
        await until(came)


async def test_a_mailbox_that_does_not_tell_is_asked_once(xrm, admin, mailbox_account, mail_service, clock):
    mail_service.tells = False
    async with working(xrm):
        await until(lambda: mail_service.waited_from)
        for count in range(3):
            mail_service.receive(mail(f"{count}\n").as_bytes())
            clock.advance(timedelta(minutes=6))
            xrm.engine.wake("tick")

            async def came(count=count):
                return len((await xrm.inbox.list(admin)).items) == count + 1

            await until(came)
    assert len(mail_service.waited_from) == 1


async def test_a_lost_connection_is_opened_again_and_the_mailbox_is_looked_at_meanwhile(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 0.05))

    async def came():
        return (await xrm.inbox.list(admin)).items

    async with working(xrm):
        await until(mail_service.waiting)
        mail_service.lose_connections()
        await until(lambda: len(mail_service.waited_from) > 1 and mail_service.waiting())
        monkeypatch.setattr(watching, "BACK_OFF", (0.0, 600.0))
        mail_service.lose_connections()
        await until(lambda: not mail_service.waiting())
        mail_service.receive(mail().as_bytes())
        clock.advance(timedelta(minutes=6))
        xrm.engine.wake("tick")
        await until(came)


async def test_a_mailbox_that_tells_of_mail_that_is_not_there_is_not_looked_at_for_ever(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 0.0, 0.0, 600.0))
    looked = []
    listing = mail_service.listing
    mail_service.listing = lambda cursor: looked.append(cursor) or listing(cursor)
    async with working(xrm):
        for count in (1, 2, 3):
            await until(lambda count=count: len(mail_service.waited_from) == count and mail_service.waiting())
            for waiting in mail_service._waiting:
                waiting.set_result(None)
        await until(lambda: xrm._polling._watching._in_vain.get(mailbox_account) == 3)
        await asyncio.sleep(0)
        assert mail_service.waiting() == 0
    assert len(looked) < 15


async def test_changed_settings_are_waited_with_and_a_removed_account_is_not_waited_for(
    xrm, admin, mailbox_account, mail_service, clock
):
    other = memory_mail_service("another")
    async with working(xrm):
        await until(mail_service.waiting)
        await xrm.accounts.change(admin, mailbox_account, {"settings": {"service": "another"}})
        await until(lambda: other.waiting() and not mail_service.waiting())
        await xrm.accounts.remove(admin, mailbox_account)
        xrm.engine.wake(f"inbox {mailbox_account}")
        await until(lambda: not other.waiting())


async def test_refused_credentials_are_not_tried_again_by_waiting(xrm, admin, mailbox_account, mail_service, clock):
    tried = []

    async def refuse(cursor, seconds):
        tried.append(cursor)
        raise AuthError("credentials_refused")

    mail_service.wait_for_news = refuse
    async with working(xrm):
        await until(lambda: tried and not xrm._polling._watching.watched())
    assert len(tried) == 1


@pytest.mark.parametrize("error", [TransientError(), PermanentError(), RuntimeError()])
async def test_what_came_is_looked_for_again_before_long_when_it_could_not_be_looked_at(
    xrm, admin, mailbox_account, mail_service, clock, error, monkeypatch
):
    """The mailbox told of it once, and nobody waits; the clock stands still, so that no time comes to look anyway."""
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 0.01, 0.01, 600.0))
    listing, failures = mail_service.listing, [error, error]

    def listed(cursor):
        if failures:
            raise failures.pop()
        return listing(cursor)

    async def came():
        return (await xrm.inbox.list(admin)).items

    async with working(xrm):
        await until(mail_service.waiting)
        mail_service.listing = listed
        mail_service.receive(mail().as_bytes())
        await until(came)
        await until(mail_service.waiting)


async def test_a_server_that_is_away_is_not_asked_more_and_more(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 0.0, 0.0, 600.0))
    asked = []

    def away(cursor):
        asked.append(cursor)
        raise TransientError

    mail_service.listing = away
    async with working(xrm):
        await until(lambda: len(asked) == 3)
        await later_while_working(xrm, clock)
        await until(lambda: len(asked) == 4)
        assert not xrm._polling._watching._watches


async def test_a_mail_that_cannot_be_loaded_keeps_nobody_from_waiting(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 0.01, 0.01, 600.0))
    mail_service.receive(mail().as_bytes(), "spoilt")
    mail_service.spoilt_keys["spoilt"] = TransientError()

    async def came():
        return (await xrm.inbox.list(admin)).items

    async with working(xrm):
        await until(mail_service.waiting)
        mail_service.receive(mail("Encore\n").as_bytes())
        await until(came)


async def test_a_mailbox_that_was_quiet_for_long_is_waited_for_again_at_once(
    xrm, admin, mailbox_account, mail_service, clock, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0,))
    monkeypatch.setattr(watching, "STEADY", 0.0)
    in_vain, wait = xrm._polling._watching._in_vain, mail_service.wait_for_news
    in_vain[mailbox_account] = 3

    async def quiet(cursor, seconds):
        mail_service.wait_for_news = wait
        return News.NONE

    mail_service.wait_for_news = quiet
    async with working(xrm):
        await until(mail_service.waiting)
    assert in_vain[mailbox_account] == 0


async def test_only_so_many_mailboxes_are_waited_for(xrm, admin, mailbox_account, mail_service, clock, monkeypatch):
    monkeypatch.setattr(watching, "MOST", 1)
    await xrm.accounts.add(admin, "receiving_mail", "other", {"service": "the other", "password": "s3cret"})
    other = memory_mail_service("the other")
    asked = set()
    for service in (mail_service, other):
        listing = service.listing
        service.listing = lambda cursor, listing=listing: asked.add(listing) or listing(cursor)
    async with working(xrm):
        await until(lambda: len(asked) == 2 and mail_service.waiting() + other.waiting())
        assert mail_service.waiting() + other.waiting() == 1


async def test_who_only_works_off_what_is_due_waits_for_nothing(xrm, admin, mailbox_account, mail_service, clock):
    await later(xrm, clock)
    assert mail_service.waited_from == []


@pytest.mark.parametrize("answer", ["news", None, 1])
async def test_an_answer_that_nobody_understands_harms_nothing(
    xrm, admin, mailbox_account, mail_service, clock, answer, monkeypatch
):
    monkeypatch.setattr(watching, "BACK_OFF", (0.0, 600.0))
    tried = []

    async def nonsense(cursor, seconds):
        tried.append(cursor)
        return answer

    mail_service.wait_for_news = nonsense
    async with working(xrm):
        await until(lambda: tried)
        mail_service.receive(mail().as_bytes())
        await later_while_working(xrm, clock)

        async def came():
            return (await xrm.inbox.list(admin)).items

        await until(came)


async def later_while_working(xrm, clock):
    clock.advance(timedelta(minutes=6))
    xrm.engine.wake("tick")
