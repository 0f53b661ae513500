from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_esendex.plugin import ESENDEX
from xrm_esendex.refusals import MessageRefused, NoApi, complaint, refusal, waiting_time

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    InvalidRecipient,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TooLarge,
    TransientError,
)
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACCOUNT = b'{"errors":[{"code":"accountreference_invalid","description":"Invalid Account Reference EX0000000"}]}'
PHONE = b'{"Errors":[{"Code":"phonenumber_missing","Description":"Phone number is missing"}]}'


@pytest.mark.parametrize(
    ("status", "body", "acting", "reading"),
    [
        (400, b"No messages were supplied", MessageRefused, MessageRefused),
        (400, PHONE, InvalidRecipient, InvalidRecipient),
        (400, ACCOUNT, AuthError, AuthError),
        (500, ACCOUNT, AuthError, AuthError),
        (401, b"", AuthError, AuthError),
        (402, b"", QuotaExhausted, QuotaExhausted),
        (403, b"", AuthError, AuthError),
        (404, b"", NoApi, NotFound),
        (405, b"", NoApi, BadResponse),
        (408, b"", TransientError, TransientError),
        (413, b"", TooLarge, TooLarge),
        (429, b"", RateLimited, RateLimited),
        (500, b"", OutcomeUnknown, TransientError),
        (501, b"", NoApi, BadResponse),
        (502, b"<html/>", OutcomeUnknown, TransientError),
        (503, b"", TransientError, TransientError),
        (504, b"", OutcomeUnknown, TransientError),
        (301, b"", NoApi, BadResponse),
        (418, b"", BadResponse, BadResponse),
    ],
)
def test_a_status_says_what_the_platform_does_next(status, body, acting, reading):
    for acts, expected in ((True, acting), (False, reading)):
        error = refusal(status, body, None, NOW, acts=acts)
        assert isinstance(error, expected)
        assert type(error) is expected or issubclass(expected, AuthError)
        assert_explained(ESENDEX, error.code, error.params)


def test_503_with_a_time_to_wait_is_waited_for():
    error = refusal(503, b"", "30", NOW, acts=True)
    assert isinstance(error, RateLimited)
    assert error.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("written", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("Tue, 24 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Tue, 24 Nov 2026 11:00:00 GMT", timedelta()),
        ("99999999999999999999", timedelta(days=1)),
        ("Tue, 24 Nov 2099 12:01:00 GMT", timedelta(days=1)),
        ("Tue, 24 Nov 2026 12:01:00 -0000", None),
        ("soon", None),
        ("-1", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(written, wait):
    assert waiting_time(written, NOW) == wait


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (ACCOUNT, "accountreference_invalid: Invalid Account Reference EX0000000"),
        (b"<response xmlns='urn:x'><errors><error><code>a</code></error></errors></response>", "a"),
        (b"<errors><error><code>a</code><description>b</description></error></errors>", "a: b"),
        (b"<errors><error><code>a</code></error><error><code>c</code></error></errors>", "a; c"),
        (b"No messages\r\nwere supplied", "No messages were supplied"),
        (b'{"errors":[]}', '{"errors":[]}'),
        (b"x" * 5000, "x" * 500),
        (b"\xff\x00", "�\x00"),
    ],
)
def test_the_vendors_own_words_are_kept_short(body, told):
    assert complaint(body) == told


@given(st.integers(100, 599), st.binary(), st.none() | st.text(), st.booleans())
def test_any_refusal_is_an_error_of_the_contract(status, body, retry_after, acts):
    error = refusal(status, body, retry_after, NOW, acts=acts)
    assert isinstance(error, ProviderError)
    assert len(error.detail) <= 500
