"""A proxy before a CalDAV server that signs people in, and does on demand what real servers do on bad days."""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Wi-Fi of the hotel</body></html>"
WRITES = frozenset({"PUT", "DELETE", "MKCALENDAR", "PROPPATCH", "MKCOL"})
HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "content-encoding", "server"}
)
TOKEN = re.compile(rb"(sync-token[^>]*>)([^<]+)(<)")


class DavProxy:
    """Forwards to `upstream`. `credentials` None lets everybody in, as a server does that asks for itself."""

    def __init__(self, upstream: str, credentials: tuple[str, str] | None = None, *, digest: bool = False) -> None:
        self.upstream = upstream
        self.credentials = credentials
        self.digest = digest
        self.garbage = False
        self.lose_next_answer = False
        self.cut_next_listing = False
        self.without_etag = False
        self.rewrite: Callable[[bytes], bytes] = bytes
        """What becomes of the body of each answer."""
        self.requests: list[tuple[str, str, int]] = []
        """Method, path and octets of the answer of each request."""
        self.authorizations: list[str] = []
        self._forgotten: set[bytes] = set()
        self._seen: set[bytes] = set()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
        application = web.Application(client_max_size=1 << 26)
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        self._stack.push_async_callback(self._runner.cleanup)
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def go_down(self) -> None:
        """Answer nobody any more."""
        await self._runner.cleanup()

    def forget_tokens(self) -> None:
        """From now on the server hears another sync token than the one of those given out so far that it is sent."""
        self._forgotten |= self._seen

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if self.garbage:
            return web.Response(body=PAGE, content_type="text/html")
        body = await request.read()
        self.authorizations.append(request.headers.get("Authorization", ""))
        if not self._let_in(request):
            return web.Response(status=401, headers={"WWW-Authenticate": self._challenge()}, text="No.")
        status, headers, told = await self._forwarded(request, self._with_forgotten_tokens(body))
        self.requests.append((request.method, request.path, len(told)))
        if request.method in WRITES and self.lose_next_answer:
            self.lose_next_answer = False
            return await self._broken(request, None)
        if request.method in {"PROPFIND", "REPORT"} and self.cut_next_listing:
            self.cut_next_listing = False
            return await self._broken(request, told)
        if self.without_etag and request.method == "PUT":
            headers.popall("ETag", None)
        return web.Response(status=status, headers=headers, body=told)

    async def _forwarded(self, request: web.Request, body: bytes) -> tuple[int, CIMultiDict[str], bytes]:
        headers = request.headers.copy()
        headers["Accept-Encoding"] = "identity"
        headers.popall("Transfer-Encoding", None)
        headers.popall("Content-Length", None)
        if self.credentials is not None:
            headers.popall("Authorization", None)
        url = URL(self.upstream + request.raw_path, encoded=True)
        async with self._http.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as response:
            told = self.rewrite(await response.read())
            self._seen |= {found[2] for found in TOKEN.finditer(told)}
            kept = response.headers.copy()
            for name in HOP_BY_HOP:
                kept.popall(name, None)
            return response.status, kept, told

    def _with_forgotten_tokens(self, body: bytes) -> bytes:
        def mangled(found: re.Match[bytes]) -> bytes:
            token = found[2]
            if token not in self._forgotten:
                return found[0]
            return found[1] + token[:-8] + bytes(reversed(token[-8:])) + found[3]

        return TOKEN.sub(mangled, body)

    async def _broken(self, request: web.Request, told: bytes | None) -> web.StreamResponse:
        """Half an answer, or none at all, and the connection is cut."""
        response = web.StreamResponse(status=207)
        if told is not None:
            response.content_length = len(told)
            await response.prepare(request)
            await response.write(told[: len(told) // 2])
            await asyncio.sleep(0.01)
        assert request.transport is not None
        request.transport.abort()
        return response

    def _challenge(self) -> str:
        if self.digest:
            return 'Digest realm="calendars", nonce="a-nonce", qop="auth", algorithm=SHA-256'
        return 'X-Other-Token, Basic realm="calendars"'

    def _let_in(self, request: web.Request) -> bool:
        if self.credentials is None:
            return True
        scheme, _, told = request.headers.get("Authorization", "").partition(" ")
        if not self.digest:
            return scheme == "Basic" and b64decode(told).decode() == ":".join(self.credentials)
        return scheme == "Digest" and self._proves(request, told)

    def _proves(self, request: web.Request, told: str) -> bool:
        """RFC 7616 §3.4.1, with qop=auth."""
        assert self.credentials is not None
        fields = {name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', told)}
        user, password = self.credentials
        secret = _hash(f"{user}:calendars:{password}")
        asked = _hash(f"{request.method}:{fields.get('uri')}")
        parts = [secret, *(fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")), asked]
        return fields.get("username") == user and fields.get("response") == _hash(":".join(parts))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
