"""`xrm serve`: HTTP, and the worker in the same process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated

import typer

from xrm_platform.config import Config

from .output import note
from .stopping import stop_signal

if TYPE_CHECKING:
    from xrm_platform.app import Platform

DEFAULT_PORT = 8080


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535)] = DEFAULT_PORT,
) -> None:
    asyncio.run(_serve(Config.from_environment(), host, port))


async def _serve(config: Config, host: str, port: int) -> None:
    from xrm_platform.app import Platform  # noqa: PLC0415  loads everything, which `--help` must not

    from .logs import configure_logs  # noqa: PLC0415

    configure_logs(config.log_level)
    async with (
        Platform.open(config, work=True) as xrm,
        stop_signal() as stopped,
        listening(xrm, host, port) as url,
    ):
        note("serving", url=url)
        await stopped.wait()
        note("stopping")


@contextlib.asynccontextmanager
async def listening(xrm: Platform, host: str, port: int) -> AsyncIterator[str]:
    """Serve HTTP on `host` and `port` (0: one that the system chooses) meanwhile; gives the address to call.

    Raises `ListenError` when it cannot listen there.
    """
    from xrm_platform.web import serve as serve_http  # noqa: PLC0415  see above

    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = asyncio.create_task(serve_http(xrm, host, port, ready.set_result))
    await asyncio.wait((server, ready), return_when=asyncio.FIRST_COMPLETED)
    if server.done():
        ready.cancel()
        await server
    try:
        yield ready.result()
    finally:
        server.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await server
