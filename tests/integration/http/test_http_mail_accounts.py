"""Preferences of mail, presets and the test of an account over HTTP."""

from __future__ import annotations

import pytest


async def test_presets_say_in_the_callers_language_what_is_to_do_there(as_user) -> None:
    call = as_user("chief")
    hints = {}
    for language in ("fr", "en"):
        path = "/providers/smtp/presets?address=jean@gmail.com"
        response = await call("GET", path, headers={"Accept-Language": language})
        (found,) = (await response.json())["items"]
        assert (found["settings"]["host"], found["settings"]["username"]) == ("smtp.gmail.com", "jean@gmail.com")
        hints[language] = found["hints"][0]
    assert "two-step verification" in hints["en"]
    assert "deux étapes" in hints["fr"]


async def test_all_presets_are_listed_and_a_domain_of_nobody_has_none(as_user) -> None:
    call = as_user("chief")
    listed = (await (await call("GET", "/providers/smtp/presets")).json())["items"]
    assert {"orange", "free", "laposte", "ovh", "microsoft365"} <= {one["name"] for one in listed}
    none = await call("GET", "/providers/smtp/presets?address=jean@acme.example")
    assert (none.status, (await none.json())["items"]) == (200, [])


@pytest.mark.parametrize("domain", ["127.0.0.1", "db.internal", "localhost"])
async def test_a_private_domain_is_refused(as_user, domain) -> None:
    response = await as_user("chief")("GET", f"/providers/smtp/presets?address=jean@{domain}&search=true")
    assert response.status == 422
    assert "address" in (await response.json())["errors"]


async def test_preferences_of_mail_are_changed_and_a_collaborator_differs(as_user, seed) -> None:
    call = as_user("chief")
    body = {"mail_software": {"apple": "mail", "windows": "outlook"}, "direct_sending": seed.mail_account}
    base = await (await call("PATCH", "/preferences", json=body)).json()
    assert [(one["environment"], one["provider"]) for one in base["mail_software"]] == [
        ("apple", "apple_mail"),
        ("windows", "outlook"),
    ]
    assert (base["direct_sending"]["account"], base["direct_sending"]["authenticated"]) == (seed.mail_account, True)
    own = await call("PATCH", "/collaborators/COM/preferences", json={"mail_software": {"apple": "outlook"}})
    assert (own.status, (await own.json())["mail_software"][0]["own"]) == (200, True)
    seen = await (await as_user("marie")("GET", "/collaborators/COM/preferences")).json()
    assert seen["mail_software"][0] == {
        "environment": "apple",
        "software": "outlook",
        "provider": "outlook",
        "own": True,
    }
    assert seen["direct_sending"]["authenticated"] is None
    refused = await call("PATCH", "/preferences", json={"mail_software": {"windows": "mail"}})
    assert "outlook" in (await refused.json())["errors"]["mail_software.windows"][0]


async def test_an_account_is_tested_as_the_collaborator_who_asks(as_user, seed) -> None:
    response = await as_user("chief")("POST", f"/accounts/{seed.mail_account}/test", json={})
    tested = await response.json()
    assert (response.status, tested["ok"], tested["sender"]) == (200, True, "dir@acme.example")
    assert [tick["step"] for tick in tested["ticks"]][-2:] == ["sent", "copied"]
    assert (await as_user("chief")("POST", f"/accounts/{seed.sms_account}/test", json={})).status == 409
