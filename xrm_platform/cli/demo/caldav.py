"""A real CalDAV server for the demo: Radicale, if it is installed, as a process of its own on the loopback address."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import secrets
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

USER = "camille"
START_SECONDS = 30.0
LOOK_EVERY = 0.1
CONFIGURATION = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
[logging]
level = warning
"""


def is_installed() -> bool:
    return importlib.util.find_spec("radicale") is not None


@dataclass(frozen=True, slots=True)
class CalDavServer:
    """The running server, whose only user is `username`. `folder` is where it keeps what it was given."""

    url: str
    folder: Path
    username: str
    password: str = field(repr=False)

    async def events(self) -> dict[str, str]:
        """The iCalendar texts that it holds, each by its path below `url`."""
        return await asyncio.to_thread(self._events)

    def _events(self) -> dict[str, str]:
        root = self.folder / "collections" / "collection-root"
        files = (path for path in root.glob("*/*/*") if path.is_file() and not path.name.startswith("."))
        return {path.relative_to(root).as_posix(): path.read_text("utf-8") for path in files}

    async def put(self, path: str, text: str) -> None:
        """What a phone does when its owner changes an event."""
        credentials = aiohttp.BasicAuth(self.username, self.password, "utf-8")
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        async with (
            aiohttp.ClientSession(auth=credentials) as http,
            http.put(f"{self.url}/{path}", data=text.encode(), headers=headers, raise_for_status=True),
        ):
            return


@contextlib.asynccontextmanager
async def caldav_stand_in(folder: Path) -> AsyncIterator[CalDavServer]:
    """The server, over the empty `folder`, until the end of the block. Raises `OSError` when it does not come up."""
    server = await asyncio.to_thread(_prepared, folder)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "radicale", "--config", str(folder / "configuration")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        await _answering(process, int(server.url.rpartition(":")[2]))
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _prepared(folder: Path) -> CalDavServer:
    password = secrets.token_urlsafe(12)
    (folder / "users").write_text(f"{USER}:{password}\n", "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "configuration").write_text(CONFIGURATION.format(port=port, folder=folder), "utf-8")
    return CalDavServer(f"http://127.0.0.1:{port}", folder, USER, password)


async def _answering(process: asyncio.subprocess.Process, port: int) -> None:
    for _ in range(round(START_SECONDS / LOOK_EVERY)):
        if process.returncode is not None:
            break
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return
        await asyncio.sleep(LOOK_EVERY)
    raise OSError(f"Radicale does not come up on port {port}")
