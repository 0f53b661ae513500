"""Where vendors call: the secret is in the address, the answer comes at once, what was said is read afterwards."""

from __future__ import annotations

from aiohttp import web

from xrm_platform.messaging.inbound import MAX_BODY
from xrm_platform.problems import Missing
from xrm_platform.providers import BadResponse

from .refusals import TooLarge, Unreadable
from .request_values import PLATFORM


async def take_call(request: web.Request) -> web.Response:
    """200 as soon as the call is kept; 404 for an address that nobody has, without saying more."""
    body = await _body(request)
    content_type = request.headers.get("Content-Type", "")
    if not await request.app[PLATFORM].pushes.accept(request.match_info["token"], content_type, body):
        raise Missing("unknown_push_address")
    return web.Response(text="OK")


async def take_calendar_call(request: web.Request) -> web.Response:
    """A calendar changed: 200 as soon as the reading is under way; 404 for an address that nobody has, and for a call
    without its secret; 400 for what is no such call."""
    body = await _body(request)
    try:
        taken = await request.app[PLATFORM].calendar_channels.accept(request.match_info["token"], request.headers, body)
    except BadResponse:
        raise Unreadable("request_unreadable") from None
    if not taken:
        raise Missing("unknown_push_address")
    return web.Response(text="OK")


async def _body(request: web.Request) -> bytes:
    """The body, or of a call without one the query string as it came."""
    if request.method == "GET":
        return request.url.raw_query_string.encode()[: MAX_BODY + 1]
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            raise TooLarge("body_too_large", limit=MAX_BODY)
    return bytes(body)
