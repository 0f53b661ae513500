"""What an installation may set."""

from __future__ import annotations

import pytest

from xrm_platform.config import Config, ConfigError


@pytest.mark.parametrize(
    ("variable", "given", "code"),
    [
        ("XRM_DATABASE_URL", "mysql://u:p4ss@h/x", "config_database_url"),
        ("XRM_DATABASE_URL", "postgresql://u:p4ss@127.0.0.1:abc/x", "config_database_url"),
        ("XRM_DATABASE_URL", "xrm.db", "config_database_url"),
        ("XRM_PUBLIC_URL", "example.com", "config_public_url"),
        ("XRM_PUBLIC_URL", "https://", "config_public_url"),
        ("XRM_PUBLIC_URL", "https://xrm.acme.example/?a=b", "config_public_url"),
        ("XRM_PUBLIC_URL", "https://xrm acme.example", "config_public_url"),
        ("XRM_PUBLIC_URL", "https://☃☃.-é/", "config_public_url"),
        ("XRM_PUBLIC_URL", "https://xrm.acme.example/é", "config_public_url"),
        ("XRM_LANGUAGE", "de", "config_choice"),
        ("XRM_LEASE_SECONDS", "soon", "config_number"),
        ("XRM_LEASE_SECONDS", "0", "config_number"),
        ("XRM_DISABLED_PLUGINS", "a;b", "config_slug"),
        ("XRM_HOEM", "/x", "config_unknown"),
        ("XRM_ICALFOLDERS", "/x", "config_unknown"),
    ],
)
def test_a_variable_that_cannot_be_used_is_named(variable, given, code):
    with pytest.raises(ConfigError) as caught:
        Config.from_environment({variable: given})

    assert (caught.value.code, caught.value.params["variable"]) == (code, variable)
    assert "p4ss" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://xrm.acme.example:8443/xrm/", "https://xrm.acme.example:8443/xrm"),
        ("https://Société.example:8443/xrm", "https://xn--socit-esab.example:8443/xrm"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_the_public_address_is_one_that_a_header_of_a_mail_can_hold(given, used):
    assert Config.from_environment({"XRM_PUBLIC_URL": given}).public_url == used


def test_any_plugin_can_be_disabled_whatever_its_entry_point_is_called():
    config = Config.from_environment({"XRM_DISABLED_PLUGINS": "esendex, erp-hooks, Acme.Sms"})

    assert config.disabled_plugins == {"esendex", "erp-hooks", "Acme.Sms"}


def test_an_installed_plugin_has_variables_of_its_own():
    config = Config.from_environment({"XRM_ICAL_FOLDERS": "/x", "XRM_LANGUAGE": "en"})

    assert config.language == "en"


def test_a_configuration_shows_no_password():
    config = Config.from_environment(
        {"XRM_DATABASE_URL": "postgresql://u:p4ss@h/x", "XRM_SECRET_KEYS": "k3y", "XRM_METRICS_TOKEN": "t0ken"}
    )

    assert not any(secret in repr(config) for secret in ("p4ss", "k3y", "t0ken"))
