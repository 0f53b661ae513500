"""The outside world of the benchmarks, in a process of its own so that it does not take the time of what is measured.

`python stand_ins.py smtp` or `esendex` prints where it listens, as JSON, and serves until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Self

from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.smtp_server import SmtpServer


async def serve_smtp() -> None:
    async with SmtpServer() as server:
        await serve({"host": server.host, "port": server.port, "security": "none"}, lambda: len(server.received))


async def serve_esendex() -> None:
    async with EsendexServer(EsendexAccount(messages_remaining=10**9)) as server:
        settings = {
            "url": server.url,
            "username": server.username,
            "password": server.password,
            "account_reference": server.accounts[0].reference,
            "originator": "ACME",
        }
        await serve(settings, lambda: len(server.sent))


async def serve(settings, arrived) -> None:
    """Print `settings`; then, for each line that comes in, how many messages have arrived."""
    print(json.dumps(settings), flush=True)
    while await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(arrived()), flush=True)


class StandIn:
    """A stand-in in its own process."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, __file__, self._kind, stdin=pipe, stdout=pipe
        )
        self.settings = await self._line()
        return self

    async def arrived(self) -> int:
        self._process.stdin.write(b"\n")
        return await self._line()

    async def __aexit__(self, *_error) -> None:
        self._process.stdin.close()
        await self._process.wait()

    async def _line(self):
        return json.loads(await self._process.stdout.readline())


if __name__ == "__main__":
    asyncio.run({"smtp": serve_smtp, "esendex": serve_esendex}[sys.argv[1]]())
