import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.web.languages import negotiated


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        ("", "fr", "fr"),
        ("en", "fr", "en"),
        ("fr-CA,fr;q=0.9", "en", "fr"),
        ("de, en;q=0.5, fr;q=0.7", "en", "fr"),
        ("de", "fr", "fr"),
        ("*", "en", "en"),
        ("en;q=0, fr;q=0.1", "en", "fr"),
        ("EN-gb", "fr", "en"),
        ("en;q=x", "fr", "fr"),
        ("en;q=nan", "fr", "fr"),
        ("en;q=7", "fr", "fr"),
    ],
)
def test_the_best_of_our_languages_is_taken(header: str, default: str, language: str) -> None:
    assert negotiated(header, default) == language


@given(st.text(), st.sampled_from(["fr", "en"]))
def test_no_header_gives_anything_but_one_of_our_languages(header: str, default: str) -> None:
    assert negotiated(header, default) in {"fr", "en"}
