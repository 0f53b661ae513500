"""A platform ends: in time, and after everything that happened was told."""

from __future__ import annotations

import asyncio

import pytest
from cryptography.fernet import Fernet

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.providers import hookimpl
from xrm_platform.registry import InProcessPlugin, notices


class Listener:
    def __init__(self, seconds: float = 0):
        self.heard = []
        self._seconds = seconds

    @hookimpl
    async def xrm_changed(self, change):
        self.heard.append(change.id)
        await asyncio.sleep(self._seconds)


@pytest.fixture
def opened(database_url, tmp_path):
    config = Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        disabled_plugins=frozenset({"smtp", "esendex"}),
    )

    def opened_with(listener):
        return Platform.open(config, work=True, plugins=[InProcessPlugin("listener", listener)])

    return opened_with


async def test_observers_hear_what_still_happens_while_the_work_ends(opened):
    listener = Listener()
    async with opened(listener) as xrm:

        async def last_work(_argument):
            while not xrm.delivery._worker.stopping.is_set():
                await asyncio.sleep(0.01)
            xrm.notices.post("ACME", "message", [("the last", "sent")])

        xrm._handlers["last"] = last_work
        xrm.engine.wake("last 1")
        await asyncio.sleep(0.1)

    assert listener.heard == ["the last"]


async def test_a_slow_observer_does_not_keep_the_platform_from_ending(opened, monkeypatch):
    monkeypatch.setattr(notices, "PATIENCE_SECONDS", 0.2)
    listener = Listener(seconds=0.15)
    async with asyncio.timeout(60):
        async with opened(listener) as xrm:
            xrm.notices.post("ACME", "message", [(str(number), "sent") for number in range(1000)])

    assert 0 < len(listener.heard) < 10
