"""Fetching what a mail domain publishes: over https from public addresses only, small and soon, or not at all."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

SECONDS = 3.0
MAX_BYTES = 64 * 1024

_WEB_ERRORS = (aiohttp.ClientError, OSError, TimeoutError, ValueError)  # ValueError: an address that is none


class PublicResolver(AbstractResolver):
    """Finds no address of a private network or of this machine, whatever the DNS says: a domain that somebody typed
    must not make the platform call its neighbours."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if ipaddress.ip_address(one["host"].partition("%")[0]).is_global]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


Connecting = Callable[[], aiohttp.BaseConnector]


def to_the_public() -> aiohttp.BaseConnector:
    """Connections that verify certificates and lead to public addresses only."""
    return aiohttp.TCPConnector(resolver=PublicResolver(), use_dns_cache=False)


@asynccontextmanager
async def fetched(places: Sequence[str], connecting: Connecting) -> AsyncIterator[Sequence[asyncio.Task[bytes | None]]]:
    """The answers of `places`, all asked at once, in their order; None for one without a usable answer. Whoever is
    still being asked at the end of the block is left."""
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(
        connector=connecting(), timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        asked = [asyncio.create_task(_fetched(session, place)) for place in places if place.startswith("https://")]
        try:
            yield asked
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)


async def _fetched(session: aiohttp.ClientSession, place: str) -> bytes | None:
    """A redirection is not followed: it could lead to http, or to another's address."""
    try:
        async with session.get(place, allow_redirects=False) as answer:
            if answer.status != 200:
                return None
            content = await answer.content.read(MAX_BYTES + 1)
            while len(content) <= MAX_BYTES and (more := await answer.content.read(MAX_BYTES + 1 - len(content))):
                content += more
            return content if len(content) <= MAX_BYTES else None
    except _WEB_ERRORS:
        return None
