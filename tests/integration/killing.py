"""Running `xrm worker` as a process of its own, and killing it."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

XRM = Path(sys.executable).with_name("xrm")


async def worker(variables: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        XRM, "worker", *arguments, env={**os.environ, **variables}, stderr=asyncio.subprocess.DEVNULL
    )


async def kill_while(happens: Callable[[], int], variables: dict[str, str], *, kills: int) -> None:
    """Start a worker and kill it in the middle of its work, so many times: `happens` counts what it did."""
    for _ in range(kills):
        before = happens()
        process = await worker(variables)
        await _until(lambda before=before: happens() > before)
        await asyncio.sleep(random.uniform(0, 0.2))
        process.kill()
        await process.wait()


async def finish(variables: dict[str, str]) -> None:
    """A worker that does what is due, and ends by itself."""
    process = await worker(variables, "--until-idle")
    assert await process.wait() == 0


async def _until(happened: Callable[[], bool]) -> None:
    """Until it has happened, or so long that nothing is left to happen: the rest went, or is unknown."""
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.02)
