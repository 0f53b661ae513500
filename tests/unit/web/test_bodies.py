"""What a caller may send as JSON: nothing that breaks the reader, and nothing that no database takes."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.problems import Invalid, Problem
from xrm_platform.web import bodies
from xrm_platform.web.bodies import LARGEST_INTEGER, MAX_DEPTH, UNSTORABLE, faults_of, parse_json
from xrm_platform.web.refusals import Unreadable

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters()), inner, max_size=4),
    max_leaves=20,
)


@given(ANYTHING)
def test_any_json_value_is_read_as_it_is_or_refused_by_a_problem(value: object) -> None:
    try:
        read = parse_json(json.dumps(value).encode())
    except Problem:
        return
    assert read == value
    assert not UNSTORABLE.search(json.dumps(read, ensure_ascii=False))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_a_problem(body: bytes) -> None:
    with contextlib.suppress(Invalid, Unreadable):
        parse_json(body)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 2, 5_000, 200_000])
def test_deep_nesting_is_refused_however_deep(opening: bytes, depth: int) -> None:
    closing = b"]" if opening == b"[" else b"}"
    with pytest.raises(Unreadable) as refused:
        parse_json(opening * depth + b"1" + closing * depth)
    assert refused.value.code == "json_too_deep"


def test_nesting_within_the_limit_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        (b'{"name": "a\\u0000b"}', "name", "text_unstorable"),
        (b'{"to": ["fine", "\\ud800"]}', "to.1", "text_unstorable"),
        (b'{"a\\u0000": 1}', "body", "text_unstorable"),
        (b'{"settings": {"port": 9223372036854775808}}', "settings.port", "number_too_large"),
        (b'{"port": ' + b"9" * 10_000 + b"}", "port", "number_too_large"),
        (b'{"ratio": 1e999}', "ratio", "number_too_large"),
        (b'"\\u0000"', "body", "text_unstorable"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_place(body: bytes, field: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_json(body)
    assert {name: fault.code for name, fault in refused.value.fields.items()} == {field: code}


def test_more_values_than_anybody_has_to_say_are_refused_before_they_take_memory(monkeypatch) -> None:
    monkeypatch.setattr(bodies, "MOST_PARTS", 3)

    assert parse_json(b"[1,2,3,4]") == [1, 2, 3, 4]
    with pytest.raises(Unreadable, match="json_too_many_parts"):
        parse_json(b"[1,2,3,4,5]")


def test_integers_of_64_bits_are_read() -> None:
    assert parse_json(f"[{LARGEST_INTEGER}, {-LARGEST_INTEGER - 1}]".encode()) == [
        LARGEST_INTEGER,
        -LARGEST_INTEGER - 1,
    ]


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b'{"a": -Infinity}', b"{", b"\xff", b"\xef\xbb\xbf{}", b"'a'"])
def test_what_is_not_json_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        parse_json(body)
    assert refused.value.code == "json_unreadable"


def test_nested_messages_become_paths_with_their_first_sentence() -> None:
    messages = {
        "to": {0: ["Not a valid string.", "Longer than maximum length 9."]},
        "attachments": {1: {"filename": ["Missing data for required field."]}},
        "_schema": ["Invalid input type."],
    }
    assert faults_of(messages) == {
        "to.0": "Not a valid string.",
        "attachments.1.filename": "Missing data for required field.",
        "body": "Invalid input type.",
    }
