"""Settings of an account: what is accepted, what is stored, what may be seen."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError, fields, validate, validates_schema

from xrm_platform.accounts.settings import changes_between, checked, current, loaded, merged, shown
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Channel, PermanentError, ProviderDescriptor, ProviderSettings, secret


def even(port: int) -> None:
    if port % 2:
        raise ValidationError("port_odd")


class Postcard(ProviderSettings):
    version = 2

    host = fields.String(required=True, validate=validate.Length(min=1))
    port = fields.Integer(load_default=25, validate=even)
    copies = fields.List(fields.Email())
    username = fields.String()
    note = fields.String(allow_none=True)
    password = secret(validate=validate.Length(min=1))

    @classmethod
    def migrate(cls, data: dict[str, Any], from_version: int) -> dict[str, Any]:
        if from_version < 2:
            data = {**data, "host": data.get("server")}
        return data

    @validates_schema
    def _together(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("password") and not data.get("username"):
            raise ValidationError("A password needs a username.")


POSTCARD = ProviderDescriptor("postcard", Channel.MAIL, "Postcards", Postcard, translations="xrm_postcard")


def accepted(settings: dict[str, Any]) -> dict[str, Any]:
    return checked(POSTCARD, settings, lambda code: code == "port_odd")


def refused(settings: dict[str, Any]) -> dict[str, Fault | str]:
    with pytest.raises(Invalid) as caught:
        accepted(settings)
    return caught.value.fields


def test_settings_are_stored_as_the_schema_writes_them_and_without_defaults() -> None:
    assert accepted({"host": "mail.example", "port": "26"}) == {"host": "mail.example", "port": 26}
    assert accepted({"host": "mail.example"}) == {"host": "mail.example"}


def test_a_secret_is_stored_as_it_was_given() -> None:
    stored = accepted({"host": "mail.example", "username": "me", "password": "pa$s"})
    assert stored["password"] == "pa$s"


def test_unknown_wrong_and_missing_settings_are_refused_each_at_its_field() -> None:
    assert refused({"hots": "mail.example", "port": "many"}) == {
        "settings.host": "Missing data for required field.",
        "settings.hots": "Unknown field.",
        "settings.port": "Not a valid integer.",
    }


def test_what_is_wrong_inside_a_list_names_its_place() -> None:
    faults = refused({"host": "h", "copies": ["a@b.example", "nobody"]})
    assert faults == {"settings.copies.1": "Not a valid email address."}


def test_what_is_wrong_with_the_settings_together_stands_at_settings() -> None:
    assert refused({"host": "h", "password": "p"}) == {"settings": "A password needs a username."}


def test_a_message_that_is_a_code_of_the_plugin_becomes_a_fault_of_its_package() -> None:
    assert refused({"host": "h", "port": 27}) == {"settings.port": Fault("port_odd", package="xrm_postcard")}


def test_a_message_that_only_looks_like_a_code_stays_a_sentence() -> None:
    with pytest.raises(Invalid) as caught:
        checked(POSTCARD, {"host": "h", "port": 27}, lambda _: False)
    assert caught.value.fields == {"settings.port": "port_odd"}


def test_without_translations_a_plugin_has_no_codes() -> None:
    with pytest.raises(Invalid) as caught:
        checked(replace(POSTCARD, translations=""), {"host": "h", "port": 27}, lambda _: True)
    assert caught.value.fields == {"settings.port": "port_odd"}


def test_settings_that_json_cannot_hold_are_refused() -> None:
    class Anything(ProviderSettings):
        value = fields.Raw()

    with pytest.raises(Invalid) as caught:
        checked(ProviderDescriptor("any", Channel.MAIL, "Any", Anything), {"value": b"\x00"}, lambda _: False)
    assert caught.value.fields == {"settings": Fault("settings_not_json")}


def test_a_change_keeps_what_it_does_not_name() -> None:
    stored = {"host": "a", "username": "me", "password": "p"}
    assert merged(Postcard, stored, {"host": "b"}) == {"host": "b", "username": "me", "password": "p"}


def test_none_removes_a_setting_which_falls_back_to_its_default() -> None:
    stored = {"host": "a", "port": 26, "username": "me", "password": "p"}
    assert merged(Postcard, stored, {"password": None, "port": None}) == {"host": "a", "username": "me"}


def test_none_stays_where_the_schema_takes_it_for_a_value() -> None:
    assert merged(Postcard, {"host": "a", "note": "n"}, {"note": None}) == {"host": "a", "note": None}


def test_none_for_an_unknown_setting_is_left_to_the_schema_to_refuse() -> None:
    assert refused(merged(Postcard, {"host": "a"}, {"hots": None})) == {"settings.hots": "Unknown field."}


def test_older_settings_are_migrated_and_what_no_longer_exists_is_left_out() -> None:
    assert current(Postcard, {"server": "a", "port": 26}, 1) == {"host": "a", "port": 26}


def test_settings_of_the_present_version_are_not_migrated() -> None:
    assert current(Postcard, {"host": "b", "server": "a"}, 2) == {"host": "b"}


def test_a_driver_gets_complete_settings_of_the_present_version() -> None:
    assert loaded(Postcard, {"server": "a", "password": "p", "username": "me"}, 1) == {
        "host": "a",
        "port": 25,
        "password": "p",
        "username": "me",
    }


def test_stored_settings_that_no_longer_fit_are_refused_by_name_and_without_values() -> None:
    with pytest.raises(PermanentError) as caught:
        loaded(Postcard, {"port": 27, "password": "hunter2"}, 2)
    assert (caught.value.code, caught.value.params) == ("settings_outdated", {"fields": "host, port"})
    assert "hunter2" not in repr(caught.value)


def test_a_secret_is_audited_as_stars_and_only_when_it_changed() -> None:
    before = {"host": "a", "password": "old"}
    assert changes_between(Postcard, before, {"host": "b", "password": "new"}) == {
        "settings.host": ["a", "b"],
        "settings.password": ["***", "***"],
    }
    assert changes_between(Postcard, before, {"host": "a"}) == {"settings.password": ["***", None]}
    assert changes_between(Postcard, before, dict(before)) == {}


def test_a_field_that_only_goes_in_counts_as_a_secret() -> None:
    class Tokens(ProviderSettings):
        token = fields.String(load_only=True)
        key = fields.String(metadata={"secret": True}, data_key="api-key")

    assert shown(Tokens, {"token": "t", "api-key": "k"}) == ({}, ("api-key", "token"))


@given(
    st.fixed_dictionaries(
        {"host": st.text(min_size=1)},
        optional={
            "port": st.integers(0, 1000).map(lambda half: 2 * half),
            "username": st.text(min_size=1),
            "password": st.text(min_size=20).filter(lambda text: text.isprintable()),
        },
    ).filter(lambda settings: "password" not in settings or "username" in settings)
)
def test_stored_settings_load_to_the_same_as_those_given_and_show_no_secret(settings: dict[str, Any]) -> None:
    stored = json.loads(json.dumps(accepted(settings)))
    assert Postcard().load(stored) == Postcard().load(settings)
    visible, names = shown(Postcard, stored)
    assert "password" not in visible
    assert names == (("password",) if "password" in settings else ())
