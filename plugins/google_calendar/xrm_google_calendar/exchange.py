"""One HTTP request and its answer, or an error of the contract. It repeats nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientHttpProxyError,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    ServerDisconnectedError,
)
from yarl import URL

from xrm_platform.providers import ProviderError, TransientError

TIMEOUT = ClientTimeout(total=60, connect=10, sock_connect=10)
"""Shorter than the limit of the descriptor: the driver says what happened before the platform has to cut it off."""

NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError)
"""aiohttp raises these before a byte of the request is written: no name, no route, refused, no connection in time."""


class AnswerLost(ClientError):
    """The connection ended before the answer came."""


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


async def exchange(
    http: ClientSession,
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: Any = None,
    *,
    lost: type[ProviderError] = TransientError,
) -> Answer:
    """Send `body` to `url`; `lost` is what a request without an answer means. Redirects are not followed."""
    host = url.host or ""
    guards = () if method == "GET" else (_once,)
    try:
        async with http.request(
            method, url, headers=headers, data=body, timeout=TIMEOUT, allow_redirects=False, middlewares=guards
        ) as response:
            return Answer(response.status, response.headers.get("Retry-After"), await response.read())
    except ClientSSLError as error:
        raise TransientError("tls_failed", detail=str(error), host=host) from error
    except NEVER_LEFT as error:
        raise TransientError("unreachable", detail=str(error), host=host) from error
    except (ClientError, TimeoutError) as error:
        raise lost(detail=f"{type(error).__name__}: {error}") from error


async def _once(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """aiohttp sends PUT and DELETE again by itself when the connection ends; the second answer, "gone" or "changed",
    would then hide what the first request did."""
    try:
        return await handler(request)
    except NEVER_LEFT:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise AnswerLost(str(error)) from error
