"""The command: checks what it needs, then plays the demo in its own folder."""

from __future__ import annotations

import asyncio
import importlib.util
import os
from pathlib import Path
from typing import Annotated

import typer

from xrm_platform.cli.failures import REFUSED, complain_of_accident
from xrm_platform.cli.words import language
from xrm_platform.config import Config
from xrm_platform.problems import Problem

from .folder import fresh_folder

NEEDED_MODULES = ("aiosmtpd", "defusedxml")
"""What the stand-ins need: the extra `testing`."""


class DemoImpossible(Problem):
    """Something that the demo needs is not installed."""


def demo(
    once: Annotated[bool, typer.Option("--once")] = False,
    home: Annotated[Path, typer.Option("--home", metavar="DIR")] = Path("demo-data"),
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535)] = 0,
) -> None:
    for module in NEEDED_MODULES:
        if importlib.util.find_spec(module) is None:
            raise DemoImpossible("demo_testing_missing", module=module)
    with fresh_folder(home.expanduser().absolute()) as folder:
        from .play import play  # noqa: PLC0415  loads everything, which `--help` must not

        try:
            right = asyncio.run(play(folder, demo_config(folder), once=once, port=port))
        except Problem:
            raise
        except Exception as error:  # its story belongs into the folder of the demo
            raise typer.Exit(complain_of_accident(error, {**os.environ, "XRM_HOME": str(folder)})) from error
        if not right:
            raise typer.Exit(REFUSED)


def demo_config(folder: Path) -> Config:
    """A configuration of the demo's own: nothing of this machine's settings or data is used."""
    home = folder / "platform"
    return Config(
        home=home,
        database_url=f"sqlite+aiosqlite:///{home / 'xrm.db'}",
        language=language(),
        tick_seconds=1.0,
    )
