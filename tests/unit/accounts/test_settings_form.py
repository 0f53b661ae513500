"""The form that a schema makes."""

import enum

from marshmallow import fields, validate

from xrm_platform.accounts.settings_form import SettingView, settings_form
from xrm_platform.providers import ProviderSettings, secret


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


class EveryKind(ProviderSettings):
    host = fields.String(required=True)
    port = fields.Integer(load_default=587)
    encrypted = fields.Boolean(load_default=True)
    security = fields.String(load_default="tls", validate=validate.OneOf(("none", "tls")))
    colour = fields.Enum(Colour)
    colour_value = fields.Enum(Colour, by_value=True, load_default=Colour.BLUE)
    address = fields.Email()
    site = fields.Url(load_default="https://example.com")
    copies = fields.List(fields.Email(), load_default=["a@example.com"])
    days = fields.List(fields.Integer(validate=validate.OneOf((1, 2))))
    password = secret(load_default="never shown")
    made_up = fields.String(load_default=lambda: "computed")
    seen = fields.String(dump_only=True)


def setting(name: str) -> SettingView:
    (found,) = [one for one in settings_form(EveryKind) if one.name == name]
    return found


def test_settings_come_in_the_order_of_the_schema_without_those_that_cannot_be_given() -> None:
    assert [one.name for one in settings_form(EveryKind)] == [name for name in EveryKind().fields if name != "seen"]


def test_each_setting_says_its_type() -> None:
    assert {one.name: one.type for one in settings_form(EveryKind)} == {
        "host": "text",
        "port": "number",
        "encrypted": "boolean",
        "security": "choice",
        "colour": "choice",
        "colour_value": "choice",
        "address": "email",
        "site": "url",
        "copies": "list",
        "days": "list",
        "password": "text",
        "made_up": "text",
    }


def test_choices_are_what_may_be_given() -> None:
    assert setting("security").choices == ("none", "tls")
    assert setting("colour").choices == ("RED", "BLUE")
    assert setting("colour_value").choices == ("r", "b")
    assert setting("days").choices == (1, 2)
    assert setting("host").choices == ()


def test_defaults_are_written_as_they_would_be_given() -> None:
    assert setting("port").default == 587
    assert setting("encrypted").default is True
    assert setting("colour_value").default == "b"
    assert setting("copies").default == ("a@example.com",)


def test_a_computed_default_and_that_of_a_secret_are_not_told() -> None:
    assert setting("made_up").default is None
    assert setting("password").default is None


def test_required_and_secret_and_the_keys_of_the_wording_are_told() -> None:
    assert (setting("host").required, setting("host").secret) == (True, False)
    assert (setting("password").required, setting("password").secret) == (False, True)
    assert (setting("host").label, setting("host").help) == ("host", "host_help")
