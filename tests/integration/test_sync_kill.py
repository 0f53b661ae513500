"""Kill -9 of a process that writes to Google's stand-in: nothing is there twice, and nothing is missing."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from company import environment, migrated
from sync_company import google_account, people

from xrm_platform.agenda import EventGiven
from xrm_platform.app import Platform
from xrm_platform.testing.google_server import GoogleServer

EVENTS = 40
KILLS = 3
LEASE = 1
NOON = datetime(2099, 3, 10, 12, 0, tzinfo=UTC)
XRM = Path(sys.executable).with_name("xrm")


@pytest.mark.slow
async def test_a_process_killed_while_it_writes_there_doubles_and_loses_nothing(tmp_path):
    variables = environment(tmp_path, XRM_LEASE_SECONDS=str(LEASE))
    config = await migrated(variables)
    async with GoogleServer() as google:
        async with Platform.open(config) as xrm:
            admin = await people(xrm)
            account = await google_account(xrm, admin, google)
            link = (await xrm.calendar_links.link(admin, "COM", account=account)).id
            for number in range(EVENTS):
                start = NOON + timedelta(hours=number)
                await xrm.agenda.add(admin, EventGiven("COM", f"Visite {number}", start, start + timedelta(minutes=30)))

        killed_at = []
        for _ in range(KILLS):
            before = _writes(google)
            process = await _sync(variables, link)
            wanted = before + random.randint(1, EVENTS // (KILLS + 1))
            while _writes(google) < wanted and process.returncode is None:
                await asyncio.sleep(0.005)
            process.kill()
            await process.wait()
            killed_at.append(_writes(google))
            await asyncio.sleep(LEASE + 0.1)  # until the lease of the dead has ended
        assert await (await _sync(variables, link)).wait() == 0

        async with Platform.open(config) as xrm:
            view = await xrm.calendar_links.get(admin, link)
        print(f"killed after {killed_at} writes of {EVENTS}")
        titles = Counter(event["summary"] for event in google.events.values())
    assert (view.health, view.events, view.waiting, view.parked) == ("ok", EVENTS, 0, 0)
    assert titles == Counter(f"Visite {number}" for number in range(EVENTS))
    assert killed_at[0] < EVENTS


def _writes(google: GoogleServer) -> int:
    return sum(request.method == "POST" and "/events" in request.path for request in google.requests)


async def _sync(variables: dict[str, str], link: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(XRM, "calendars", "sync", link, "--base", "ACME"),
        env={**os.environ, **variables},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
