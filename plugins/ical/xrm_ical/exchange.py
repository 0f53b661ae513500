"""One HTTP request, its answer or an error of the contract. Nothing is repeated and no redirect followed."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientHandlerType,
    ClientMiddlewareType,
    ClientOSError,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    InvalidURL,
    ServerDisconnectedError,
)
from multidict import CIMultiDictProxy
from yarl import URL

from xrm_platform.providers import AccountError, BadResponse, OutcomeUnknown, TooLarge, TransientError

TIMEOUT = ClientTimeout(total=50, connect=10, sock_connect=10)
"""Shorter than the limit of the descriptor: the driver says what happened before the platform has to cut it off."""

NEVER_LEFT = (ClientConnectorError, ConnectionTimeoutError)
"""aiohttp raises these before a byte of the request is written: no name, no route, refused, no connection in time."""

LARGEST_ANSWER = 64 * 1024 * 1024

CERTIFICATE_CODES = frozenset({"certificate_refused", "ca_file_unreadable"})
"""Codes about TLS: the server was reached."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`url` is where it came from, which hrefs in `body` refer to."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    url: str

    @property
    def good(self) -> bool:
        """Whether the server did what it was asked for."""
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether it is a page for people."""
        return "html" in self.headers.get("Content-Type", "").lower()

    @property
    def challenges(self) -> str:
        """How the server lets people sign in (RFC 9110 §11.6.1)."""
        return ", ".join(self.headers.getall("WWW-Authenticate", []))


class LostAnswerError(ClientError):
    """A connection ended without an answer. aiohttp would send PUT and DELETE a second time; this stops it."""


class Exchange:
    """Requests over the lent session, with certificates judged by `ca_file` if there is one."""

    def __init__(self, http: ClientSession, ca_file: str | None) -> None:
        self._http = http
        self._ca_file = ca_file
        self._tls: ssl.SSLContext | None = None

    async def once(
        self,
        method: str,
        url: str,
        *,
        acts: bool,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        middlewares: Sequence[ClientMiddlewareType] = (),
        at: str | None = None,
        most: int = LARGEST_ANSWER,
    ) -> Answer:
        """Ask. `acts` says that the request changes something: then an answer that does not come is `OutcomeUnknown`,
        else `TransientError`. `at` is the IP address to connect to, for a host whose address was judged before. An
        answer of more than `most` octets is `TooLarge`."""
        host = urlsplit(url).hostname or ""
        try:
            target, given, name = _pinned(URL(url), dict(headers or {}), at)
            async with self._http.request(
                method,
                target,
                data=body,
                headers=given,
                timeout=TIMEOUT,
                allow_redirects=False,
                ssl=await self._certificates(),
                server_hostname=name,
                middlewares=[*middlewares, _never_twice],
            ) as response:
                return Answer(response.status, response.headers, await _read(response, most), url)
        except ClientSSLError as error:
            raise AccountError("certificate_refused", host=host, detail=str(error)) from error
        except NEVER_LEFT as error:
            raise TransientError("unreachable", host=host, detail=str(error)) from error
        except (InvalidURL, ValueError) as error:
            raise BadResponse("not_caldav", detail=type(error).__name__) from error
        except (ClientError, TimeoutError, OSError) as error:
            detail = type(error).__name__
            if acts:
                raise OutcomeUnknown("answer_lost", detail=detail) from error
            raise TransientError("connection_lost", detail=detail) from error

    async def _certificates(self) -> ssl.SSLContext | bool:
        if self._ca_file is None:
            return True
        if self._tls is None:
            self._tls = await asyncio.to_thread(tls_context, self._ca_file)
        return self._tls


def tls_context(ca_file: str) -> ssl.SSLContext:
    """What certificates are judged by: the authorities in `ca_file`. Reads it.

    Raises `AccountError` when it cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise AccountError("ca_file_unreadable", detail=type(error).__name__) from error


def _pinned(url: URL, headers: dict[str, str], at: str | None) -> tuple[URL, dict[str, str], str | None]:
    """Where to connect, what to say to which host, and whose certificate to expect."""
    if at is None or url.host is None:
        return url, headers, None
    return url.with_host(at), {**headers, "Host": url.authority}, url.host if url.scheme == "https" else None


async def _read(response: ClientResponse, most: int) -> bytes:
    pieces, size = [], 0
    async for piece in response.content.iter_chunked(1 << 16):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise TooLarge("answer_too_large", limit=most >> 20)
    return b"".join(pieces)


async def _never_twice(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    try:
        return await handler(request)
    except NEVER_LEFT:
        raise
    except (ClientOSError, ServerDisconnectedError) as error:
        raise LostAnswerError(str(error)) from error
