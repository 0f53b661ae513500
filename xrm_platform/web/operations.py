"""For those who run the platform: is it alive, can it work, what is counted."""

from __future__ import annotations

import asyncio
import hmac

import structlog
from aiohttp import web

from xrm_platform.problems import Forbidden, Unauthenticated

from .measures import MEASURES
from .request_values import PLATFORM, is_loopback

READY_TIMEOUT_SECONDS = 2.0
_log = structlog.get_logger("xrm.web")


async def healthz(_request: web.Request) -> web.Response:
    """200 as long as the process answers at all; a supervisor restarts what does not."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """503 while the database, the migrations or the worker are not as they must be, with the result of each check."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_SECONDS):
            checks = dict(await request.app[PLATFORM].ready())
    except TimeoutError:
        checks = {"timely": False}
    ready = all(checks.values())
    return web.json_response(
        {"status": "ready" if ready else "not ready", "checks": checks}, status=200 if ready else 503
    )


async def metrics(request: web.Request) -> web.Response:
    """For Prometheus: with the token of the configuration, or without one from this machine only."""
    _require_may_measure(request)
    return web.Response(
        body=request.app[MEASURES].text(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )


def _require_may_measure(request: web.Request) -> None:
    """What a proxy of this machine passes on comes from the loopback address too: it is told by its headers."""
    token = request.app[PLATFORM].config.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), token.encode()):
            raise Unauthenticated("metrics_token")
    elif not is_loopback(request.remote or "") or {"X-Forwarded-For", "Forwarded", "Via"} & set(request.headers):
        raise Forbidden("metrics_from_here_only")
