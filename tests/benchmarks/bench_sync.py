"""Five thousand events on Radicale: first download, no change, ten changes.

The platform and vdirsyncer work against the same server in the same run. A proxy in a process of its own counts their
requests and bytes.
"""

from __future__ import annotations

import asyncio
import os
import re
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

sys.path.insert(0, str(Path(__file__).parents[1] / "integration"))

from pipeline import platform
from servers.dav_proxy import DavProxy
from servers.dav_vendor import DavVendor
from servers.radicale import radicale

from xrm_platform.testing.calendar_vendor import vevent

EVENTS = 5_000
CHANGES = 10
USER, PASSWORD = "com", "password"
VDIRSYNCER = """
[general]
status_path = "{folder}/status/"
[pair agenda]
a = "there"
b = "here"
collections = [["agenda", "agenda-0", "agenda"]]
[storage there]
type = "caldav"
url = "{url}/{user}/"
username = "{user}"
password = "{password}"
[storage here]
type = "filesystem"
path = "{folder}/events/"
fileext = ".ics"
"""


@dataclass(frozen=True)
class Cost:
    seconds: float
    cpu: float
    requests: int
    received: int

    def __str__(self) -> str:
        size = f"{self.received / 1024:9.1f} kB"
        return f"{self.seconds:7.2f} s {self.cpu:6.2f} s CPU {self.requests:5d} requests {size}"


def texts() -> str:
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for number in range(EVENTS):
        when = f"2027{1 + number % 12:02}{1 + number % 28:02}T{number % 24:02}0000Z"
        parts += vevent(
            f"{number}@bench", f"Visite {number}", "LOCATION:Lyon", f"DTEND:{when}", start=f"DTSTART:{when}"
        )
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


async def change(vendor: DavVendor, round_: int) -> None:
    """Somebody retitles ten events there."""
    stored = await vendor._stored()  # read once, not for each event
    for number in range(CHANGES):
        href, text = stored[f"{number * 7}@bench"]
        await vendor.put_text(href, re.sub(r"SUMMARY:.*", f"SUMMARY:Tour {round_} {number}", text))


class CountingProxy:
    """`DavProxy` in another process, which tells on request what it has forwarded."""

    def __init__(self, process: asyncio.subprocess.Process, url: str) -> None:
        self.url = url
        self._process = process

    @classmethod
    async def start(cls, upstream: str) -> CountingProxy:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, __file__, upstream), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        return cls(process, (await process.stdout.readline()).decode().strip())

    async def counted(self) -> tuple[int, int]:
        """Requests and bytes of answers so far."""
        self._process.stdin.write(b"?\n")
        requests, received = (await self._process.stdout.readline()).split()
        return int(requests), int(received)

    async def stop(self) -> None:
        self._process.stdin.close()
        await self._process.wait()


async def count(upstream: str) -> None:
    """What the other process does."""
    async with DavProxy(upstream) as proxy:
        print(proxy.url, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(len(proxy.requests), sum(size for _, _, size in proxy.requests), flush=True)


async def measured(proxy: CountingProxy, work, *, child: bool = False) -> Cost:
    """What awaiting `work` costs; with `child` the CPU time is that of the processes it starts."""
    who = resource.RUSAGE_CHILDREN if child else resource.RUSAGE_SELF
    requests, received = await proxy.counted()
    before, began = resource.getrusage(who), time.perf_counter()
    await work
    took, after = time.perf_counter() - began, resource.getrusage(who)
    now_requests, now_received = await proxy.counted()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(took, cpu, now_requests - requests, now_received - received)


async def vdirsyncer(folder: Path, *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("vdirsyncer"), "-v", "ERROR", "-c", folder / "config", *arguments),
        env={**os.environ, "NO_PROXY": "*"},
        stdin=asyncio.subprocess.PIPE,
    )
    await process.communicate(b"y\ny\n")
    assert process.returncode == 0


async def main() -> None:
    with radicale() as server, tempfile.TemporaryDirectory() as name:
        server.let_in(USER, PASSWORD)
        folder = Path(name)
        proxy = await CountingProxy.start(server.url)
        async with aiohttp.ClientSession() as http, DavProxy(server.url) as switchboard:
            vendor = DavVendor(switchboard, f"{server.url}/{USER}/", http, (USER, PASSWORD))
            headers = {"Authorization": aiohttp.encode_basic_auth(USER, PASSWORD), "Content-Type": "text/calendar"}
            async with http.put(vendor.calendar_url, data=texts().encode(), headers=headers) as response:
                assert response.status < 300, await response.text()
            (folder / "config").write_text(
                VDIRSYNCER.format(folder=folder, url=proxy.url, user=USER, password=PASSWORD)
            )
            (folder / "events").mkdir()
            settings = {"url": proxy.url, "username": USER, "password": PASSWORD}
            async with platform("ical", settings) as (xrm, admin):
                link = (await xrm.calendar_links.link(admin, "COM")).id
                await vdirsyncer(folder, "discover")

                async def ours() -> None:
                    ran = await xrm.calendar_runs.sync(admin, link)
                    assert ran.error_code is None, ran

                async def both(title: str) -> None:
                    theirs = await measured(proxy, vdirsyncer(folder, "sync"), child=True)
                    mine = await measured(proxy, ours())
                    print(f"{title}\n  vdirsyncer {theirs}\n  platform   {mine}")
                    speed, share = theirs.seconds / mine.seconds, mine.received / theirs.received
                    print(f"  {speed:.1f} times as fast, {share:.4f} of the bytes")

                await both(f"first download of {EVENTS}")
                await both("no change")
                await change(vendor, 1)
                await both(f"{CHANGES} changes there")
        await proxy.stop()


if __name__ == "__main__":
    asyncio.run(count(sys.argv[1]) if len(sys.argv) > 1 else main())
