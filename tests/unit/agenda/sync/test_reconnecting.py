"""What waited for an account is synchronised as soon as the account can be used again, also by another process."""

from __future__ import annotations

from datetime import timedelta

import pytest


@pytest.fixture
async def dead(world, clock):
    """A link whose account was refused, with something to write, and that is not due for long; with its service."""
    link, service = await world.link(poll_minutes=1440)
    await world.sync(link)
    await world.add("En attente")
    await service.refuse_credentials()
    await world.xrm.run_until_idle()
    assert (await world.sync(link)).error_code == "credentials_refused"
    await service.come_back()
    await world.xrm.run_until_idle()
    assert await service.titles() == {}
    return (await world.xrm.calendar_links.get(world.admin, link)), service


async def test_a_resumed_account_synchronises_at_once(world, dead):
    view, service = dead
    await world.xrm.accounts.resume(world.admin, view.account)
    await world.xrm.run_until_idle()

    assert list((await service.titles()).values()) == ["En attente"]


async def test_a_new_password_synchronises_at_once_when_the_account_is_resumed(world, dead):
    view, service = dead
    await world.xrm.accounts.change(world.admin, view.account, {"settings": {"password": "new"}})
    await world.xrm.run_until_idle()
    assert await service.titles() == {}
    await world.xrm.accounts.resume(world.admin, view.account)
    await world.xrm.run_until_idle()

    assert list((await service.titles()).values()) == ["En attente"]


async def test_a_check_that_passes_synchronises_at_once(world, dead):
    view, service = dead
    assert (await world.xrm.accounts.check(world.admin, view.account)).ok
    await world.xrm.run_until_idle()

    assert list((await service.titles()).values()) == ["En attente"]


async def test_what_is_paused_still_waits(world, dead, clock):
    view, _ = dead
    before = (await world.xrm.calendar_links.get(world.admin, view.id)).next_run_at
    await world.xrm.accounts.pause(world.admin, view.account)
    assert (await world.xrm.calendar_links.get(world.admin, view.id)).next_run_at == before
    await world.xrm.accounts.resume(world.admin, view.account)

    assert (await world.xrm.calendar_links.get(world.admin, view.id)).next_run_at == clock()


async def test_the_calendars_of_somebody_who_left_rest_until_they_are_back(world, clock):
    link, service = await world.link()
    await world.sync(link)
    await world.xrm.collaborators.change(world.admin, "COM", {"active": False})
    await service.put("a@x.example", "Là")
    clock.advance(timedelta(days=1))
    await world.xrm.run_until_idle()
    assert await world.titles() == []

    await world.xrm.collaborators.change(world.admin, "COM", {"active": True})
    clock.advance(timedelta(minutes=1))
    await world.xrm.run_until_idle()
    assert await world.titles() == ["Là"]
