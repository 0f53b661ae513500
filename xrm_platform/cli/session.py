"""Opens the platform for one command, as the operator of the machine."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from xrm_platform.config import Config

from .words import language, say

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

Answer = TypeVar("Answer")
Use = Callable[["Platform", "Actor"], Awaitable[Answer]]


def operator_name() -> str:
    """How the audit calls whoever runs this command: `operator:marie`."""
    try:
        return f"operator:{getpass.getuser()}"
    except (OSError, KeyError):
        return "operator:unknown"


def in_base(base: str, use: Use[Answer], *, progress: str | None = None) -> Answer:
    """Do `use` with the platform and the operator of `base`; on a terminal `progress` (a code) says what takes long."""
    return asyncio.run(_in_base(Config.from_environment(), base, use, progress))


async def _in_base(config: Config, base: str, use: Use[Answer], progress: str | None) -> Answer:
    from xrm_platform.app import Platform  # noqa: PLC0415  loads everything, which `--help` must not

    from .logs import keep_quiet  # noqa: PLC0415

    keep_quiet(config)
    with shown_progress(progress):
        async with Platform.open(config) as xrm:
            return await use(xrm, await xrm.bases.operator(base, operator_name()))


@contextlib.contextmanager
def shown_progress(progress: str | None) -> Iterator[None]:
    """A spinner on the error output, on a terminal only."""
    if progress is None or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415  drawing is loaded when something is drawn

    with Console(stderr=True).status(say("cli", progress)):
        yield


def sentence_of(
    xrm: Platform, channel: str, slug: str, section: str, code: str, params: Mapping[str, Any] | None = None
) -> str:
    """The sentence of a provider for `code`, in the language of the person."""
    from xrm_platform.providers import Channel  # noqa: PLC0415  see above

    descriptor = xrm.registry.provider(Channel(channel), slug)
    package = descriptor.translations if descriptor is not None else ""
    return xrm.wording.say(section, code, params, language=language(), package=package)
