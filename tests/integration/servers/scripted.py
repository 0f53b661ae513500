"""A server that says what a test tells it to, request by request: for what no real server does on demand."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Said:
    """An answer to give; `cut` drops the connection after `body`, of which `length` octets were promised."""

    body: str | bytes = ""
    status: int = 207
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Answer = Said | Callable[[Asked], Said]


class ScriptedServer:
    """`script` maps method and path, or a method alone, to an answer, or to several that are given one after another,
    the last for ever. What is not in it is 404."""

    def __init__(
        self, script: Mapping[str, Answer | list[Answer]] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._tls = tls
        self.script: dict[str, Answer | list[Answer]] = dict(script or {})
        self.asked: list[Asked] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=1 << 26)
        application.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        self.port: int = runner.addresses[0][1]
        self.url = f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def asked_for(self, method: str) -> list[Asked]:
        """The requests of one method so far."""
        return [each for each in self.asked if each.method == method]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.method, request.path, request.headers, (await request.read()).decode(errors="replace"))
        self.asked.append(asked)
        found = self.script.get(f"{asked.method} {asked.path}", self.script.get(asked.method, Said(status=404)))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        said = found(asked) if callable(found) else found
        body = said.body.encode() if isinstance(said.body, str) else said.body
        if not said.cut:
            return web.Response(status=said.status, headers=said.headers, body=body)
        response = web.StreamResponse(status=said.status, headers=said.headers)
        response.content_length = len(body) + 1000
        await response.prepare(request)
        await response.write(body)
        assert request.transport is not None
        request.transport.abort()
        return response
