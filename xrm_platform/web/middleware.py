"""What happens around every request: an id in the log, a language, problems said as answers, headers."""

from __future__ import annotations

import time

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from xrm_platform.problems import Missing, Problem

from .languages import negotiated
from .measures import MEASURES, route_of
from .refusals import MethodRefused, TooLarge, Unexpected, Unreadable, answer, status_of
from .request_values import LANGUAGE, PLATFORM, REQUEST_ID, request_id_of

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_log = structlog.get_logger("xrm.web")


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bind the request's id to all that is logged meanwhile; count and time the request; one line a request.

    Neither the query nor the body is logged: both may hold what people wrote.
    """
    request[REQUEST_ID] = request_id_of(request)
    request[LANGUAGE] = negotiated(request.headers.get("Accept-Language", ""), request.app[PLATFORM].config.language)
    started = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request_id=request[REQUEST_ID]):
        response = await handler(request)
        seconds = time.perf_counter() - started
        request.app[MEASURES].request(request, response.status, seconds)
        _log.info(
            "request",
            method=request.method[:20],
            route=route_of(request),
            status=response.status,
            milliseconds=round(seconds * 1000, 1),
        )
    return response


@web.middleware
async def say_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal, aiohttp's own and faults of ours included, becomes a problem document."""
    try:
        return await handler(request)
    except Problem as problem:
        if status_of(problem) >= 500:
            _log.warning("unavailable", code=problem.code, params=dict(problem.params))
        refusal = problem
    except web.HTTPException as error:
        if error.status < 400:
            raise
        refusal = problem_of(error, request)
    except Exception:  # noqa: BLE001 - the last line: whatever escaped is logged whole and answered without a detail
        _log.exception("unexpected")
        refusal = Unexpected()
    return answer(refusal, request.app[PLATFORM].wording, language=request[LANGUAGE], request_id=request[REQUEST_ID])


def problem_of(error: web.HTTPException, request: web.Request) -> Problem:
    """aiohttp's own refusals (no such route, wrong method, body too large) in our words."""
    if isinstance(error, web.HTTPMethodNotAllowed):
        return MethodRefused(", ".join(sorted(error.allowed_methods)))
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return TooLarge("body_too_large", limit=request.app[PLATFORM].config.max_request_bytes)
    if error.status == 404:
        return Missing("no_such_address")
    return Unreadable("request_unreadable")


async def set_headers(request: web.Request, response: web.StreamResponse) -> None:
    """On every answer, files included: what browsers must not do with it, and its request's id."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.app[PLATFORM].config.https:
        response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    response.headers["Server"] = "xrm"
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if REQUEST_ID in request:
        response.headers["X-Request-ID"] = request[REQUEST_ID]
