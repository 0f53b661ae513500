"""What a server's refusal means to the platform. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

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

from .multistatus import CALDAV, DAV, error_names

LONGEST_PAUSE = timedelta(days=1)

REFUSED_TEXTS = frozenset(
    CALDAV + name
    for name in (
        "valid-calendar-data",
        "valid-calendar-object-resource",
        "supported-calendar-data",
        "supported-calendar-component",
        "min-date-time",
        "max-date-time",
        "max-instances",
        "max-attendees-per-instance",
    )
)
"""Conditions of RFC 4791 §5.3.2.1 that an event does not meet: it will not meet them tomorrow either."""

UID_TAKEN = f"{CALDAV}no-uid-conflict"

TOO_BIG = f"{CALDAV}max-resource-size"

QUOTA = frozenset({f"{DAV}quota-not-exceeded", f"{DAV}sufficient-disk-space"})


def refusal(status: int, body: bytes, retry_after: str | None, now: datetime, *, acts: bool) -> ProviderError:
    """The error for an answer that is no success. `acts` says that the request could have changed something."""
    said = f"{status} {body[:300].decode(errors='replace')}"
    names = error_names(body) if status >= 400 else frozenset()
    return (
        _of_the_moment(status, said, pause(retry_after, now), acts=acts)
        or _of_the_text(status, said, names, acts=acts)
        or _of_the_place(status, said)
    )


def _of_the_moment(status: int, said: str, wait: timedelta | None, *, acts: bool) -> ProviderError | None:
    """Later it may well succeed."""
    if status == 429 or (status == 503 and wait is not None):
        return RateLimited(wait, detail=said)
    if status in {502, 504} and acts:  # a gateway that gave up waiting: the server behind it may have done it
        return OutcomeUnknown("answer_lost", detail=said)
    if status in {408, 423, 425} or (status >= 500 and status != 507):
        return TransientError(detail=said)
    return None


def _of_the_text(status: int, said: str, names: frozenset[str], *, acts: bool) -> ProviderError | None:
    """It is this event that the server does not take."""
    if status == 413 or TOO_BIG in names:
        return TooLarge(detail=said)
    if status == 507 or names & QUOTA:
        return QuotaExhausted("storage_full", detail=said)
    if names & REFUSED_TEXTS or (acts and status in {400, 415, 422}):
        return Unsupported("event_refused", detail=said)
    return None


def _of_the_place(status: int, said: str) -> ProviderError:
    """It is who we are, or where we ask."""
    if status == 401:
        return AuthError(detail=str(status))
    kinds: dict[int, ProviderError] = {
        404: NotFound(detail=said),
        410: NotFound(detail=said),
        409: Conflict(detail=said),
        412: Conflict(detail=said),
        403: PermanentError("not_allowed", detail=said),
        405: PermanentError("not_allowed", detail=said),
    }
    other = PermanentError(detail=said) if status >= 400 else BadResponse("not_caldav", detail=said)
    return kinds.get(status, other)


def pause(retry_after: str | None, now: datetime) -> timedelta | None:
    """What Retry-After asks for (RFC 9110 §10.2.3): seconds or a date; None when it says neither."""
    text = (retry_after or "").strip()
    if text.isdecimal():
        return min(timedelta(seconds=min(int(text), 86_400)), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta(0)), LONGEST_PAUSE)
