"""Fetching a subscription: only what changed, only so much, and from no address that a stranger may not know of."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from aiohttp import encode_basic_auth

from xrm_platform.providers import AccountError, BadResponse, DriverContext, NotFound, TransientError

from .addresses import is_loopback, is_public, may_know_password
from .exchange import Answer, Exchange
from .http import MOST_REDIRECTS, REDIRECTS
from .refusals import refusal

LARGEST_FEED = 50 * 1024 * 1024


class Download(NamedTuple):
    """What was fetched, and by what to ask next time whether it changed."""

    body: bytes
    etag: str
    modified: str


class Downloader:
    """The address of a subscription. A password goes to its own server only, redirects anywhere in the Internet."""

    def __init__(self, url: str, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._url = url
        self._username, self._password = settings["username"], settings["password"]
        self._allow_private = bool(settings["allow_private"])
        self._exchange = Exchange(context.http, settings["ca_file"])
        self._now = context.now

    async def download(self, etag: str = "", modified: str = "") -> Download | None:
        """The text; None if it is still what has this ETag or date (RFC 9110 §13.1)."""
        headers = {"Accept": "text/calendar, */*;q=0.5"}
        if etag:
            headers["If-None-Match"] = etag
        if modified:
            headers["If-Modified-Since"] = modified
        answer = await self._answer(headers)
        if answer.status == 304 and (etag or modified):
            return None
        if answer.status in {404, 410}:
            raise NotFound("calendar_gone", detail=str(answer.status))
        if answer.status == 206:
            raise BadResponse("ends_too_early", detail="206")
        if answer.status != 200:
            raise refusal(answer.status, answer.body, answer.headers.get("Retry-After"), self._now(), acts=False)
        return Download(answer.body, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))

    async def _answer(self, headers: dict[str, str]) -> Answer:
        url = self._url
        for _ in range(MOST_REDIRECTS + 1):
            at = None if self._allow_private else await public_address(url)
            answer = await self._exchange.once(
                "GET", url, acts=False, headers={**headers, **self._credentials(url)}, at=at, most=LARGEST_FEED
            )
            location = answer.headers.get("Location")
            if answer.status not in {*REDIRECTS, 303} or not location:
                return answer
            url = still_encrypted(urljoin(url, location))
        raise BadResponse("too_many_redirects", host=urlsplit(self._url).hostname or "")

    def _credentials(self, url: str) -> dict[str, str]:
        if not self._username or not may_know_password(self._url, url):
            return {}
        return {"Authorization": encode_basic_auth(self._username, self._password)}


def still_encrypted(url: str) -> str:
    """`url`, which a redirect leads to, if it may be followed. Raises `AccountError` if it may not."""
    try:
        address = urlsplit(url)
        host, _ = address.hostname or "", address.port
    except ValueError as error:
        raise BadResponse("no_calendar_text", detail=str(error)) from error
    if address.scheme == "https" or (address.scheme == "http" and is_loopback(host)):
        return url
    raise AccountError("leads_elsewhere", host=host or "?")


async def public_address(url: str) -> str:
    """An IP address of the host of `url`, all of whose addresses are public. The connection then goes to this one: a
    name that is public now and private a moment later (DNS rebinding) leads nowhere.

    Raises `AccountError` if one is private, `TransientError` if there is none.
    """
    address = urlsplit(url)
    host = address.hostname or ""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransientError("unreachable", host=host, detail=type(error).__name__) from error
    addresses = [str(sockaddr[0]).partition("%")[0] for *_, sockaddr in found]
    if not all(is_public(ipaddress.ip_address(each)) for each in addresses):
        raise AccountError("private_address", host=host)
    return addresses[0]
