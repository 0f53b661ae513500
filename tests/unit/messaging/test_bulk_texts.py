"""Texts with fields, held to properties: what goes in comes out, and nothing is lost on the way."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.bulk.merge_fields import Slot, bound, filled, template_of
from xrm_platform.messaging.bulk.people import contact_key, read_people
from xrm_platform.problems import Fault, Invalid

PLAIN = st.text(st.characters(exclude_characters="{}", exclude_categories=("Cs",)))
NAMES = st.sampled_from(["prenom", "Prénom", "first name", "FIRST_NAME"])


@given(PLAIN)
def test_a_text_without_braces_is_said_as_it_is(text):
    assert filled(template_of(text), {}) == text


@given(st.text())
def test_any_text_with_its_braces_doubled_is_said_as_it_is(text):
    assert filled(template_of(text.replace("{", "{{").replace("}", "}}")), {}) == text


@given(st.text())
def test_any_text_is_understood_or_refused(text):
    with contextlib.suppress(Invalid):
        assert all(isinstance(piece, str | Slot) for piece in template_of(text))


@given(PLAIN, NAMES, PLAIN)
def test_a_field_is_found_however_it_is_written(before, name, after):
    template = bound(template_of(f"{before}{{{name}}}{after}"), contact_key, ())

    assert filled(template, {"first_name": "Léa"}) == f"{before}Léa{after}"


@pytest.mark.parametrize(
    ("text", "value", "said"),
    [
        ("{prenom|vous}", "", "vous"),
        ("{prenom|vous}", " ", "vous"),
        ("{prenom|}", "", ""),
        ("{prenom|vous}", "Léa", "Léa"),
        ("{prenom}", "Anne \u00a0\n Marie", "Anne Marie"),
        ("{prenom}", "{nom}", "{nom}"),
    ],
)
def test_a_default_stands_for_what_is_empty_and_values_are_not_read_again(text, value, said):
    assert filled(bound(template_of(text), contact_key, ()), {"first_name": value}) == said


def test_an_empty_value_without_default_is_named():
    fault = filled(bound(template_of("{Prénom}"), contact_key, ()), {})

    assert fault == Fault("merge_field_empty", {"field": "Prénom"})


def people_of(text: str, column: str | None = None):
    file = read_people(io.BytesIO(text.encode()), "FR", column)
    return file, list(file.people)


def test_a_mobile_number_is_preferred_to_another_one():
    _, people = people_of("telephone;mobile\n0145678901;0612345678\n0612345679;\n0145678901;\n")

    assert [one.address if isinstance(one.address, str) else one.address.code for one in people] == [
        "+33612345678",
        "+33612345679",
        "number_not_mobile",
    ]


def test_a_number_that_excel_guarded_is_read_and_a_broken_line_says_so():
    _, people = people_of("mobile;prenom\n'+33612345678;Léa\n0612345678;Léa;zu viel\n")

    assert people[0].address == "+33612345678"
    assert people[1].address.code == "csv_too_many_cells"


def test_a_column_is_found_by_what_it_holds_in_the_other_language():
    file, _ = people_of("mobile;prénom;code postal\n0612345678;Léa;69003\n")

    assert [file.key_of(name) for name in ("first name", "code postal", "sender", "ville")] == [
        "prenom",
        "code postal",
        "sender",
        None,
    ]
