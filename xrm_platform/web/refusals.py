"""Problems as answers (RFC 9457): which status, and the document that says what is wrong in the caller's language."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from xrm_platform.problems import (
    Conflicting,
    Fault,
    Forbidden,
    Invalid,
    Missing,
    Problem,
    Throttled,
    Unauthenticated,
    Unavailable,
)
from xrm_platform.wording import Wording, translate_validation

CONTENT_TYPE = "application/problem+json"
RETRY_WHEN_UNAVAILABLE = 5
"""Seconds after which a caller may try again when the platform itself could not."""


class Unreadable(Problem):
    """The request cannot be read at all."""


class TooLarge(Problem):
    """More bytes than this endpoint takes."""


class ContentTypeRefused(Problem):
    """The body is of a kind that this endpoint does not take."""


class MethodRefused(Problem):
    """`allowed`, separated by commas, are what this address knows."""

    def __init__(self, allowed: str) -> None:
        self.allowed = allowed
        super().__init__("method_not_allowed", allowed=allowed)


class Unexpected(Problem):
    """A fault of ours. What it was is in the log, under the request's id, and nowhere else."""

    def __init__(self) -> None:
        super().__init__("unexpected")


_STATUSES: tuple[tuple[type[Problem], int], ...] = (
    (Invalid, 422),
    (Missing, 404),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (Conflicting, 409),
    (Throttled, 429),
    (Unavailable, 503),
    (Unreadable, 400),
    (TooLarge, 413),
    (ContentTypeRefused, 415),
    (MethodRefused, 405),
    (Unexpected, 500),
)
UNSORTED_STATUS = 503
"""A problem of no kind above is one that the operator must put right: a key, a file, a setting."""


def status_of(problem: Problem) -> int:
    return next((status for kind, status in _STATUSES if isinstance(problem, kind)), UNSORTED_STATUS)


def document_of(problem: Problem, wording: Wording, *, language: str, request_id: str) -> dict[str, Any]:
    """The members of RFC 9457 §3.1 (`instance` holds the request's id), our `code` and `params`, and for `Invalid`
    `errors`: sentences by field."""
    status = status_of(problem)
    document: dict[str, Any] = {
        "type": f"urn:xrm:problem:{problem.code}",
        "title": wording.say("titles", str(status), language=language),
        "status": status,
        "detail": wording.say("problems", problem.code, problem.params, language=language),
        "instance": f"urn:xrm:request:{request_id}",
        "code": problem.code,
        "params": dict(problem.params),
    }
    if isinstance(problem, Invalid):
        document["errors"] = {
            name: [sentence_of(fault, wording, language)] for name, fault in sorted(problem.fields.items())
        }
    return document


def sentence_of(fault: Fault | str, wording: Wording, language: str) -> str:
    """What is wrong with a field; a plugin's own fault is said by its translations."""
    if isinstance(fault, str):
        return translate_validation(fault, language)
    section = "errors" if fault.package else "problems"
    return wording.say(section, fault.code, fault.params, language=language, package=fault.package)


def answer(problem: Problem, wording: Wording, *, language: str, request_id: str) -> web.Response:
    document = document_of(problem, wording, language=language, request_id=request_id)
    return web.Response(
        status=document["status"],
        text=json.dumps(document, ensure_ascii=False),
        content_type=CONTENT_TYPE,
        headers={"Content-Language": language, **_headers(problem)},
    )


def _headers(problem: Problem) -> dict[str, str]:
    if isinstance(problem, Throttled):
        return {"Retry-After": str(problem.retry_after)}
    if isinstance(problem, Unavailable):
        return {"Retry-After": str(RETRY_WHEN_UNAVAILABLE)}
    if isinstance(problem, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="xrm"'}
    if isinstance(problem, MethodRefused):
        return {"Allow": problem.allowed}
    return {}
