import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_google_calendar.plugin import GOOGLE_CALENDAR
from xrm_google_calendar.refusals import PAUSE, complaint, grant_refusal, refusal

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
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(reason):
    error = {"domain": "global", "reason": reason, "message": "Words"}
    return json.dumps({"error": {"errors": [error], "code": 0, "message": "Words"}}).encode()


@pytest.mark.parametrize(
    ("status", "reason", "acting", "reading"),
    [
        (400, "invalid", PermanentError, PermanentError),
        (401, "authError", AuthError, AuthError),
        (403, "rateLimitExceeded", RateLimited, RateLimited),
        (403, "userRateLimitExceeded", RateLimited, RateLimited),
        (403, "quotaExceeded", QuotaExhausted, QuotaExhausted),
        (403, "forbiddenForNonOrganizer", PermanentError, PermanentError),
        (403, "forbiddenForServiceAccounts", Unsupported, Unsupported),
        (403, "requiredAccessLevel", PermanentError, PermanentError),
        (403, "accessNotConfigured", AuthError, AuthError),
        (404, "notFound", NotFound, NotFound),
        (408, "", TransientError, TransientError),
        (409, "duplicate", Conflict, Conflict),
        (410, "deleted", NotFound, NotFound),
        (412, "conditionNotMet", Conflict, Conflict),
        (413, "", TooLarge, TooLarge),
        (429, "rateLimitExceeded", RateLimited, RateLimited),
        (500, "backendError", OutcomeUnknown, TransientError),
        (503, "backendError", TransientError, TransientError),
        (504, "", OutcomeUnknown, TransientError),
        (302, "", BadResponse, BadResponse),
        (418, "", BadResponse, BadResponse),
    ],
)
def test_a_reason_says_what_the_platform_does_next(status, reason, acting, reading):
    for acts, expected in ((True, acting), (False, reading)):
        error = refusal(status, told(reason), None, NOW, acts=acts)
        assert type(error) is expected
        assert_explained(GOOGLE_CALENDAR, error.code, error.params)


def test_without_a_time_to_wait_the_longest_pause_of_googles_advice_is_made():
    assert refusal(403, told("rateLimitExceeded"), None, NOW, acts=True).retry_after == PAUSE
    assert refusal(429, b"", "3", NOW, acts=True).retry_after == timedelta(seconds=3)
    assert refusal(429, b"", "Tue, 24 Nov 2026 12:01:00 GMT", NOW, acts=True).retry_after == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "error", "kind", "code"),
    [
        (400, "invalid_grant", AuthError, "reconnect_needed"),
        (401, "invalid_client", AuthError, "client_refused"),
        (401, "unauthorized_client", AuthError, "delegation_missing"),
        (400, "something_new", AuthError, "sign_in_refused"),
        (400, "", BadResponse, "unexpected_status"),
        (429, "", RateLimited, "rate_limited"),
        (500, "internal_failure", TransientError, "unavailable"),
    ],
)
def test_the_token_endpoint_says_whether_to_ask_the_person(status, error, kind, code):
    refused = grant_refusal(status, json.dumps({"error": error}).encode(), None, NOW)
    assert (type(refused), refused.code) == (kind, code)
    assert_explained(GOOGLE_CALENDAR, refused.code, refused.params)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (told("invalid"), ("invalid", "invalid: Words")),
        (b'{"error": "invalid_grant"}', ("", '{"error": "invalid_grant"}')),
        (b'{"error": {"message": "Only words"}}', ("", "Only words")),
        (b"<html>\n  Oops</html>", ("", "<html> Oops</html>")),
        (b"\xff", ("", "�")),
        (b"[[[", ("", "[[[")),
    ],
)
def test_the_vendors_own_words_are_kept(body, words):
    assert complaint(body) == words


@given(st.integers(100, 599), st.binary() | st.just(b'{"error":{"errors":[7]}}'), st.none() | st.text(), st.booleans())
def test_any_refusal_is_an_error_of_the_contract(status, body, retry_after, acts):
    for error in (refusal(status, body, retry_after, NOW, acts=acts), grant_refusal(status, body, retry_after, NOW)):
        assert isinstance(error, ProviderError)
        assert len(error.detail) <= 500
