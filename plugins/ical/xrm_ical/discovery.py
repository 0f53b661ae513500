"""From the address that a person knows to the collections that hold calendars (RFC 6764 §6, RFC 4791 §6.2.1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    NotFound,
    PermanentError,
    ProviderError,
    RateLimited,
    TransientError,
)

from .bodies import HOMES, WHO_AM_I
from .multistatus import CALDAV, DAV, Response
from .webdav import WebDav

WELL_KNOWN = "/.well-known/caldav"
CALENDAR = f"{CALDAV}calendar"
HOME_SET = f"{CALDAV}calendar-home-set"


@dataclass(frozen=True, slots=True)
class Place:
    """`homes` are collections of calendars; `calendar` is set when the person's address is that of one calendar."""

    homes: tuple[str, ...]
    calendar: str | None = None


async def discover(dav: WebDav) -> Place:
    """Where the calendars of the account are. Raises `ProviderError`: what stands against the account, or if nothing
    leads there, what was wrong with the address that the person gave."""
    failures: list[ProviderError] = []
    for url in candidates(dav.http.url):
        try:
            return await _from(dav, url)
        except (NotFound, BadResponse, TransientError, PermanentError) as error:
            if isinstance(error, RateLimited):
                raise
            failures.append(error)
    raise failures[-1 if is_server(dav.http.url) else 0]


def is_server(url: str) -> bool:
    """Whether `url` names a server and no place on it."""
    return urlsplit(url).path in {"", "/"}


def candidates(url: str) -> list[str]:
    """Where to ask, in this order: an address without a path is a server, whose well-known place comes first."""
    well_known = urljoin(url, WELL_KNOWN)
    if is_server(url):
        return [well_known, urljoin(url, "/")]
    return [url, well_known]


async def _from(dav: WebDav, url: str) -> Place:
    told, url = await dav.propfind(url, WHO_AM_I, 0)
    if not told.responses:
        raise BadResponse("not_caldav", detail="an empty answer")
    found = told.responses[0]
    calendar = url if CALENDAR in found.names(f"{DAV}resourcetype") else None
    homes = _homes(dav, found, url) or await _homes_of_principal(dav, found, url)
    if not homes and f"{DAV}collection" not in found.names(f"{DAV}resourcetype"):
        raise NotFound("no_calendars_there", host=dav.http.host)
    return Place(tuple(homes) or (() if calendar else (url,)), calendar)


async def _homes_of_principal(dav: WebDav, found: Response, url: str) -> list[str]:
    who = f"{DAV}current-user-principal"
    if f"{DAV}unauthenticated" in found.names(who):
        raise AuthError
    principal = found.href_in(who)
    if principal is None:
        return []
    told, url = await dav.propfind(dav.http.trusted(urljoin(url, principal)), HOMES, 0)
    return _homes(dav, told.responses[0], url) if told.responses else []


def _homes(dav: WebDav, found: Response, url: str) -> list[str]:
    """Home sets may be several, and on another host than the principal (iCloud)."""
    return [dav.http.trusted(urljoin(url, href)) for href in found.hrefs_in(HOME_SET)]
