"""The address under which an agenda can be subscribed to: `/feeds/<token>.ics`."""

from __future__ import annotations

import hashlib

from aiohttp import web

from xrm_platform.problems import Missing

from .request_values import PLATFORM

REFRESH_SECONDS = 900
LEFT_OUT = "XRM-Events-Left-Out"
"""The header that says how many events are too many for one file."""


async def feed(request: web.Request) -> web.Response:
    """The agenda as iCalendar; 304 for a reader that has it as it is. A token that opens nothing is answered as any
    other address where nothing is."""
    agenda = await request.app[PLATFORM].feeds.read(request.match_info["token"])
    if agenda is None:
        raise Missing("no_such_address")
    content = agenda.text.encode()
    etag = hashlib.sha256(content).hexdigest()[:32]
    response = web.Response(body=content, content_type="text/calendar", charset="utf-8")
    response.etag = etag
    response.headers[LEFT_OUT] = str(agenda.left_out)
    response.headers["Cache-Control"] = f"private, max-age={REFRESH_SECONDS}"
    if any(known.value in (etag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers={"ETag": f'"{etag}"'})
    return response
