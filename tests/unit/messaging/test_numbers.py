"""From numbers as people write them to numbers that an SMS reaches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.sms.numbers import mobile_number
from xrm_platform.problems import Fault


@pytest.mark.parametrize(
    ("given_number", "expected"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("0033 6 12 34 56 78", "+33612345678"),
        ("33612345678", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0692 12 34 56", "+262692123456"),
        ("0696 20 12 34", "+596696201234"),
        ("0639 01 23 45", "+262639012345"),
        ("+687 75 12 34", "+687751234"),
        ("+508 55 12 34", "+508551234"),
        ("+44 7400 123456", "+447400123456"),
    ],
)
def test_mobile_numbers_of_france_overseas_and_abroad(given_number, expected):
    assert mobile_number(given_number, "FR") == expected


@pytest.mark.parametrize(
    ("given_number", "code"),
    [
        ("01 42 68 53 00", "number_not_mobile"),
        ("36 15", "number_impossible"),
        ("38123", "number_impossible"),
        ("06 12 34", "number_impossible"),
        ("hello", "number_unreadable"),
        ("", "number_unreadable"),
        ("0" * 100, "number_unreadable"),
    ],
)
def test_what_no_sms_reaches_is_refused_with_the_reason(given_number, code):
    refused = mobile_number(given_number, "FR")

    assert isinstance(refused, Fault)
    assert refused.code == code


def test_overseas_is_only_guessed_from_mainland_france():
    assert isinstance(mobile_number("0692 12 34 56", "DE"), Fault)


@given(st.text(max_size=60))
def test_any_text_gives_a_number_or_a_reason(text):
    number = mobile_number(text, "FR")

    assert isinstance(number, Fault) or mobile_number(number, "FR") == number
