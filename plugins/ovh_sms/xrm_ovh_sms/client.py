"""HTTP with OVHcloud: one signed request in, the answer's JSON or an error of the contract out. It repeats nothing."""

from __future__ import annotations

import json
from asyncio import Lock
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
)
from yarl import URL

from xrm_platform.providers import BadResponse, DriverContext, OutcomeUnknown, ProviderError, TransientError

from .refusals import WrongTime, excerpt, refusal
from .signature import Keys, headers

TIMEOUT = ClientTimeout(total=30, connect=10, sock_connect=10)
"""Shorter than the limit of the descriptor: the driver says what happened before the platform has to cut it off."""

NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError)
"""aiohttp raises these before a byte of the request is written: no name, no route, refused, no connection in time."""

CLOCK_KEPT_FOR = timedelta(hours=1)


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


class OvhClient:
    """The API at `url`, signed with `keys`. It knows how far OVHcloud's clock is from ours, and asks every hour."""

    def __init__(self, url: str, keys: Keys, context: DriverContext) -> None:
        self._url = url.rstrip("/")
        self._host = urlsplit(url).hostname or ""
        self._keys = keys
        self._http = context.http
        self._now = context.now
        self._ahead: int | None = None
        self._asked_at = context.now()
        self._asking = Lock()

    async def read(self, *path: str, **query: str) -> Any:
        """The JSON at `path`, whose parts are percent-encoded here. Raises `TransientError` when there was no answer,
        `NotFound` for 404, `BadResponse` for an answer that is no JSON."""
        return self._json(await self._signed("GET", path, query, None, lost=TransientError), unreadable=BadResponse)

    async def act(self, *path: str, body: Mapping[str, Any]) -> Any:
        """Post `body`. Raises `OutcomeUnknown` when it may have had an effect; whatever else it raises, it had none."""
        return self._json(await self._signed("POST", path, {}, body, lost=OutcomeUnknown), unreadable=OutcomeUnknown)

    async def ask_time(self) -> int:
        """How many seconds OVHcloud's clock is ahead of ours, asked now. It needs no keys. Raises `TransientError` or
        `BadResponse`."""
        answer = await self._exchange("GET", f"{self._url}/auth/time", {}, None, lost=TransientError)
        told = self._json(self._success(answer, acts=False), unreadable=BadResponse)
        if not isinstance(told, int) or isinstance(told, bool):
            raise BadResponse(detail=f"no time: {excerpt(answer.body)}")
        now = self._now()
        self._ahead, self._asked_at = told - int(now.timestamp()), now
        return self._ahead

    async def _clock(self) -> int:
        """Seconds by OVHcloud's clock."""
        async with self._asking:
            ahead = self._ahead
            if ahead is None or self._now() - self._asked_at > CLOCK_KEPT_FOR:
                ahead = await self.ask_time()
            return int(self._now().timestamp()) + ahead

    async def _signed(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str],
        body: Mapping[str, Any] | None,
        *,
        lost: type[ProviderError],
    ) -> bytes:
        url = "/".join([self._url, *(quote(part, safe="") for part in path)])
        if query:
            url += f"?{urlencode(query)}"
        text = "" if body is None else json.dumps(body, ensure_ascii=False)
        signed = headers(self._keys, method, url, text, await self._clock())
        if body is not None:
            signed["Content-Type"] = "application/json; charset=utf-8"
        answer = await self._exchange(method, url, signed, text.encode() if text else None, lost=lost)
        try:
            return self._success(answer, acts=method != "GET")
        except WrongTime:
            self._ahead = None
            raise

    def _success(self, answer: Answer, *, acts: bool) -> bytes:
        if 200 <= answer.status < 300:
            return answer.body
        raise refusal(answer.status, answer.body, answer.retry_after, self._now(), acts=acts)

    def _json(self, body: bytes, *, unreadable: type[ProviderError]) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise unreadable(detail=f"{type(error).__name__}: {excerpt(body)}") from error

    async def _exchange(
        self, method: str, url: str, headers_: Mapping[str, str], body: bytes | None, *, lost: type[ProviderError]
    ) -> Answer:
        """`lost` is what a request without an answer means. The address goes out letter by letter as it was signed;
        redirects are not followed: they would repeat the request."""
        try:
            async with self._http.request(
                method,
                URL(url, encoded=True),
                headers=headers_,
                data=body,
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as response:
                return Answer(response.status, response.headers.get("Retry-After"), await response.read())
        except ClientSSLError as error:
            raise TransientError("tls_failed", detail=str(error), host=self._host) from error
        except NEVER_LEFT as error:
            raise TransientError("unreachable", detail=str(error), host=self._host) from error
        except (ClientError, TimeoutError) as error:
            raise lost(detail=f"{type(error).__name__}: {error}") from error
