"""What contacts are compared and found by."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.contacts.folding import (
    digits_sought,
    fold,
    fold_mail,
    match_key,
    search_text,
    sort_key,
)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Hélène   LE GOFF ", "helene le goff"),
        ("Jean-Pierre", "jean pierre"),
        ("L’Oréal", "l oreal"),
        ("Cœur & Œuvre", "coeur oeuvre"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ｆｕｌｌ", "full"),
        ("李小龍", "李小龍"),
        ("%_\\", ""),
    ],
)
def test_accents_capitals_and_punctuation_make_no_difference(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_capitals_never_make_a_difference(text):
    if text.upper().lower() == text.lower():
        assert fold(text.upper()) == fold(text.lower())


def test_first_and_last_name_exchanged_is_the_same_person():
    assert match_key("Jean", "Dupont", "Acme") == match_key("DUPONT", "jean", "ACME")
    assert match_key("Jean", "Dupont", "Acme") != match_key("Jean", "Dupont", "Other")
    assert match_key("", "", "") == match_key(" ", "-", ".") == ""


def test_a_company_without_a_person_is_sorted_by_its_name():
    assert sort_key("Zoé", "Martin", "Acme") == "martin zoe"
    assert sort_key("", "", "Acme") == "acme"


def test_mail_addresses_differ_neither_by_capitals_nor_by_the_spelling_of_the_domain():
    assert fold_mail("Marie@Société.example") == fold_mail("marie@xn--socit-esab.EXAMPLE")


@pytest.mark.parametrize(
    "written", ["06 12 34 56 78", "+33612345678", "0033 6 12 34 56 78", "+33 (0)6.12.34.56.78", "345678", "0612"]
)
def test_a_number_is_found_in_any_spelling(written):
    text = search_text([], ["+33612345678"])

    assert any(digits in text for digits in digits_sought(written, "FR"))


@pytest.mark.parametrize("written", ["Dupont", "75", "", "rue 1234", "+"])
def test_what_is_no_number_is_not_looked_for_as_one(written):
    assert digits_sought(written, "FR") == ()
