"""What an answer that is not a success means, in the words of the contract.

Status codes are those that Esendex's own SDKs know (400, 401, 402, 403, 404, 405, 408, 500, 501, 503), and 429, which
any HTTP service may send (RFC 6585).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

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

from .answers import Record, child, excerpt, items, read, text


class NotAllowed(AuthError):
    """The sign-in is right, and this user may not do it."""

    default_code = "not_allowed"


class NoApi(AccountError):
    """Nobody takes messages at this address: no other message will fare better before the account is mended."""

    default_code = "unexpected_status"


PLAIN: Mapping[int, type[ProviderError]] = {
    401: AuthError,
    402: QuotaExhausted,
    403: NotAllowed,
    408: TransientError,
}
"""Statuses that say all by themselves."""

NOT_THERE = frozenset({*range(300, 400), 404, 405, 410, 501})
"""What an address answers that is not that of the API."""

LONGEST_WAIT = timedelta(days=1)


class MessageRefused(PermanentError):
    """A message is refused for what it says or who it says it is from."""

    default_code = "message_refused"


ABOUT_A_MESSAGE = (MessageRefused, InvalidRecipient, TooLarge)
"""Refusals for what was sent, not for who sends: another message may pass."""


def refusal(status: int, body: bytes, retry_after: str | None, now: datetime, *, acts: bool) -> ProviderError:
    """The error that an answer of `status` (not 2xx) is.

    `acts` says that the request would have had an effect: a server that broke on it (500, 502, 504 …) may have done
    the work before, so its outcome is unknown. 503 and 408 say that it did not take the request.
    """
    told = complaint(body)
    if status in (400, 500) and _is_about(told, "account reference"):
        return AuthError("account_reference_refused", detail=told)
    if status in PLAIN:
        return PLAIN[status](detail=told)
    if status in (400, 413, 422):
        return _about_a_message(status, told)
    if status in (429, 503):
        return _not_now(status, waiting_time(retry_after, now), told)
    if status >= 500 and status != 501:
        return OutcomeUnknown(detail=told) if acts else TransientError(detail=told)
    return _nowhere(status, told, acts=acts)


def _nowhere(status: int, told: str, *, acts: bool) -> ProviderError:
    if acts and status in NOT_THERE:
        return NoApi(detail=told, status=status)
    return NotFound(detail=told) if status == 404 else BadResponse("unexpected_status", detail=told, status=status)


def _not_now(status: int, wait: timedelta | None, told: str) -> ProviderError:
    if status == 503 and wait is None:
        return TransientError(detail=told)
    return RateLimited(wait, detail=told)


def _about_a_message(status: int, told: str) -> ProviderError:
    if status == 413:
        return TooLarge(detail=told)
    if _is_about(told, "phone number") or _is_about(told, "recipient"):
        return InvalidRecipient(detail=told)
    return MessageRefused(detail=told)


def _is_about(told: str, subject: str) -> bool:
    """Whether the vendor's words, a code (`accountreference_invalid`) or a sentence, name `subject`."""
    return subject.replace(" ", "") in told.lower().replace(" ", "").replace("_", "")


def complaint(body: bytes) -> str:
    """The vendor's own words: the codes and descriptions of JSON or XML, else the text itself; 500 characters."""
    try:
        record = read(body)
        listed = items({**child(record, "response"), **record}, "errors", "error")
    except BadResponse:
        return excerpt(body)
    return "; ".join(filter(None, map(_sentence, listed)))[:500] or excerpt(body)


def _sentence(error: Record) -> str:
    return ": ".join(filter(None, (text(error, "code").strip(), text(error, "description").strip())))


def waiting_time(retry_after: str | None, now: datetime) -> timedelta | None:
    """`Retry-After` (RFC 9110 §10.2.3): seconds or a date, at most a day; None where it is absent or unreadable."""
    written = (retry_after or "").strip()
    if written.isascii() and written.isdigit():
        return min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(written)
        wait = at - now
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait, timedelta()), LONGEST_WAIT)
