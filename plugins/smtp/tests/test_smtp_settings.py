"""What an account may be set to."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from xrm_smtp.handover.descriptors import OUTLOOK
from xrm_smtp.handover.settings import HandoverSettings
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
        ({"port": 25, "security": "tls"}, "security", "port_25_needs_starttls"),
        ({"port": 993}, "port", "port_993_is_imap"),
        ({"port": 110, "security": "starttls"}, "port", "port_110_is_pop"),
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


@pytest.mark.parametrize(
    ("receive", "port", "security", "field", "code"),
    [
        ("imap", 993, "starttls", "receive_security", "port_993_needs_tls"),
        ("imap", 143, "tls", "receive_security", "port_143_needs_starttls"),
        ("imap", 995, "tls", "receive_port", "port_995_is_pop"),
        ("imap", 465, "tls", "receive_port", "port_465_is_smtp"),
        ("imap", 25, "none", "receive_port", "port_25_is_smtp"),
        ("pop", 995, "none", "receive_security", "port_995_needs_tls"),
        ("pop", 110, "tls", "receive_security", "port_110_needs_starttls"),
        ("pop", 143, "starttls", "receive_port", "port_143_is_imap"),
        ("pop", 587, "starttls", "receive_port", "port_587_is_smtp"),
    ],
)
def test_a_port_of_the_mailbox_that_contradicts_says_what_to_change(
    receive: str, port: int, security: str, field: str, code: str
) -> None:
    given = {"receive": receive, "receive_host": "a.b", "receive_port": port, "receive_security": security}
    for schema, descriptor, server in ((SmtpSettings, SMTP, {"host": "a.b"}), (HandoverSettings, OUTLOOK, {})):
        with pytest.raises(ValidationError) as caught:
            schema().load({**server, **given, "receive_username": "com", "receive_password": "secret"})
        assert caught.value.messages == {field: [code]}
        assert_explained(descriptor, code, {})


@pytest.mark.parametrize(("security", "port"), [("none", 143), ("starttls", 143), ("tls", 993), ("tls", 10993)])
def test_a_port_of_the_mailbox_that_fits_is_taken(security: str, port: int) -> None:
    given = {"receive": "imap", "receive_host": "127.0.0.1", "receive_port": port, "receive_security": security}
    HandoverSettings().load({**given, "receive_username": "com", "receive_password": "secret"})


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "::1", "127.8.9.10"])
def test_a_password_in_clear_may_stay_within_the_machine(host: str) -> None:
    assert is_loopback(host)
    SmtpSettings().load({"host": host, "security": "none", "username": "com", "password": "secret"})


@pytest.mark.parametrize("host", ["localhost.example.com", "128.0.0.1", "127.0.0.1.example.com", "0.0.0.0"])
def test_no_other_host_passes_for_this_machine(host: str) -> None:
    assert not is_loopback(host)


def test_spaces_of_a_password_are_kept() -> None:
    assert SmtpSettings().load({"host": "a.b", "username": "com", "password": " s "})["password"] == " s "
