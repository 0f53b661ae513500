"""The services whose settings are known."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from xrm_smtp.handover.descriptors import OUTLOOK
from xrm_smtp.handover.settings import HandoverSettings
from xrm_smtp.plugin import SMTP
from xrm_smtp.presets import MAILBOX_PRESETS, PRESETS
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import Preset
from xrm_platform.testing.translations import LANGUAGES, read_translations

ADDRESS = "camille@acme.example"
MISSING = {
    "password": {"password": "x"},
    "microsoft": {"client_id": "x"},
}

BY_NAME = {preset.name: preset for preset in PRESETS}


def named(preset: Preset) -> str:
    return preset.name


def loaded(preset: Preset, **given: Any) -> dict[str, Any]:
    """An account as a person would make it: the preset, what they decided, and the secret."""
    settings = {**preset.filled(ADDRESS, given), **given}
    user = {} if preset.from_address else {"username": "key"}
    complete: dict[str, Any] = SmtpSettings().load({**settings, **user, **MISSING[settings.get("sign_in", "password")]})
    return complete


@pytest.mark.parametrize("preset", PRESETS, ids=named)
def test_an_account_can_be_set_so(preset: Preset) -> None:
    settings = loaded(preset)
    assert settings["security"] in {"tls", "starttls"}
    assert settings["receive_security"] == "tls"


@pytest.mark.parametrize("preset", PRESETS, ids=named)
def test_mail_need_not_come_in(preset: Preset) -> None:
    assert loaded(preset, receive="none")["receive_host"] is None


@pytest.mark.parametrize("preset", PRESETS, ids=named)
def test_every_hint_is_said_in_both_languages(preset: Preset) -> None:
    assert preset.hints
    for language in LANGUAGES:
        assert set(preset.hints) <= read_translations(SMTP, language)["hints"].keys()


def test_no_hint_is_said_for_nothing() -> None:
    used = {hint for preset in PRESETS for hint in preset.hints}
    assert read_translations(SMTP, "en")["hints"].keys() == used | {"found"}


def test_names_and_domains_are_of_one_service_each() -> None:
    domains = [domain for preset in PRESETS for domain in preset.domains]
    assert len(BY_NAME) == len(PRESETS)
    assert len(set(domains)) == len(domains)
    assert all(domain == domain.lower() for domain in domains)


@pytest.mark.parametrize(("name", "user"), [("orange", ADDRESS), ("free", "camille"), ("laposte", "camille")])
def test_the_name_to_sign_in_is_what_the_service_wants(name: str, user: str) -> None:
    assert loaded(BY_NAME[name])["username"] == user


def test_who_receives_by_pop_gets_the_server_for_it() -> None:
    settings = loaded(BY_NAME["orange"], receive="pop")
    assert (settings["receive_host"], settings["receive_port"]) == ("pop.orange.fr", 995)


def test_where_there_is_no_pop_nobody_is_sent_to_the_imap_server_for_it() -> None:
    with pytest.raises(ValidationError) as refused:
        loaded(BY_NAME["icloud"], receive="pop")
    assert "receive_host" in refused.value.messages_dict


def test_microsoft_is_signed_in_to_by_consent() -> None:
    assert loaded(BY_NAME["microsoft365"])["sign_in"] == "microsoft"


def test_a_domain_and_all_below_it_are_told_apart() -> None:
    microsoft = BY_NAME["microsoft365"]
    assert microsoft.serves("acme.onmicrosoft.com")
    assert not microsoft.serves("notonmicrosoft.com")
    assert not BY_NAME["orange"].serves("mail.orange.fr")
    assert BY_NAME["ovh"].hosts("mx1.mail.ovh.net")


@pytest.mark.parametrize("preset", MAILBOX_PRESETS, ids=named)
def test_the_mailbox_of_somebodys_mail_software_can_be_set_so(preset: Preset) -> None:
    settings = preset.filled(ADDRESS)
    by_consent = "sign_in" in settings
    given = MISSING["microsoft"] if by_consent else {"receive_password": "x"}
    loaded_settings = HandoverSettings().load({**settings, **given})
    assert loaded_settings["receive"] == "imap"
    assert set(preset.hints) <= read_translations(OUTLOOK, "fr")["hints"].keys()
