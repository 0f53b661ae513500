"""What an answer that is not a success means, in the words of the contract.

Google says by `error.errors[0].reason` what is the matter; the status alone does not tell a quota from a missing right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    Conflict,
    NotFound,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
    Unsupported,
)

RATE = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
NOT_SET_UP = frozenset({"accessNotConfigured", "insufficientPermissions"})
LONGEST_WAIT = timedelta(days=1)
PAUSE = timedelta(seconds=64)
"""When Google asks to wait without saying how long: the longest pause of its own advice on back-off."""


PLAIN: Mapping[int, type[ProviderError]] = {
    401: AuthError,
    404: NotFound,
    408: TransientError,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    413: TooLarge,
    503: TransientError,
}
"""Statuses that say all by themselves."""

GRANT_CODES = {
    "invalid_grant": "reconnect_needed",
    "invalid_client": "client_refused",
    "unauthorized_client": "delegation_missing",
    "access_denied": "delegation_missing",
    "invalid_scope": "delegation_missing",
    "admin_policy_enforced": "delegation_missing",
}
"""What the token endpoint says, and how we call it."""


class Duplicate(Exception):
    """The id that was given to a new event is taken."""


class Stale(Exception):
    """The event is not of the version that was named."""


def refusal(status: int, body: bytes, retry_after: str | None, now: datetime, *, acts: bool) -> ProviderError:
    """The error that an answer of `status` (not 2xx) is. `acts`: the request would have had an effect, so that after
    a server error nobody knows whether it had."""
    reason, told = complaint(body)
    if status in (403, 429):
        return _forbidden(status, reason, told, waiting_time(retry_after, now))
    if status == 400:
        return PermanentError("event_refused" if acts else "request_refused", detail=told)
    if status in PLAIN:
        return PLAIN[status](detail=told)
    if status >= 500:
        return OutcomeUnknown(detail=told) if acts else TransientError(detail=told)
    return BadResponse("unexpected_status", detail=told, status=status)


def _forbidden(status: int, reason: str, told: str, wait: timedelta | None) -> ProviderError:
    if status == 429 or reason in RATE:
        return RateLimited(wait or PAUSE, detail=told)
    if reason in QUOTA:
        return QuotaExhausted(detail=told)
    if reason in NOT_SET_UP:
        return AuthError("not_set_up", detail=told)
    if reason == "forbiddenForServiceAccounts":
        return Unsupported("guests_need_delegation", detail=told)
    if reason == "forbiddenForNonOrganizer":
        return PermanentError("not_the_organizer", detail=told)
    return PermanentError("read_only", detail=told)


def grant_refusal(status: int, body: bytes, retry_after: str | None, now: datetime) -> ProviderError:
    """The error that an answer of the token endpoint is (RFC 6749 §5.2)."""
    answer = _object(body)
    code, told = str(answer.get("error", "")), str(answer.get("error_description", "")) or excerpt(body)
    if status == 429:
        return RateLimited(waiting_time(retry_after, now) or PAUSE, detail=told)
    if status >= 500:
        return TransientError(detail=told)
    if code:
        return AuthError(GRANT_CODES.get(code, "sign_in_refused"), detail=f"{code}: {told}")
    return BadResponse("unexpected_status", detail=told, status=status)


def complaint(body: bytes) -> tuple[str, str]:
    """The vendor's reason, and its own words in at most 500 characters."""
    error = _object(body).get("error")
    if not isinstance(error, Mapping):
        return "", excerpt(body)
    errors = error.get("errors")
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], Mapping) else {}
    reason = str(first.get("reason", ""))
    return reason, ": ".join(filter(None, (reason, str(error.get("message", "")))))[:500]


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, Mapping) else {}


def excerpt(body: bytes) -> str:
    """The start of an answer, for people: at most 500 characters on one line."""
    return " ".join(body[:2000].decode("utf-8", "replace").split())[:500]


def waiting_time(retry_after: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` (RFC 9110 §10.2.3): seconds or a date, at most a day; None where it is absent or unreadable."""
    written = (retry_after or "").strip()
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)
    try:
        wait = parsedate_to_datetime(written) - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
