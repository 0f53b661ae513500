"""From an HTTP request to an endpoint and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from xrm_platform.app import Platform
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Invalid, Missing, Unauthenticated

from .bodies import UNSTORABLE, RequestParser, read_body
from .callers import (
    SAFE_METHODS,
    Caller,
    drop_session_cookie,
    identify,
    refuse_forgery,
    refuse_other_bases,
    require,
    set_session_cookie,
)
from .endpoints import Answer, Binary, Endpoint, Need
from .refusals import ContentTypeRefused
from .request_values import LANGUAGE, PLATFORM

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, read and checked: `path`, `query` and `body` hold what the endpoint declared and nothing else."""

    xrm: Platform
    request: web.Request
    caller: Caller | None
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    content: bytes = b""
    idempotency_key: str | None = None

    @property
    def signed_in(self) -> Caller:
        if self.caller is None:
            raise Unauthenticated("sign_in_first")
        return self.caller

    @property
    def actor(self) -> Actor:
        return self.signed_in.actor

    @property
    def language(self) -> str:
        return self.request[LANGUAGE]


def handler_of(endpoint: Endpoint, max_bytes: int) -> Any:
    """The aiohttp handler of an endpoint. Nothing of a body is read before the caller may call."""
    limit = max_bytes if endpoint.body_limit is None else min(endpoint.body_limit, max_bytes)
    parser = RequestParser(limit)

    async def handle(request: web.Request) -> web.StreamResponse:
        path = _path_of(request)
        caller = None
        if endpoint.need is not Need.NOTHING:
            caller = await identify(request)
            refuse_forgery(request, caller)
            refuse_other_bases(caller.actor, path.get("base"))
            require(caller.actor, endpoint.need)
        if request.method not in SAFE_METHODS:
            await _refuse_undeclared(request, endpoint, limit)
        result = await endpoint.run(
            Call(
                xrm=request.app[PLATFORM],
                request=request,
                caller=caller,
                path=path,
                query=await parser.parse(endpoint.query(), request, location="query") if endpoint.query else {},
                body=await parser.parse(endpoint.body(), request, location="json") if endpoint.body else {},
                content=await _content(request, endpoint, limit),
                idempotency_key=_idempotency_key(request) if endpoint.idempotent else None,
            )
        )
        return _response(endpoint, result, request.app[PLATFORM])

    return handle


async def _refuse_undeclared(request: web.Request, endpoint: Endpoint, limit: int) -> None:
    """What changes something changes all of it where nothing is asked for: a `sender` in the body instead of the query
    must not be overlooked. An empty object says nothing, and many clients send one."""
    if endpoint.query is None and request.query_string:
        raise Invalid.field("query", "query_not_taken")
    takes_body = endpoint.body is not None or endpoint.body_types
    if not takes_body and (await read_body(request, limit)).strip() not in (b"", b"{}"):
        raise Invalid.field("body", "body_not_taken")


def _path_of(request: web.Request) -> dict[str, str]:
    path = dict(request.match_info)
    if any(UNSTORABLE.search(value) for value in path.values()):
        raise Missing("no_such_address")
    return path


async def _content(request: web.Request, endpoint: Endpoint, limit: int) -> bytes:
    if not endpoint.body_types:
        return b""
    if request.content_type not in endpoint.body_types:
        raise ContentTypeRefused("content_type", expected=", ".join(endpoint.body_types))
    return await read_body(request, limit)


def _idempotency_key(request: web.Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not _KEY.fullmatch(key):
        raise Invalid.field("Idempotency-Key", "idempotency_key_malformed")
    return key


def _response(endpoint: Endpoint, result: Any, xrm: Platform) -> web.Response:
    answer = result if isinstance(result, Answer) else Answer(result)
    status = answer.status or endpoint.status
    if isinstance(answer.value, Binary):
        response = web.Response(
            body=answer.value.content, content_type=answer.value.content_type, status=status, headers=answer.headers
        )
    elif endpoint.answer is None:
        response = web.Response(status=status, headers=answer.headers)
    else:
        document = json.dumps(endpoint.answer().dump(answer.value), ensure_ascii=False)
        response = web.Response(text=document, content_type="application/json", status=status, headers=answer.headers)
    if answer.cookie is not None:
        set_session_cookie(response, answer.cookie, https=xrm.config.https)
    if answer.drop_cookie:
        drop_session_cookie(response, https=xrm.config.https)
    return response
