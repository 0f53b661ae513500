"""Who calls: a bearer token or a session cookie, looked up anew at each request; and that it was really them."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from aiohttp import web

from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_admin, require_collaborative, require_scope
from xrm_platform.problems import Forbidden, Missing, Unauthenticated

from .endpoints import Need
from .request_values import PLATFORM

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


@dataclass(frozen=True, slots=True)
class Caller:
    """`session_token` and `csrf_token` are those of a browser's session; a bearer token has neither."""

    actor: Actor
    session_token: str | None = field(default=None, repr=False)
    csrf_token: str | None = field(default=None, repr=False)


def cookie_name(*, https: bool) -> str:
    """With https the name's prefix makes browsers refuse the cookie from another host or over http (RFC 6265bis)."""
    return "__Host-xrm" if https else "xrm"


async def identify(request: web.Request) -> Caller:
    """Raises `Unauthenticated`; a bearer token that is refused is not made good by a cookie."""
    xrm = request.app[PLATFORM]
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        actor = await xrm.tokens.actor_of(credentials.strip()) if scheme.lower() == "bearer" else None
        if actor is None:
            raise Unauthenticated("token_refused")
        return Caller(actor)
    session_token = request.cookies.get(cookie_name(https=xrm.config.https))
    found = await xrm.sign_in.actor_of(session_token) if session_token else None
    if found is None or session_token is None:
        raise Unauthenticated("sign_in_first")
    actor, csrf_token = found
    return Caller(actor, session_token, csrf_token)


def refuse_forgery(request: web.Request, caller: Caller) -> None:
    """A browser sends its cookie whoever made the page: what changes something must show the session's own token, and
    must not come from another site (Fetch Metadata). Raises `Forbidden`."""
    if caller.csrf_token is None or request.method in SAFE_METHODS:
        return
    refuse_other_sites(request)
    given = request.headers.get("X-CSRF-Token", "")
    if not hmac.compare_digest(given.encode("utf-8", "surrogateescape"), caller.csrf_token.encode()):
        raise Forbidden("csrf_token_missing")


def refuse_other_sites(request: web.Request) -> None:
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN_SITES:
        raise Forbidden("cross_site")


def refuse_other_bases(actor: Actor, base: str | None) -> None:
    """Another base's address is answered exactly as one of no base at all."""
    if base is not None and base != actor.base_code:
        raise Missing("unknown_base", base=base)


def require(actor: Actor, need: Need) -> None:
    """The least that an endpoint needs, told before its body is read; the use case has the last word."""
    if need is Need.ADMIN:
        require_admin(actor)
    elif need is Need.READ:
        require_scope(actor, Scope.READ)
    elif need is Need.SEND:
        require_collaborative(actor)
        require_scope(actor, Scope.SEND)


def set_session_cookie(response: web.Response, token: str, *, https: bool) -> None:
    """Without an expiry of its own: the session slides, and the platform alone knows when it has ended."""
    response.set_cookie(cookie_name(https=https), token, path="/", secure=https, httponly=True, samesite="Lax")


def drop_session_cookie(response: web.Response, *, https: bool) -> None:
    response.del_cookie(cookie_name(https=https), path="/", secure=https, httponly=True, samesite="Lax")
