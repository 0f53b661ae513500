"""A stand-in for Google Calendar that speaks its HTTP API (v3) and refuses what Google refuses.

    async with GoogleServer() as google:
        ...                                       # a driver with google.url, google.token_url, google.client_id …
        google.put("Déjeuner")                    # what a person does at Google's
        assert google.calendar().events

It listens on 127.0.0.1 only, on a port that the system chooses. Faults are queued on `faults`; each spoils one request.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from .google_api import ACCESS, ROOT, GoogleApi
from .google_faults import Answer, Fault
from .google_refusals import GrantRefused, Refused
from .google_world import GoogleWorld
from .http_stand_in import HttpStandIn


@dataclass(frozen=True, slots=True)
class GoogleRequest:
    """A request that came, with the size of its body and of the answer's."""

    method: str
    path: str
    query: dict[str, str]
    received: int
    answered: int


class GoogleServer(HttpStandIn, GoogleWorld):
    """A Google with one person, `email`, who has one calendar; more by `add_person`. `now` gives the time, in UTC."""

    def __init__(
        self,
        email: str = "com@example.com",
        calendar_name: str = "Agenda",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        HttpStandIn.__init__(self)
        GoogleWorld.__init__(self, email, calendar_name, now)
        self.faults: deque[Fault] = deque()
        self.requests: list[GoogleRequest] = []
        self.page_for_people = False
        """While true, every request is answered with HTML, as by the sign-in page of a hotel."""

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def auth_url(self) -> str:
        """The page where a person allows access; here the person always does, at once."""
        return f"{self.url}/o/oauth2/v2/auth"

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._spoil, self._serve])
        app.add_routes(GoogleApi(self).routes())
        return app

    async def stop(self) -> None:
        await self.channels.aclose()
        await super().stop()

    # What happens to every request

    @web.middleware
    async def _spoil(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        body = await request.read()
        answer = await self._answer(request, handler)
        size = len(answer.body) if isinstance(answer, web.Response) and isinstance(answer.body, bytes) else 0
        self.requests.append(GoogleRequest(request.method, request.path, dict(request.query), len(body), size))
        return answer

    async def _answer(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if self.page_for_people:
            return web.Response(text="<!DOCTYPE html><html><body>Sign in</body></html>", content_type="text/html")
        fault = next((fault for fault in self.faults if fault.spoils(request.method, request.path)), None)
        if fault is None:
            return await handler(request)
        self.faults.remove(fault)
        done = fault.done or fault.answer in (Answer.TRUNCATED, Answer.SLOW)
        answer = await handler(request) if done else None
        if fault.answer is Answer.SLOW:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), fault.seconds)
        if fault.answer is Answer.SILENCE:
            await self._stopping.wait()
        if fault.answer in (Answer.SILENCE, Answer.RESET):
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.answer is Answer.STATUS or answer is None:
            return _failing(fault)
        if fault.answer is Answer.TRUNCATED:
            assert isinstance(answer, web.Response)
            assert isinstance(answer.body, bytes)
            return web.Response(body=answer.body[: len(answer.body) // 2], content_type=answer.content_type)
        return answer

    @web.middleware
    async def _serve(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Authorise, and turn refusals into answers."""
        try:
            if request.path.startswith(ROOT):
                request[ACCESS] = self.sign_in.whose(request.headers.get("Authorization", ""), self.time())
            return await handler(request)
        except Refused as refused:
            return web.json_response(refused.body(), status=refused.status)
        except GrantRefused as refused:
            return web.json_response(refused.body(), status=refused.status)


_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _failing(fault: Fault) -> web.Response:
    if fault.body is None:
        told = Refused(fault.status, fault.reason, f"HTTP {fault.status}")
        answer = web.json_response(told.body(), status=fault.status)
    else:
        answer = web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = fault.retry_after
    return answer
