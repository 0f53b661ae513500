"""Listening, until told to stop."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from xrm_platform.app import Platform
from xrm_platform.problems import Problem

from .application import create_app

SHUTDOWN_SECONDS = 10.0
_server_log = logging.getLogger("xrm.web.server")
_REFUSALS = {errno.EADDRINUSE: "port_in_use", errno.EACCES: "port_forbidden", errno.EADDRNOTAVAIL: "address_not_ours"}


class ListenError(Problem):
    """The address cannot be listened on. `params`: `host`, `port`."""


async def serve(
    platform: Platform, host: str, port: int, on_ready: Callable[[str], None] = lambda _address: None
) -> None:
    """Answer on `host` and `port` (0: any free one) until cancelled; requests under way may then finish.

    `on_ready` is called with the address (`http://127.0.0.1:8080`) once it listens. Raises `ListenError`.
    """
    _server_log.addFilter(_worth_a_line)
    runner = web.AppRunner(create_app(platform), access_log=None, logger=_server_log, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            code = _REFUSALS.get(error.errno or 0)
            if code is None:
                raise
            raise ListenError(code, host=host, port=port) from error
        on_ready(_address(runner, host))
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()


def _worth_a_line(record: logging.LogRecord) -> bool:
    """Bytes that are no request get their 400 and nothing more: whoever sends them would fill the log, with addresses
    that may hold a secret."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


def _address(runner: web.AppRunner, host: str) -> str:
    """As a browser takes it: an IPv6 address stands in brackets."""
    port = runner.addresses[0][1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
