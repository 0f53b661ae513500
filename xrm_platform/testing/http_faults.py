"""What can go wrong between an HTTP service and who calls it: faults that a stand-in plays, one a request."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Answer(StrEnum):
    """What the caller gets instead of the true answer."""

    STATUS = "status"
    SILENCE = "silence"
    RESET = "reset"
    TRUNCATED = "truncated"


@dataclass(frozen=True, slots=True)
class Fault:
    """One request goes wrong. `accepted` says that its work was done before; else it was never looked at.

    `STATUS` answers `status` with `body`, by default an error in the API's own form; `SILENCE` never answers; `RESET`
    cuts the connection; `TRUNCATED` sends the first half of the true answer as if it were all.
    """

    answer: Answer = Answer.STATUS
    status: int = 500
    accepted: bool = False
    retry_after: str | None = None
    location: str | None = None
    body: str | None = None
    content_type: str = "text/plain"
    on: str = ""
    """It waits for a request whose path holds this; by default it spoils the next one, whatever it is."""


TIMEOUT_BEFORE_ACCEPTANCE = Fault(Answer.SILENCE)
TIMEOUT_AFTER_ACCEPTANCE = Fault(Answer.SILENCE, accepted=True)
RESET_BEFORE_ACCEPTANCE = Fault(Answer.RESET)
RESET_AFTER_ACCEPTANCE = Fault(Answer.RESET, accepted=True)
TRUNCATED_ANSWER = Fault(Answer.TRUNCATED, accepted=True)
HTML_ERROR_PAGE = Fault(
    status=502, body="<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>", content_type="text/html"
)
TEXT_ERROR = Fault(status=400, body="The request could not be understood.")


async def play(
    request: web.Request,
    handler: Handler,
    faults: deque[Fault],
    stopping: asyncio.Event,
    error: Callable[[web.Request, Fault], web.Response],
) -> web.StreamResponse:
    """Answer `request` by `handler`, or as the first of `faults` that it meets; a silence lasts until `stopping`.
    `error` makes the answer of a fault of status `STATUS` that brings no body."""
    fault = next((fault for fault in faults if fault.on in request.path), None)
    if fault is None:
        return await handler(request)
    faults.remove(fault)
    await request.read()
    answer = await handler(request) if fault.accepted or fault.answer is Answer.TRUNCATED else None
    if fault.answer is Answer.SILENCE:
        await stopping.wait()
    if fault.answer in (Answer.SILENCE, Answer.RESET):
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault.answer is Answer.TRUNCATED:
        assert isinstance(answer, web.Response)
        assert isinstance(answer.body, bytes)
        return web.Response(body=answer.body[: len(answer.body) // 2], content_type=answer.content_type)
    return _failing(request, fault, error)


def _failing(request: web.Request, fault: Fault, error: Callable[[web.Request, Fault], web.Response]) -> web.Response:
    if fault.body is None:
        answer = error(request, fault)
    else:
        answer = web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
    for name, value in (("Retry-After", fault.retry_after), ("Location", fault.location)):
        if value is not None:
            answer.headers[name] = value
    return answer
