"""HTTP with Esendex: one request in, the answer's body or an error of the contract out. It repeats nothing."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHttpProxyError,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    encode_basic_auth,
)

from xrm_platform.providers import DriverContext, OutcomeUnknown, ProviderError, TransientError

from .refusals import refusal

TIMEOUT = ClientTimeout(total=30, connect=10, sock_connect=10)
"""Shorter than the limit of the descriptor: the driver says what happened before the platform has to cut it off."""

NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError, ClientHttpProxyError)
"""aiohttp raises these before a byte of the request is written: no name, no route, refused, no connection in time."""

CONFLICT = 409


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    body: bytes


class EsendexClient:
    """The API at `url`, signed in as `username`."""

    def __init__(self, url: str, username: str, password: str, context: DriverContext) -> None:
        self._url = url.rstrip("/")
        self._host = urlsplit(url).hostname or ""
        self._authorization = encode_basic_auth(username, password)
        self._http = context.http
        self._now = context.now

    async def dispatch(self, body: bytes) -> bytes:
        """Post JSON to the message dispatcher.

        Raises `OutcomeUnknown` when the messages may have been taken; whatever else it raises, they were not.
        """
        headers = {"Content-Type": "application/json; charset=utf-8", "Accept": "application/json"}
        answer = await self._exchange("POST", "/v1.0/messagedispatcher", headers, body, lost=OutcomeUnknown)
        return self._success(answer, acts=True)

    async def add(self, path: str, body: bytes) -> None:
        """Post XML that may be posted any number of times: a conflict (409) means that it is there already.

        Raises `TransientError` when there was no answer, since asking again does no harm.
        """
        headers = {"Content-Type": "application/xml; charset=utf-8", "Accept": "application/xml"}
        answer = await self._exchange("POST", path, headers, body, lost=TransientError)
        if answer.status != CONFLICT:
            self._success(answer, acts=False)

    async def read(self, path: str, **query: str | int) -> bytes:
        """Get a resource as XML. Raises `TransientError` when there was no answer, `NotFound` for 404."""
        headers = {"Accept": "application/xml"}
        answer = await self._exchange("GET", path, headers, None, query, lost=TransientError)
        return self._success(answer, acts=False)

    def _success(self, answer: Answer, *, acts: bool) -> bytes:
        if 200 <= answer.status < 300:
            return answer.body
        raise refusal(answer.status, answer.body, answer.retry_after, self._now(), acts=acts)

    async def _exchange(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None,
        query: dict[str, str | int] | None = None,
        *,
        lost: type[ProviderError],
    ) -> Answer:
        """`lost` is what a request without an answer means. Redirects are not followed: they would repeat it."""
        headers = {**headers, "Authorization": self._authorization}
        try:
            async with self._http.request(
                method,
                self._url + path,
                headers=headers,
                data=body,
                params=query,
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
