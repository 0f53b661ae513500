"""Numbers of phones of every kind, as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.phones import Phone, PhoneKind, phone_of, shown, shown_at_home
from xrm_platform.problems import Fault


@pytest.mark.parametrize(
    ("written", "number", "kind"),
    [
        ("06 12 34 56 78", "+33612345678", PhoneKind.MOBILE),
        ("01.42.68.53.00", "+33142685300", PhoneKind.LANDLINE),
        ("+33 (0)1 42 68 53 00", "+33142685300", PhoneKind.LANDLINE),
        ("0262 20 12 34", "+262262201234", PhoneKind.LANDLINE),
        ("0692 12 34 56", "+262692123456", PhoneKind.MOBILE),
        ("09 39 03 12 34", "+33939031234", PhoneKind.OTHER),
        ("+1 201 555 0123", "+12015550123", PhoneKind.MOBILE),
    ],
)
def test_a_number_is_known_with_its_kind(written, number, kind):
    assert phone_of(written, "FR") == Phone(number, kind)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("36 15", "number_impossible"),
        ("bonjour", "number_unreadable"),
        ("01 42 68 53 00 ext. 12", "number_unreadable"),
        ("0" * 100, "number_unreadable"),
    ],
)
def test_what_is_no_number_is_refused_with_the_reason(written, code):
    refused = phone_of(written, "FR")

    assert isinstance(refused, Fault)
    assert refused.code == code


@given(st.text(max_size=60))
def test_any_text_gives_a_number_or_a_reason(text):
    phone = phone_of(text, "FR")

    assert isinstance(phone, Fault) or phone_of(phone.number, "FR") == phone


def test_a_number_is_shown_as_people_write_it():
    assert shown("+33612345678") == "+33 6 12 34 56 78"
    assert shown_at_home("+33612345678") == "06 12 34 56 78"
    assert shown("38123") == "38123"
