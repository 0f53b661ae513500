"""`xrm worker`: do what is due, without HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from xrm_platform.config import Config

from .output import note
from .session import shown_progress
from .stopping import stop_signal


def worker(until_idle: Annotated[bool, typer.Option("--until-idle")] = False) -> None:
    config = Config.from_environment()
    asyncio.run(_until_idle(config) if until_idle else _for_ever(config))


async def _until_idle(config: Config) -> None:
    from xrm_platform.app import Platform  # noqa: PLC0415  loads everything, which `--help` must not

    from .logs import configure_logs  # noqa: PLC0415

    configure_logs(config.log_level)
    with shown_progress("working_until_idle"):
        async with Platform.open(config) as xrm:
            await xrm.run_until_idle()


async def _for_ever(config: Config) -> None:
    from xrm_platform.app import Platform  # noqa: PLC0415  see above

    from .logs import configure_logs  # noqa: PLC0415

    configure_logs(config.log_level)
    async with Platform.open(config, work=True), stop_signal() as stopped:
        note("working")
        await stopped.wait()
        note("stopping")
