"""The requests of WebDAV that read: PROPFIND and REPORT, answered by a multistatus or not at all."""

from __future__ import annotations

import asyncio

from xrm_platform.providers import BadResponse

from .exchange import Answer
from .hrefs import collection_path
from .http import HttpClient
from .multistatus import Multistatus, Response, read_multistatus

XML = "application/xml; charset=utf-8"
"""Said always: Xandikos refuses a body without it."""

LARGE = 1 << 16
"""Octets above which an answer is read in a thread."""


class WebDav:
    """The server of an account, by the verbs of RFC 4918 and RFC 3253."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    async def propfind(self, url: str, body: bytes, depth: int) -> tuple[Multistatus, str]:
        """Properties of `url` and, with `depth` 1, of what is in it; and the address they came from."""
        answer = await self.ask("PROPFIND", url, body, depth)
        return await self.read(answer), answer.url

    async def own_properties(self, url: str, body: bytes) -> Response:
        """Properties of `url` itself."""
        told, came_from = await self.propfind(url, body, 0)
        own = itself(told, came_from)
        if own is None:
            raise BadResponse("not_caldav", detail="the answer is about something else")
        return own

    async def report(self, url: str, body: bytes, depth: int) -> Multistatus:
        """What a REPORT tells."""
        return await self.read(await self.ask("REPORT", url, body, depth))

    async def ask(self, method: str, url: str, body: bytes, depth: int) -> Answer:
        """A request that changes nothing, whatever its answer."""
        headers = {"Content-Type": XML, "Depth": str(depth)}
        return await self.http.request(method, url, body, headers, acts=False)

    async def read(self, answer: Answer) -> Multistatus:
        """The multistatus of an answer. Raises what its status means if it is none."""
        if answer.status != 207:
            raise self.http.error(answer)
        if len(answer.body) < LARGE:
            return read_multistatus(answer.body)
        return await asyncio.to_thread(read_multistatus, answer.body)


def itself(told: Multistatus, url: str) -> Response | None:
    """The response about `url` itself; servers add or forget the slash at the end, and the host behind their proxy."""
    wanted = collection_path(url)
    for response in told.responses:
        if path_in(response, url) == wanted:
            return response
    return None


def path_in(response: Response, url: str) -> str | None:
    """The path of a response as a collection, None if its href is none."""
    try:
        return collection_path(response.href, url)
    except ValueError:
        return None
