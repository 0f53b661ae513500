"""The token endpoint of Google or Microsoft: one request, and what its answer means (RFC 6749 §5)."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from xrm_platform.providers import BadResponse, ConsentNeeded, ProviderError, RateLimited, TransientError

from .consent import Form

TIMEOUT = ClientTimeout(total=30, connect=10, sock_connect=10)
"""Shorter than what a call of the platform may take."""

PAUSE = timedelta(minutes=1)
"""How long to wait when it says "too fast"."""

ANSWER = 256 * 1024
"""Octets of an answer that are read."""

AGAIN = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})
"""The person has to allow access again: it was taken back, has expired, or something new is asked of them."""

CODES = {
    "invalid_client": "client_refused",
    "unauthorized_client": "client_not_allowed",
    "access_denied": "client_not_allowed",
    "admin_policy_enforced": "client_not_allowed",
    "invalid_scope": "client_not_allowed",
    "redirect_uri_mismatch": "redirect_refused",
}
"""What the endpoint says, and how we call it."""

MICROSOFT_CODES = {
    "7000215": "client_secret_wrong",
    "7000222": "client_secret_expired",
    "700016": "client_unknown_in_tenant",
    "50194": "tenant_needed",
    "90002": "tenant_unknown",
    "50011": "redirect_refused",
}
"""Microsoft's numbers, for better words only: what to do follows from `error`, for they may change."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What the endpoint gave. `refresh_token` is the next one where the service changes it at each use, `account` the
    address of the person who consented, each None when it says nothing."""

    access_token: str = field(repr=False)
    lives: timedelta
    refresh_token: str | None = field(repr=False)
    account: str | None


async def grant(http: ClientSession, url: str, form: Form) -> Granted:
    """Post `form`. Raises `ConsentNeeded` when there is no right (any more), `TransientError` when nobody can be
    asked."""
    address = URL(url)
    try:
        async with http.post(
            address, data=form, headers={"Accept": "application/json"}, timeout=TIMEOUT, allow_redirects=False
        ) as response:
            status, body = response.status, await response.content.read(ANSWER)
            while len(body) < ANSWER and (more := await response.content.read(ANSWER - len(body))):
                body += more
    except (ClientError, TimeoutError) as error:
        raise TransientError("sign_in_service_unreachable", detail=type(error).__name__, host=address.host or "") from (
            error
        )
    answer = _object(body)
    if status != 200:
        raise refusal(status, answer)
    token = answer.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise BadResponse("sign_in_answer_unreadable", host=address.host or "")
    lives, refresh_token = answer.get("expires_in"), answer.get("refresh_token")
    return Granted(
        access_token=token,
        lives=timedelta(seconds=lives if isinstance(lives, int) and 0 <= lives < 10**7 else 0),
        refresh_token=refresh_token if isinstance(refresh_token, str) and refresh_token else None,
        account=whose(answer.get("id_token")),
    )


def refusal(status: int, answer: Mapping[str, Any]) -> ProviderError:
    """The error that an answer of the token endpoint is (RFC 6749 §5.2)."""
    code, words = str(answer.get("error", "")), str(answer.get("error_description", ""))
    told = f"{code}: {words.splitlines()[0] if words else f'HTTP {status}'}"
    if status == 429:
        return RateLimited(PAUSE, detail=told)
    if status >= 500 or code in {"temporarily_unavailable", "server_error"}:
        return TransientError("sign_in_service_ill", detail=told)
    if code in AGAIN:
        return ConsentNeeded("reconnect_needed", detail=told)
    if not code:
        return TransientError("sign_in_service_ill", detail=told)
    listed = answer.get("error_codes")
    numbers = map(str, listed) if isinstance(listed, list) else ()
    known = (MICROSOFT_CODES[number] for number in numbers if number in MICROSOFT_CODES)
    return ConsentNeeded(next(known, CODES.get(code, "consent_refused")), detail=told)


def whose(id_token: object) -> str | None:
    """The mail address in an id_token. Its signature is not judged: it came from the token endpoint itself, over TLS
    (OpenID Connect Core §3.1.3.7), and only makes an error clearer."""
    try:
        payload = str(id_token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        named = [claims.get(name) for name in ("email", "preferred_username")]
    except (ValueError, IndexError, AttributeError, RecursionError):
        return None
    return next((name for name in named if isinstance(name, str) and "@" in name), None)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, Mapping) else {}
