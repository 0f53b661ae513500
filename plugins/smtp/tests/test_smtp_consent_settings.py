"""What an account that signs in by consent may be set to."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from xrm_smtp.access import access_of
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings

from xrm_platform.testing.translations import assert_explained

GOOGLE = {
    "host": "smtp.gmail.com",
    "sign_in": "google",
    "username": "com@example.com",
    "client_id": "id",
    "client_secret": "secret",
}
MICROSOFT = {**GOOGLE, "host": "smtp.office365.com", "security": "starttls", "sign_in": "microsoft"}


def test_no_password_is_asked_for() -> None:
    assert SmtpSettings().load(GOOGLE)["password"] is None
    assert SmtpSettings().load(MICROSOFT)["tenant"] is None


@pytest.mark.parametrize(
    "tenant", ["common", "organizations", "acme.onmicrosoft.com", "8eaef023-2b34-4da1-9baa-8bc8c9d6a490"]
)
def test_a_tenant_is_a_name_or_an_identifier(tenant: str) -> None:
    assert SmtpSettings().load({**MICROSOFT, "tenant": tenant})["tenant"] == tenant


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({**GOOGLE, "sign_in": "oauth"}, "sign_in", "not_a_sign_in"),
        ({**GOOGLE, "password": "secret"}, "password", "password_with_consent"),
        ({**GOOGLE, "username": ""}, "username", "consent_without_user"),
        ({**GOOGLE, "client_id": ""}, "client_id", "client_missing"),
        ({**GOOGLE, "client_secret": ""}, "client_secret", "client_secret_missing"),
        ({**GOOGLE, "tenant": "common"}, "tenant", "tenant_of_microsoft"),
        ({**GOOGLE, "host": "smtp.office365.com"}, "sign_in", "sign_in_of_another_service"),
        ({**MICROSOFT, "host": "SMTP.gmail.com"}, "sign_in", "sign_in_of_another_service"),
        ({**MICROSOFT, "tenant": "a/b"}, "tenant", "not_a_tenant"),
        ({**MICROSOFT, "tenant": "evil.example/x?"}, "tenant", "not_a_tenant"),
        ({**MICROSOFT, "host": "smtp.example.com", "security": "none"}, "security", "password_in_clear"),
        ({**GOOGLE, "token_url": "http://tokens.example.com/"}, "token_url", "token_in_clear"),
        ({**GOOGLE, "auth_url": "https://user@example.com/"}, "auth_url", "not_a_url"),
        ({**GOOGLE, "auth_url": "https://example.com/?next=x"}, "auth_url", "not_a_url"),
        ({**GOOGLE, "auth_url": "https://[::1"}, "auth_url", "not_a_url"),
        ({"host": "a.b", "client_id": "id"}, "client_id", "sign_in_by_password"),
        ({"host": "a.b", "client_secret": "secret"}, "client_secret", "sign_in_by_password"),
        ({"host": "a.b", "tenant": "common"}, "tenant", "sign_in_by_password"),
    ],
)
def test_a_contradiction_says_what_to_change(given: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmtpSettings().load(given)
    assert caught.value.messages == {field: [code]}
    assert_explained(SMTP, code, {})


def test_a_mailbox_is_opened_by_the_same_consent() -> None:
    settings = SmtpSettings().load({**GOOGLE, "receive": "imap", "receive_host": "imap.gmail.com"})
    access = access_of(settings)
    assert access is not None
    assert (access.username, access.password) == ("com@example.com", "")


def test_a_mailbox_of_another_name_needs_no_password_of_its_own() -> None:
    """At Microsoft's a shared mailbox is opened by the consent of a member."""
    shared = {"receive": "imap", "receive_host": "outlook.office365.com", "receive_username": "info@example.com"}
    access = access_of(SmtpSettings().load({**MICROSOFT, **shared}))
    assert access is not None
    assert access.username == "info@example.com"
