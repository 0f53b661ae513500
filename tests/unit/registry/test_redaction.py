"""No secret survives, in whatever form a vendor or a library writes it."""

import base64
import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.providers import Channel, ProviderDescriptor, ProviderSettings, secret
from xrm_platform.registry import redacted, secret_values
from xrm_platform.registry.redaction import where

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="*"), min_size=6, max_size=40)


@given(SECRETS, st.text(max_size=20), st.text(max_size=20))
def test_a_secret_is_gone_from_any_text(value, before, after):
    assert value not in redacted(f"{before}{value}{after}", {value})


@pytest.mark.parametrize(
    "write", [lambda one: quote(one, safe=""), lambda one: urlencode({"q": one}), json.dumps, repr]
)
@given(value=SECRETS)
def test_a_secret_is_gone_from_urls_json_and_reprs(write, value):
    written = write(value)

    left = redacted(f"<{written}>", {value})

    assert "***" in left
    assert written not in left


@given(value=SECRETS, user=st.text(max_size=12))
def test_a_basic_authorization_header_shows_the_user_at_most(value, user):
    public, whole = f"{user}:".encode(), f"{user}:{value}".encode()

    left = redacted(f"Basic {base64.b64encode(whole).decode()}", {value})

    assert "***" in left
    before, *_, after = left.removeprefix("Basic ").split("***")
    assert len(before) <= -(-len(public) * 8 // 6)
    assert len(after.rstrip("=")) <= 1


@given(st.text())
def test_text_without_secrets_is_untouched(text):
    assert redacted(text, frozenset()) == text


def test_a_secret_that_contains_another_is_removed_whole():
    assert redacted("abcdef-ghijkl abcdef", {"abcdef", "abcdef-ghijkl"}) == "*** ***"


def test_the_secret_values_of_an_account_are_those_of_the_secret_fields_that_are_set():
    class Settings(ProviderSettings):
        password = secret()
        token = secret()

    descriptor = ProviderDescriptor("acme", Channel.SMS, "Acme", Settings)

    assert secret_values(descriptor, {"password": "p4ss", "token": "", "user": "ann"}) == {"p4ss"}


def test_where_an_error_happened_is_told_with_its_causes_and_without_their_words():
    def inner():
        raise ValueError("quoth")

    try:
        try:
            inner()
        except ValueError as error:
            raise RuntimeError("quoth I") from error
    except RuntimeError as error:
        places = where(error)

    assert [place for place in places if " in " not in place] == ["RuntimeError", "ValueError"]
    assert any(place.endswith("in inner") for place in places)
    assert "quoth" not in str(places)
