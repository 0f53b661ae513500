"""What travels with one request inside the web room, and who called from where."""

from __future__ import annotations

import ipaddress
import re

from aiohttp import web

from xrm_platform.app import Platform
from xrm_platform.store import new_id

PLATFORM: web.AppKey[Platform] = web.AppKey("platform", Platform)
REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
LANGUAGE: web.RequestKey[str] = web.RequestKey("language", str)

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id_of(request: web.Request) -> str:
    """The caller's `X-Request-ID` when it is fit for a log, else a fresh one."""
    given = request.headers.get("X-Request-ID", "")
    return given if _GIVEN_ID.fullmatch(given) else new_id()


def printable(header: str, limit: int) -> str:
    """A header as it can be stored: aiohttp keeps undecodable bytes as surrogates, which no database takes."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in header[:limit]
    )


def address_of(request: web.Request) -> str:
    """The caller's address. Behind a proxy on this machine it is the one that the proxy added last: to the header that
    the caller sent, or, as HAProxy does, in a header of its own after it."""
    peer = request.remote or ""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ())).rpartition(",")[2].strip()
    if is_loopback(peer) and is_address(forwarded):
        return forwarded
    return peer


def is_loopback(address: str) -> bool:
    return is_address(address) and ipaddress.ip_address(address).is_loopback


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
