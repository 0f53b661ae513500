import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_ovh_sms.plugin import OVH_SMS
from xrm_ovh_sms.refusals import MessageRefused, NoApi, NotGranted, WrongTime, refusal

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    InvalidRecipient,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TransientError,
)
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(code="", message=""):
    return json.dumps({"class": "Client::Forbidden", "errorCode": code, "message": message}).encode()


@pytest.mark.parametrize(
    ("status", "body", "acting", "reading"),
    [
        (403, told("INVALID_KEY"), AuthError, AuthError),
        (403, told("NOT_CREDENTIAL"), AuthError, AuthError),
        (403, told("INVALID_CREDENTIAL"), AuthError, AuthError),
        (400, told("INVALID_SIGNATURE"), AuthError, AuthError),
        (403, told("NOT_GRANTED_CALL"), NotGranted, NotGranted),
        (400, told("QUERY_TIME_OUT"), WrongTime, WrongTime),
        (403, b'{"class":"Client::Forbidden","message":"This application key is invalid"}', AuthError, AuthError),
        (401, b"", AuthError, AuthError),
        (402, b"", QuotaExhausted, QuotaExhausted),
        (403, told(message="You do not have enough credits"), QuotaExhausted, QuotaExhausted),
        (400, told(message="[message] Missing parameter"), MessageRefused, MessageRefused),
        (400, told(message="No valid receiver"), InvalidRecipient, InvalidRecipient),
        (404, told(message="This service does not exist"), NotFound, NotFound),
        (408, b"", TransientError, TransientError),
        (429, b"", RateLimited, RateLimited),
        (500, b"", OutcomeUnknown, TransientError),
        (502, b"<html/>", OutcomeUnknown, TransientError),
        (503, b"", TransientError, TransientError),
        (301, b"", NoApi, BadResponse),
        (418, b"[1]", BadResponse, BadResponse),
    ],
)
def test_an_answer_says_what_the_platform_does_next(status, body, acting, reading):
    for acts, expected in ((True, acting), (False, reading)):
        error = refusal(status, body, None, NOW, acts=acts)
        assert type(error) is expected
        assert_explained(OVH_SMS, error.code, error.params)


@given(st.integers(100, 599), st.binary() | st.builds(told, st.text(), st.text()), st.none() | st.text(), st.booleans())
def test_any_refusal_is_an_error_of_the_contract(status, body, retry_after, acts):
    error = refusal(status, body, retry_after, NOW, acts=acts)
    assert isinstance(error, ProviderError)
    assert len(error.detail) <= 500
