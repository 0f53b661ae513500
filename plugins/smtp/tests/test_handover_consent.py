"""What a mailbox for drafts may be set to when a person's consent opens it."""

from __future__ import annotations

from typing import Any

import pytest
from marshmallow import ValidationError
from xrm_smtp.handover.descriptors import OUTLOOK
from xrm_smtp.handover.driver import OutlookMail
from xrm_smtp.handover.settings import HandoverSettings
from yarl import URL

from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.translations import assert_explained

GOOD = {
    "sign_in": "microsoft",
    "receive": "imap",
    "receive_host": "outlook.office365.com",
    "receive_username": "com@example.com",
    "client_id": "id",
}


async def test_the_right_to_read_the_mailbox_is_asked_for_and_none_to_send() -> None:
    async with (
        driver_context() as context,
        open_driver(OutlookMail, HandoverSettings().load(GOOD), context) as driver,
    ):
        query = URL(driver.authorize_url("state", "https://xrm.example.com/oauth/callback", "verifier")).query
    rights = "https://outlook.office.com/IMAP.AccessAsUser.All offline_access openid email profile"
    assert (query["scope"], query["login_hint"]) == (rights, "com@example.com")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"receive_password": "secret"}, "receive_password", "password_with_consent"),
        ({"receive_host": "imap.gmail.com"}, "sign_in", "sign_in_of_another_service"),
        ({"client_id": ""}, "client_id", "client_missing"),
        ({"sign_in": "password", "receive_password": "secret"}, "client_id", "sign_in_by_password"),
        ({"sign_in": "password", "client_id": ""}, "receive_password", "receive_without_password"),
        ({"receive": "none"}, "receive", "consent_without_mailbox"),
    ],
)
def test_a_contradiction_says_what_to_change(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HandoverSettings().load({**GOOD, **changes})
    assert caught.value.messages == {field: [code]}
    assert_explained(OUTLOOK, code, {})
