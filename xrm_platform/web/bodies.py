"""Reading what a caller sent: bounded, strict JSON, and nothing in it that a database could not store."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from marshmallow import RAISE, Schema, ValidationError
from webargs.aiohttpparser import AIOHTTPParser
from webargs.core import missing

from xrm_platform.problems import Fault, Invalid

from .refusals import ContentTypeRefused, TooLarge, Unreadable

MAX_DEPTH = 20
MOST_PARTS = 2_500_000
"""More than the longest texts have commas."""
LARGEST_INTEGER = 2**63 - 1
_ASIDE_BYTES = 256 * 1024
"""From this size on a body is read in a thread, so that other requests go on meanwhile."""
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class RequestParser(AIOHTTPParser):
    """webargs on aiohttp, strict in every place and refusing with the platform's own problems."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 - the name and kind are webargs'
        **AIOHTTPParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "json": RAISE,
        "query": RAISE,
    }

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self._max_bytes = max_bytes

    async def load_json(self, req: web.Request, schema: Schema) -> Any:  # noqa: ARG002
        body = await read_body(req, self._max_bytes)
        if not body:
            return missing
        if req.content_type != "application/json":
            raise ContentTypeRefused("content_type", expected="application/json")
        if len(body) < _ASIDE_BYTES:
            return parse_json(body)
        return await asyncio.to_thread(parse_json, body)

    def load_querystring(self, req: web.Request, schema: Schema) -> Any:
        for name, value in req.query.items():
            refuse_unstorable({name: value})
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, req: Any, schema: Schema, **_: Any) -> NoReturn:  # noqa: ARG002
        raise Invalid(faults_of(error.messages)) from error


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body, unpacked; at most `limit` bytes of it are ever held. Raises `TooLarge`, `Unreadable`."""
    if (request.content_length or 0) > limit:
        raise TooLarge("body_too_large", limit=limit)
    chunks = bytearray()
    try:
        async for chunk in request.content.iter_any():
            chunks += chunk
            if len(chunks) > limit:
                raise TooLarge("body_too_large", limit=limit)
    except (web.RequestPayloadError, HttpProcessingError) as error:
        raise Unreadable("body_unreadable") from error
    return bytes(chunks)


def parse_json(body: bytes) -> Any:
    """The value of a JSON text (RFC 8259).

    Raises `Unreadable` when it is none, too deep, or of too many parts, each of which takes far more memory than its
    two letters, and `Invalid` when it holds a number beyond 64 bits or a string
    that cannot be stored.
    """
    if body.count(b",") > MOST_PARTS:
        raise Unreadable("json_too_many_parts", limit=MOST_PARTS)
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant, parse_int=_integer)
    except RecursionError as error:
        raise Unreadable("json_too_deep", limit=MAX_DEPTH) from error
    except ValueError as error:
        raise Unreadable("json_unreadable") from error
    refuse_unstorable(value)
    return value


def refuse_unstorable(value: Any) -> None:
    """Raise for NUL characters and lone surrogates, which PostgreSQL and UTF-8 do not know, and for integers beyond 64
    bits and nesting beyond `MAX_DEPTH`."""
    for path, leaf in _leaves(value, ()):
        if isinstance(leaf, str) and UNSTORABLE.search(leaf):
            raise Invalid.field(_said(path), "text_unstorable")
        if isinstance(leaf, int) and not -LARGEST_INTEGER - 1 <= leaf <= LARGEST_INTEGER:
            raise Invalid.field(_said(path), "number_too_large")
        if isinstance(leaf, float) and leaf in (float("inf"), float("-inf")):
            raise Invalid.field(_said(path), "number_too_large")


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every string and number with its path, names of members included. Nothing is kept of what was seen."""
    if len(path) > MAX_DEPTH:
        raise Unreadable("json_too_deep", limit=MAX_DEPTH)
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield path, name
            yield from _leaves(member, (*path, name))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _leaves(member, (*path, index))
    else:
        yield path, value


def _said(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path)) or "body"


def _no_constant(name: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(name)


def _integer(digits: str) -> int:
    return int(digits) if len(digits) <= 20 else LARGEST_INTEGER + 1


def faults_of(messages: Any) -> dict[str, Fault | str]:
    """marshmallow's nested messages as `{"to.0": first sentence}`; what concerns the whole is under `body`."""
    faults: dict[str, Fault | str] = {}
    waiting = [("", messages)]
    while waiting:
        path, item = waiting.pop(0)
        if isinstance(item, Mapping):
            waiting.extend((_below(path, str(name)), member) for name, member in item.items())
        else:
            faults[path or "body"] = str(item[0]) if isinstance(item, list) else str(item)
    return faults


def _below(path: str, name: str) -> str:
    if name in ("_schema", "json", "query", "value"):
        return path
    return f"{path}.{name}" if path else name
