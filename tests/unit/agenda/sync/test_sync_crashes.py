"""A kill at any moment of a synchronisation: nothing is doubled, nothing is lost.

A process that dies commits nothing more. So from one commit on, picked at random, every commit fails; the next process
opens the same database. What had been written to the calendar before that commit stays written there.
"""

from __future__ import annotations

import contextlib
import random
import shutil
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event
from sync_world import NOON, World, plugin, values

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.problems import Problem

KILLS = 100
KEY = Fernet.generate_key().decode()


class Killed(Exception):
    pass


@contextlib.contextmanager
def killed_at(xrm: Platform, commits: int):
    """From commit number `commits` on, none succeeds."""
    left = [commits]

    def die(_connection) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    event.listen(xrm.store.engine.sync_engine, "commit", die)
    try:
        yield left
    finally:
        event.remove(xrm.store.engine.sync_engine, "commit", die)


@pytest.mark.slow
async def test_killed_a_hundred_times_at_random_nothing_is_doubled_and_nothing_is_lost(
    tmp_path, clock, sqlite_template
):
    path = shutil.copyfile(sqlite_template, tmp_path / "xrm.db")
    config = Config(
        home=tmp_path,
        database_url=f"sqlite+aiosqlite:///{path}",
        secret_keys=(KEY,),
        disabled_plugins=frozenset({"smtp", "esendex", "ical", "google_calendar"}),
    )
    dice = random.Random(2027)
    async with Platform.open(config, plugins=[plugin()], now=clock) as xrm:
        world = await World.found(xrm, clock)
        await world.link()
        await world.link()
        await world.round()
    links, services = list(world.services), list(world.services.values())
    expected: set[str] = set()
    killed = wrote = 0
    for number in range(KILLS):
        async with Platform.open(config, plugins=[plugin()], now=clock) as xrm:
            world.xrm = xrm
            await _changes(world, services, expected, number, dice)
            before = world.writes()
            which = dice.randrange(2)
            with killed_at(xrm, dice.randint(1, 25)) as left:
                try:
                    await world.sync(links[which])
                except Killed:
                    killed += 1
                    wrote += world.writes() > before
                except Problem:
                    killed += left[0] < 0
        clock.advance(timedelta(minutes=5))  # the lease of the dead ends

    async with Platform.open(config, plugins=[plugin()], now=clock) as xrm:
        world.xrm = xrm
        for _ in range(2):
            for ran in await world.round():
                assert (ran.error_code, ran.parked, ran.conflicts) == (None, 0, 0)
        here = await world.here()
        titles = await world.titles()
        for service in services:
            assert values(await service.icals()) == values(here)
        writes = world.writes()
        await world.round()
        assert world.writes() == writes
    print(f"{killed} of {KILLS} killed, {wrote} of them after something had been written there")
    assert killed > KILLS / 3
    assert wrote > KILLS / 10
    assert titles == sorted(expected)


async def _changes(world: World, services, expected: set[str], number: int, dice: random.Random) -> None:
    """Something new, something renamed and something deleted, on sides that have nothing else waiting."""
    for extra in range(dice.randint(0, 2)):
        await world.add(title := f"Ici {number}.{extra}", NOON + timedelta(hours=number))
        expected.add(title)
    service = dice.choice(services)
    title = f"Là {number}"
    await service.put(f"{number}@x.example", title)
    expected.add(title)
    here = await world.here()
    mine = sorted(here)[dice.randrange(len(here))] if here else None
    if mine and dice.random() < 0.5:
        view = await world.xrm.agenda.get(world.admin, mine)
        if view.summary in expected:
            expected.discard(view.summary)
            await world.change(mine, summary=(title := f"{view.summary.split(' →')[0]} → {number}"))
            expected.add(title)
    elif mine and dice.random() < 0.3:
        view = await world.xrm.agenda.get(world.admin, mine)
        if view.summary in expected:
            expected.discard(view.summary)
            await world.xrm.agenda.delete(world.admin, mine)
