"""What an account may be set to."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings, is_loopback

from xrm_platform.testing.translations import assert_explained


@pytest.mark.parametrize(("security", "port"), [("tls", 465), ("starttls", 587), ("none", 25)])
def test_a_port_left_empty_is_the_usual_one(security: str, port: int) -> None:
    assert SmtpSettings().load({"host": "smtp.example.com", "port": "", "security": security})["port"] == port


def test_without_authentication_is_user_name_and_password_left_empty() -> None:
    loaded = SmtpSettings().load({"host": " smtp.example.com ", "username": "", "password": ""})
    assert loaded == {
        "host": "smtp.example.com",
        "security": "tls",
        "port": 465,
        "username": None,
        "password": None,
        "ca_file": None,
        "receive": "none",
        "receive_host": None,
        "receive_security": "tls",
        "receive_port": None,
        "receive_username": None,
        "receive_password": None,
        "sign_in": "password",
        "client_id": None,
        "client_secret": None,
        "tenant": None,
        "auth_url": None,
        "token_url": None,
        "dkim_domain": None,
        "dkim_selector": None,
        "dkim_key": None,
    }


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"port": 465, "security": "starttls"}, "security", "port_465_needs_tls"),
        ({"port": 465, "security": "none"}, "security", "port_465_needs_tls"),
        ({"port": 587, "security": "tls"}, "security", "port_587_needs_starttls"),
        ({"port": 587, "security": "none"}, "security", "port_587_needs_starttls"),
        ({"port": 0}, "port", "not_a_port"),
        ({"port": "smtp"}, "port", "not_a_port"),
        ({"security": "ssl"}, "security", "not_a_security"),
        ({"host": "https://smtp.example.com/"}, "host", "not_a_host"),
        ({"host": "smtp.example.com:465"}, "host", "not_a_host"),
        ({"host": "smtp.example.com\r\nEHLO x"}, "host", "not_a_host"),
        ({"username": "com"}, "password", "username_without_password"),
        ({"password": "secret"}, "username", "password_without_username"),
        ({"username": "com", "password": "secret", "security": "none"}, "security", "password_in_clear"),
    ],
)
def test_settings_that_do_not_fit_together_say_what_to_change(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmtpSettings().load({"host": "smtp.example.com", **changes})
    assert caught.value.messages == {field: [code]}
    assert_explained(SMTP, code, {})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "127.8.9.10"])
def test_a_password_in_clear_may_stay_within_the_machine(host: str) -> None:
    assert is_loopback(host)
    SmtpSettings().load({"host": host, "security": "none", "username": "com", "password": "secret"})


@pytest.mark.parametrize("host", ["localhost.example.com", "128.0.0.1", "127.0.0.1.example.com", "0.0.0.0"])
def test_no_other_host_passes_for_this_machine(host: str) -> None:
    assert not is_loopback(host)


def test_spaces_of_a_password_are_kept() -> None:
    assert SmtpSettings().load({"host": "a.b", "username": "com", "password": " s "})["password"] == " s "
