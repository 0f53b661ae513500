"""What an answer of OVHcloud that is not a success means, in the words of the contract.

An error is JSON with a `message`, often an `errorCode` and a `class`. The codes are those that the vendor's own clients
tell apart. 429 is in its FAQ; what it says without credit is told nowhere, so the words decide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from xrm_platform.providers import (
    AccountError,
    AuthError,
    BadResponse,
    InvalidRecipient,
    NotFound,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
)


class NotGranted(AuthError):
    """The keys are right, and were not given the right to do this."""

    default_code = "not_granted"


class WrongTime(TransientError):
    """OVHcloud does not take the timestamp: its clock is asked anew at the next attempt."""

    default_code = "wrong_time"


class MessageRefused(PermanentError):
    """A message is refused for what it says or who it says it is from."""

    default_code = "message_refused"


class NoApi(AccountError):
    """Nobody takes messages at this address: no other message will fare better before the account is mended."""

    default_code = "unexpected_status"


BY_CODE: Mapping[str, type[ProviderError]] = {
    "INVALID_KEY": AuthError,
    "NOT_CREDENTIAL": AuthError,
    "INVALID_CREDENTIAL": AuthError,
    "INVALID_SIGNATURE": AuthError,
    "NOT_GRANTED_CALL": NotGranted,
    "QUERY_TIME_OUT": WrongTime,
}

BY_WORDS: Mapping[str, type[ProviderError]] = {
    "credits": QuotaExhausted,
    "signature": AuthError,
    "application key is invalid": AuthError,
    "credential is not valid": AuthError,
    "receiver": InvalidRecipient,
}
"""For errors without a code: words of their message, in lower case."""

ABOUT_THE_REQUEST = frozenset({400, 402, 403, 409})

BY_STATUS: Mapping[int, type[ProviderError]] = {
    400: MessageRefused,
    401: AuthError,
    402: QuotaExhausted,
    403: MessageRefused,
    404: NotFound,
    408: TransientError,
    409: MessageRefused,
    413: TooLarge,
    422: MessageRefused,
}

NOT_THERE = frozenset({*range(300, 400), 405, 410, 501})
"""What an address answers that is not that of the API."""

LONGEST_WAIT = timedelta(days=1)


def refusal(status: int, body: bytes, retry_after: str | None, now: datetime, *, acts: bool) -> ProviderError:
    """The error that an answer of `status` (not 2xx) is.

    `acts` says that the request would have had an effect: a server that broke on it (500, 502, 504 …) may have done
    the work before, so its outcome is unknown. 503 and 408 say that it did not take the request.
    """
    code, told = _complaint(body)
    if code in BY_CODE:
        return BY_CODE[code](detail=told)
    if status in (429, 503):
        wait = waiting_time(retry_after, now)
        return TransientError(detail=told) if status == 503 and wait is None else RateLimited(wait, detail=told)
    if status >= 500 and status != 501:
        return OutcomeUnknown(detail=told) if acts else TransientError(detail=told)
    if acts and status in NOT_THERE:
        return NoApi(detail=told, status=status)
    return _by_status(status, told)


def _by_status(status: int, told: str) -> ProviderError:
    for words, error in BY_WORDS.items():
        if words in told.lower() and status in ABOUT_THE_REQUEST:
            return error(detail=told)
    if status in BY_STATUS:
        return BY_STATUS[status](detail=told)
    return BadResponse("unexpected_status", detail=told, status=status)


def _complaint(body: bytes) -> tuple[str, str]:
    """The vendor's code and words; the text itself where it is no such error."""
    try:
        told: Any = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    if isinstance(told, dict) and isinstance(told.get("message"), str):
        return str(told.get("errorCode", "")), told["message"][:500]
    return "", excerpt(body)


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
