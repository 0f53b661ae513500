"""Whatever happens on all sides, in whatever order: everything agrees within two rounds, and a third writes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from sync_world import NOON, World, plugin, values

from xrm_platform.agenda.requests import Part
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.problems import Problem
from xrm_platform.testing.calendar_vendor import vcalendar, vevent

LINKS = 3
KEY = Fernet.generate_key().decode()
NAMES = st.sampled_from(["Alpha", "Bravo", "Charlie", "Delta", "Echo"])
UIDS = st.sampled_from([f"{name}@x.example" for name in "abc"])
WHERE = st.integers(0, LINKS - 1)
WHICH = st.integers(0, 20)
SERIES = ("RRULE:FREQ=DAILY;COUNT=4",)


def there(uid: str, title: str, place: str, *, series: bool, left_out: bool) -> str:
    lines = [f"LOCATION:{place}", "DTEND:20270310T093000Z", f"X-THEIRS:{place}"]
    lines += SERIES if series else ()
    lines += ["EXDATE:20270311T090000Z"] if series and left_out else []
    return vcalendar(*vevent(uid, title, *lines))


class Clock:
    """The time, which stands still."""

    def __call__(self) -> datetime:
        return datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


class AllSides(RuleBasedStateMachine):
    """COM's agenda and three calendars; whoever is of the team changes something, somewhere."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory(prefix="xrm-sides-")
        self.stack = None
        self.runner.run(self._open())

    async def _open(self) -> None:
        path = shutil.copyfile(self.template, Path(self.folder.name) / "xrm.db")
        config = Config(
            home=Path(self.folder.name),
            database_url=f"sqlite+aiosqlite:///{path}",
            secret_keys=(KEY,),
            disabled_plugins=frozenset({"smtp", "esendex", "ical", "google_calendar"}),
        )
        self.clock = Clock()
        self.platform = Platform.open(config, plugins=[plugin()], now=self.clock)
        xrm = await self.platform.__aenter__()
        self.world = await World.found(xrm, self.clock)
        for _ in range(LINKS):
            await self.world.link()
        self.ids = list(self.world.services)
        self.sides = [self.world.services[link_id] for link_id in self.ids]

    def teardown(self) -> None:
        try:
            self.runner.run(self._agree())
        finally:
            self.runner.run(self.platform.__aexit__(None, None, None))
            self.runner.close()
            self.folder.cleanup()

    # Here

    @rule(title=NAMES, daily=st.booleans())
    def add_here(self, title, daily):
        self.runner.run(self.world.add(title, recurrence="FREQ=DAILY;COUNT=4" if daily else None))

    @rule(which=WHICH, title=NAMES)
    def rename_here(self, which, title):
        self._change_here(which, {"summary": title})

    @rule(which=WHICH, place=NAMES)
    def place_here(self, which, place):
        self._change_here(which, {"location": place})

    @rule(which=WHICH, hours=st.integers(-3, 3))
    def move_here(self, which, hours):
        start = NOON + timedelta(hours=hours)
        self._change_here(which, {"start": start, "end": start + timedelta(hours=1)})

    @rule(which=WHICH)
    def delete_here(self, which):
        async def run():
            await self.world.xrm.agenda.delete(self.world.admin, await self._pick(which))

        self._try(run)

    @rule(which=WHICH, title=NAMES)
    def rename_one_occurrence_here(self, which, title):
        async def run():
            event_id = await self._pick(which)
            found = await self.world.xrm.agenda.get(self.world.admin, event_id)
            second = datetime.fromisoformat(found.start).astimezone(UTC) + timedelta(days=1)
            key = second.strftime("%Y%m%dT%H%M%SZ")
            await self.world.xrm.agenda.change(
                self.world.admin, event_id, {"summary": title}, part=Part.THIS, occurrence=key
            )

        self._try(run)

    def _change_here(self, which, changes):
        async def run():
            await self.world.change(await self._pick(which), **changes)

        self._try(run)

    # There

    @rule(side=WHERE, uid=UIDS, title=NAMES, place=NAMES, series=st.booleans(), left_out=st.booleans())
    def put_there(self, side, uid, title, place, series, left_out):
        text = there(uid, title, place, series=series, left_out=left_out)
        self.runner.run(self.sides[side].put_ical(uid, text))

    @rule(side=WHERE, which=WHICH, title=NAMES)
    def rename_there(self, side, which, title):
        async def run():
            uid = await self._pick_there(side, which)
            if (await self.sides[side].titles())[uid] != title:
                await self.sides[side].put(uid, title)

        self._try(run)

    @rule(side=WHERE, which=WHICH)
    def delete_there(self, side, which):
        async def run():
            await self.sides[side].delete(await self._pick_there(side, which))

        self._try(run)

    @rule(side=WHERE, which=WHICH)
    def decorate_there(self, side, which):
        async def run():
            uid = await self._pick_there(side, which)
            if not await self.sides[side].decorated(uid):
                await self.sides[side].decorate(uid)

        self._try(run)

    # Between

    @rule(side=WHERE)
    def sync_one(self, side):
        self.runner.run(self.world.sync(self.ids[side]))

    @rule(side=WHERE)
    def forget_cursors(self, side):
        self.runner.run(self.sides[side].forget_cursors())

    @rule(side=WHERE)
    def lose_an_answer(self, side):
        self.runner.run(self.sides[side].lose_next_answer())

    @rule(side=WHERE)
    def cut_a_listing(self, side):
        self.runner.run(self.sides[side].cut_next_listing())

    @rule(side=WHERE, up=st.booleans())
    def go_down_or_come_back(self, side, up):
        service = self.sides[side]
        self.runner.run(service.come_back() if up else service.go_down())

    # In the end

    async def _agree(self) -> None:
        world = self.world
        for link_id, service in zip(self.ids, self.sides, strict=True):
            await service.come_back()
            service._loses_answer = service._cuts_listing = False  # what was asked for and has not happened yet
            await self._let_go(link_id)
        for _ in range(2):
            for ran in await world.round():
                assert ran.error_code is None, ran
                assert not ran.parked, ran
                if ran.held_here or ran.held_there:
                    await self._let_go(ran.link)
                    await world.sync(ran.link)
        here = values(await world.here())
        for service in self.sides:
            assert values(await service.icals()) == here
        before = world.writes(), await world.revs()
        for ran in await world.round():
            assert not sum([ran.made_here, ran.changed_here, ran.dropped_here, ran.conflicts, ran.parked]), ran
        assert (world.writes(), await world.revs()) == before

    async def _let_go(self, link_id) -> None:
        await self.world.xrm.calendar_runs.release(self.world.admin, link_id, delete=True)

    async def _pick(self, which: int) -> str:
        ids = sorted(await self.world.here())
        if not ids:
            raise IndexError
        return ids[which % len(ids)]

    async def _pick_there(self, side: int, which: int) -> str:
        uids = sorted(await self.sides[side].titles())
        if not uids:
            raise IndexError
        return uids[which % len(uids)]

    def _try(self, run) -> None:
        """What cannot be done, because nothing is there or no series is, is not done."""
        with contextlib.suppress(IndexError, Problem):
            self.runner.run(run())


@pytest.mark.slow
def test_whatever_happens_all_sides_agree_after_two_rounds(sqlite_template):
    AllSides.template = sqlite_template
    run_state_machine_as_test(
        AllSides,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            phases=[Phase.explicit, Phase.generate],  # to shrink what takes seconds takes hours
            suppress_health_check=list(HealthCheck),
        ),
    )
