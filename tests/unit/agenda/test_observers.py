"""Plugins that watch hear of events: created, changed and deleted, by whom, and only of what was committed."""

from __future__ import annotations

import pytest

from xrm_platform.app import Platform
from xrm_platform.providers import hookimpl
from xrm_platform.registry import InProcessPlugin

from .conftest import PLUGIN, paris


class Watcher:
    def __init__(self):
        self.seen = []

    @hookimpl
    def xrm_changed(self, change):
        self.seen.append((change.base, change.what, change.id, change.state, change.by))


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
async def xrm(config, clock, watcher):
    async with Platform.open(config, plugins=[PLUGIN, InProcessPlugin("watcher", watcher)], now=clock) as platform:
        yield platform


async def test_each_change_is_told_with_who_did_it(xrm, admin, as_, add, watcher):
    made = await add()
    await xrm.agenda.move(as_("DIR"), made.id, paris("2026-03-03T09:00"))
    await xrm.agenda.delete(as_("COM"), made.id)
    await xrm.notices.drain()

    assert watcher.seen == [
        ("ACME", "event", made.id, "created", "operator:test"),
        ("ACME", "event", made.id, "changed", "user:dir"),
        ("ACME", "event", made.id, "deleted", "user:com"),
    ]


async def test_what_is_imported_is_told_event_by_event(xrm, admin, watcher):
    text = "BEGIN:VCALENDAR\r\n" + "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART:20260302T090000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\n" for n in range(3)
    )
    await xrm.agenda_files.load(admin, "COM", (text + "END:VCALENDAR\r\n").encode())
    await xrm.notices.drain()

    assert [(what, state) for _, what, _, state, _ in watcher.seen] == [("event", "created")] * 3


async def test_what_is_not_committed_is_told_nobody(xrm, add, watcher):
    async def fail(_session, _change):
        raise ValueError("no")

    xrm.event_store.watch(fail)
    with pytest.raises(ValueError, match="no"):
        await add()
    await xrm.notices.drain()

    assert watcher.seen == []
