"""Ten thousand events come in from Google's stand-in, with progress, and a kill in the middle costs nothing."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from pathlib import Path

import pytest
from company import environment, migrated
from sync_company import google_account, people

from xrm_platform.app import Platform
from xrm_platform.testing.google_server import GoogleServer

EVENTS = 10_000
XRM = Path(sys.executable).with_name("xrm")


@pytest.mark.slow
async def test_ten_thousand_events_are_imported_and_a_kill_in_the_middle_costs_nothing(tmp_path):
    variables = environment(tmp_path, XRM_LEASE_SECONDS="2", XRM_TICK_SECONDS="0.5")
    config = await migrated(variables)
    async with GoogleServer() as google:
        calendar = google.calendar()
        for number in range(EVENTS):
            day, hour = 1 + number % 28, number % 24
            when = {"dateTime": f"2027-{1 + number % 12:02}-{day:02}T{hour:02}:00:00Z", "timeZone": "UTC"}
            calendar.insert({"summary": f"Visite {number}", "start": when, "end": when}, google.time())
        async with Platform.open(config) as xrm:
            admin = await people(xrm)
            account = await google_account(xrm, admin, google)
            link = (await xrm.calendar_links.link(admin, "COM", account=account)).id

        worker = await _sync(variables, link)
        seen = 0
        async with asyncio.timeout(120):
            while seen < EVENTS / 10:
                await asyncio.sleep(0.05)
                seen = _progress(tmp_path)
        worker.kill()
        await worker.wait()
        killed_at = _progress(tmp_path)
        await asyncio.sleep(2.1)  # until the lease of the dead has ended

        before = len(google.requests)
        assert await (await _sync(variables, link)).wait() == 0
        print(f"killed after {killed_at} of {EVENTS}; resumed with {len(google.requests) - before} requests")

        async with Platform.open(config) as xrm:
            view = await xrm.calendar_links.get(admin, link)
            titles = set()
            after = None
            while True:
                page = await xrm.agenda.list(admin, owner="COM", after=after, limit=500)
                titles |= {event.summary for event in page.items}
                if (after := page.next) is None:
                    break
        writes = [request for request in google.requests if request.method != "GET" and "/calendar/" in request.path]
    assert 0 < killed_at < EVENTS
    assert (view.health, view.events, view.parked, view.waiting) == ("ok", EVENTS, 0, 0)
    assert titles == {f"Visite {number}" for number in range(EVENTS)}
    assert writes == []


def _progress(home: Path) -> int:
    """How many have come so far, as the run tells."""
    with sqlite3.connect(home / "xrm.db") as database:
        row = database.execute("SELECT json_extract(counts, '$.made_here') FROM sync_run ORDER BY id DESC").fetchone()
    return 0 if row is None else int(row[0])


async def _sync(variables: dict[str, str], link: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        XRM, "calendars", "sync", link, "--base", "ACME", env={**os.environ, **variables}
    )
