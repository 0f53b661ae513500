"""One agenda with Radicale, Xandikos and Google's stand-in at once, and somebody who changes things everywhere."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from company import environment, migrated
from servers.dav_proxy import DavProxy
from servers.dav_vendor import DavVendor
from servers.radicale import radicale
from servers.xandikos import xandikos
from sync_company import dav_account, google_account, people

from xrm_platform.agenda import EventGiven
from xrm_platform.app import Platform
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Problem
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor

XRM = Path(sys.executable).with_name("xrm")
NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)
NAMES = ("Alpha", "Bravo", "Charlie", "Delta")
PASSWORD = "s3cret-é"


@pytest.fixture(scope="module")
def radicale_server():
    with radicale() as server:
        yield server


@pytest.fixture(scope="module")
def xandikos_server():
    with xandikos() as server:
        yield server


class Everywhere:
    """COM's agenda, the three calendars as others see them, and the ids of their links."""

    def __init__(self, xrm: Platform, admin: Actor, vendors: dict[str, DavVendor | GoogleVendor]) -> None:
        self.xrm = xrm
        self.admin = admin
        self.vendors = vendors

    async def round(self) -> list[object]:
        return [await self.sync(link) for link in self.vendors]

    async def sync(self, link: str) -> object:
        """One run. A busy server (Xandikos answers 423 while it still writes) is asked again, as by the tick."""
        for _ in range(100):
            ran = await self.xrm.calendar_runs.sync(self.admin, link)
            if ran.error_code != "unavailable":
                break
            await asyncio.sleep(0.05)
        return ran

    async def add(self, title: str, **more: object) -> None:
        given = EventGiven(owner="COM", summary=title, start=NOON, end=NOON + timedelta(hours=1), **more)
        await self.xrm.agenda.add(self.admin, given)

    async def events(self) -> list[object]:
        return list((await self.xrm.agenda.list(self.admin, owner="COM", limit=500)).items)

    async def titles(self) -> list[str]:
        return sorted(event.summary for event in await self.events())

    async def agree(self) -> None:
        """After two rounds all sides have the same events, and the third writes nothing."""
        for _ in range(2):
            for ran in await self.round():
                if ran.held_here or ran.held_there:
                    await self.xrm.calendar_runs.release(self.admin, ran.link, delete=True)
                    ran = await self.sync(ran.link)  # noqa: PLW2901
                assert (ran.error_code, ran.parked) == (None, 0), ran
        here = await self.titles()
        for vendor in self.vendors.values():
            assert sorted((await vendor.titles()).values()) == here
        for ran in await self.round():
            done = {name: getattr(ran, name) for name in ran.__slots__ if name.endswith(("_here", "_there"))}
            assert not any(done.values()), ran


@pytest.fixture
async def everywhere(tmp_path, radicale_server, xandikos_server) -> AsyncIterator[Everywhere]:
    config = await migrated(environment(tmp_path))
    async with aiohttp.ClientSession() as http, GoogleServer() as google:
        user = f"user-{uuid4().hex[:8]}"
        radicale_server.let_in(user, PASSWORD)
        async with DavProxy(radicale_server.url) as one, DavProxy(xandikos_server.url, ("com", PASSWORD)) as two:
            vendors = [
                DavVendor(one, f"{radicale_server.url}/{user}/", http, (user, PASSWORD)),
                DavVendor(two, f"{xandikos_server.url}/user/calendars/", http, None),
            ]
            vendors[0].account = {"url": one.url, "username": user, "password": PASSWORD}
            vendors[1].account = {"url": two.url, "username": "com", "password": PASSWORD}
            async with Platform.open(config) as xrm:
                admin = await people(xrm)
                linked: dict[str, DavVendor | GoogleVendor] = {}
                for number, vendor in enumerate(vendors):
                    await vendor.begin()
                    account = await dav_account(xrm, admin, f"CalDAV {number}", vendor.account)
                    view = await xrm.calendar_links.link(admin, "COM", account=account, calendar="Agenda")
                    linked[view.id] = vendor
                account = await google_account(xrm, admin, google)
                view = await xrm.calendar_links.link(admin, "COM", account=account)
                linked[view.id] = GoogleVendor(google)
                yield Everywhere(xrm, admin, linked)
            await vendors[1].clear()


@pytest.mark.slow
async def test_what_is_made_anywhere_is_soon_everywhere(everywhere):
    await everywhere.add("D’ici")
    for number, vendor in enumerate(everywhere.vendors.values()):
        await vendor.put(f"{number}@x.example", f"De {number}")
    await everywhere.add("Chaque semaine", recurrence="FREQ=WEEKLY;COUNT=6")
    await everywhere.agree()
    assert await everywhere.titles() == ["Chaque semaine", "De 0", "De 1", "De 2", "D’ici"]


@pytest.mark.slow
async def test_the_managers_move_reaches_all_calendars_by_the_owners_accounts(everywhere):
    await everywhere.add("Visite")
    await everywhere.agree()
    xrm, admin = everywhere.xrm, everywhere.admin
    for login, code in (("dir", "DIR"), ("autre", "AUTRE")):
        if code == "AUTRE":
            await xrm.collaborators.create(admin, code, last_name="Autre", email="autre@acme.example")
        await xrm.users.create(admin, login, password="long enough for all", xrm_allowed=True, collaborator=code)
    signed = {
        login: await xrm.sign_in.sign_in("ACME", login, "long enough for all", user_agent="", address="127.0.0.1")
        for login in ("dir", "autre")
    }
    manager, _ = await xrm.sign_in.actor_of(signed["dir"].token)
    colleague, _ = await xrm.sign_in.actor_of(signed["autre"].token)
    (event,) = await everywhere.events()
    with pytest.raises(Problem):
        await xrm.agenda.move(colleague, event.id, NOON + timedelta(hours=5))
    await xrm.agenda.move(manager, event.id, NOON + timedelta(hours=3))
    for ran in await everywhere.round():
        assert ran.changed_there == 1
    for vendor in everywhere.vendors.values():
        if isinstance(vendor, GoogleVendor):
            (item,) = vendor.server.events.values()
            assert datetime.fromisoformat(item["start"]["dateTime"]) == NOON + timedelta(hours=3)
            assert "attendees" not in item
        else:
            (text,) = (await vendor.texts()).values()
            assert "DTSTART;TZID=Europe/Paris:20270310T160000" in text
    entries = (await xrm.audit.list(admin)).items
    assert ("event.moved", manager.name) in {(entry.action, entry.actor) for entry in entries}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
async def test_after_any_interleaving_all_three_servers_agree(everywhere, seed):
    dice = random.Random(seed)
    vendors = list(everywhere.vendors.values())
    links = list(everywhere.vendors)
    for step in range(25):
        vendor = dice.choice(vendors)
        there = sorted(await vendor.titles())
        here = await everywhere.events()
        title = f"{dice.choice(NAMES)} {step}"
        match dice.randrange(8):
            case 0:
                await everywhere.add(title, recurrence=dice.choice([None, "FREQ=DAILY;COUNT=4"]))
            case 1 if here:
                await everywhere.xrm.agenda.change(everywhere.admin, dice.choice(here).id, {"summary": title})
            case 2 if here:
                await everywhere.xrm.agenda.change(everywhere.admin, dice.choice(here).id, {"location": title})
            case 3 if here:
                await everywhere.xrm.agenda.delete(everywhere.admin, dice.choice(here).id)
            case 4:
                await vendor.put(f"{step}@x.example", title)
            case 5 if there:
                await vendor.put(dice.choice(there), title)
            case 6 if there:
                await vendor.delete(dice.choice(there))
            case 7:
                await everywhere.xrm.calendar_runs.sync(everywhere.admin, dice.choice(links))
    await everywhere.agree()


@pytest.mark.slow
async def test_a_killed_worker_doubles_nothing_and_loses_nothing(tmp_path, radicale_server):
    """Kill -9 of the process, in the middle of writing to Radicale and to Google's stand-in."""
    variables = environment(tmp_path, XRM_LEASE_SECONDS="1", XRM_TICK_SECONDS="0.5")
    config = await migrated(variables)
    user = f"user-{uuid4().hex[:8]}"
    radicale_server.let_in(user, PASSWORD)
    dice = random.Random(7)
    kills = 0
    async with aiohttp.ClientSession() as http, GoogleServer() as google, DavProxy(radicale_server.url) as proxy:
        vendor = DavVendor(proxy, f"{radicale_server.url}/{user}/", http, (user, PASSWORD))
        await vendor.begin()
        async with Platform.open(config) as xrm:
            admin = await people(xrm)
            dav = {"url": proxy.url, "username": user, "password": PASSWORD}
            accounts = [await dav_account(xrm, admin, "CalDAV", dav), await google_account(xrm, admin, google)]
            links = [(await xrm.calendar_links.link(admin, "COM", account=one)).id for one in accounts]
            for link in links:
                await xrm.calendar_runs.sync(admin, link)
            for number in range(60):
                start = NOON + timedelta(hours=number)
                await xrm.agenda.add(admin, EventGiven("COM", f"Ici {number}", start, start + timedelta(hours=1)))
            for number in range(20):
                await vendor.put(f"{number}@x.example", f"Là {number}")
        writes = {"PUT", "POST", "PATCH", "DELETE"}

        def written() -> int:
            seen = [request[0] for request in proxy.requests] + [request.method for request in google.requests]
            return sum(method in writes for method in seen)

        for _ in range(12):
            before = written()
            worker = await _sync(variables)
            async with asyncio.timeout(60):
                while written() <= before + dice.randrange(4) and worker.returncode is None:
                    await asyncio.sleep(0.005)
            if worker.returncode is None:
                worker.kill()
                kills += 1
            await worker.wait()
            await asyncio.sleep(1.1)
        for _ in range(2):
            last = await _sync(variables)
            _, complaint = await last.communicate()
            assert last.returncode == 0, complaint.decode()
        async with Platform.open(config) as xrm:
            here = sorted(event.summary for event in (await xrm.agenda.list(admin, owner="COM", limit=500)).items)
        told = [sorted((await vendor.titles()).values()), sorted((await GoogleVendor(google).titles()).values())]
    print(f"{kills} kills")
    assert here == sorted([*(f"Ici {number}" for number in range(60)), *(f"Là {number}" for number in range(20))])
    assert told == [here, here]
    assert kills >= 5


async def _sync(variables: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(XRM, "calendars", "sync", "--base", "ACME", "--owner", "COM"),
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
