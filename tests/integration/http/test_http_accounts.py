"""Providers, accounts, choices and preferences over HTTP."""

from __future__ import annotations

import pytest


async def test_providers_are_listed_with_what_their_accounts_are_asked_for_in_the_callers_language(as_user) -> None:
    call = as_user("chief")
    labels = {}
    for language in ("fr", "en"):
        response = await call("GET", "/providers", headers={"Accept-Language": language})
        listed = {item["slug"]: item for item in (await response.json())["items"]}
        assert {"memory_mail", "memory_sms", "smtp", "esendex"} <= set(listed)
        labels[language] = {setting["name"]: setting["label"] for setting in listed["smtp"]["settings"]}
    assert set(labels["fr"]) == set(labels["en"])
    assert labels["fr"] != labels["en"]


async def test_a_provider_is_enabled_and_disabled(as_user) -> None:
    call = as_user("chief")
    enabled = await call("PUT", "/providers/smtp/enabled")
    assert (enabled.status, (await enabled.json())["enabled"]) == (200, True)
    assert (await call("DELETE", "/providers/smtp/enabled?channel=mail")).status == 204
    assert (await call("PUT", "/providers/nothing/enabled")).status == 404


async def test_secrets_go_in_and_never_come_out(as_user, seed) -> None:
    call = as_user("chief")
    settings = {"service": "there", "password": "TOPSECRET"}
    added = await call("POST", "/accounts", json={"provider": "memory_mail", "name": "Second", "settings": settings})
    assert added.status == 201
    document = await added.json()
    assert (document["settings"], document["secrets"]) == ({"service": "there"}, ["password"])
    path = f"/accounts/{document['id']}"
    changed = await call("PATCH", path, json={"settings": {"password": "TOPSECRET2"}})
    texts = [await added.text(), await changed.text()]
    texts += [await (await call("GET", where)).text() for where in ("/accounts", path, "/audit")]
    assert not any("TOPSECRET" in text for text in texts)


async def test_faults_of_settings_are_named_in_the_callers_language(as_user) -> None:
    given = {"provider": "memory_mail", "name": "Bad", "settings": {"service": 5, "colour": "red"}}
    response = await as_user("chief")("POST", "/accounts", json=given)
    assert response.status == 422
    assert (await response.json())["errors"] == {
        "settings.service": ["Ce n’est pas un texte valide."],
        "settings.password": ["Ce champ est obligatoire."],
        "settings.colour": ["Ce champ est inconnu."],
    }


async def test_what_a_plugin_finds_wrong_is_said_by_the_plugin(as_user) -> None:
    call = as_user("chief")
    await call("PUT", "/providers/smtp/enabled")
    settings = {"host": "smtp.example", "port": 465, "security": "starttls"}
    given = {"provider": "smtp", "name": "Bad", "settings": settings}
    response = await call("POST", "/accounts", json=given, headers={"Accept-Language": "en"})
    assert response.status == 422
    (sentence,) = (sentence for sentences in (await response.json())["errors"].values() for sentence in sentences)
    assert "465" in sentence
    assert " " in sentence


async def test_an_account_is_tried_step_by_step(as_user, seed) -> None:
    response = await as_user("chief")("POST", f"/accounts/{seed.mail_account}/check")
    document = await response.json()
    assert (response.status, document["ok"], document["account"]["health"]) == (200, True, "ok")
    assert [(tick["step"], tick["state"]) for tick in document["ticks"]] == [("reached", "ok"), ("signed_in", "ok")]


async def test_an_account_is_paused_and_resumed(as_user, seed) -> None:
    call = as_user("chief")
    paused = await call("POST", f"/accounts/{seed.mail_account}/pause")
    resumed = await call("POST", f"/accounts/{seed.mail_account}/resume")
    assert [(await response.json())["paused"] for response in (paused, resumed)] == [True, False]


async def test_an_account_for_which_messages_wait_stays_and_another_goes(as_user, seed) -> None:
    call = as_user("chief")
    refused = await call("DELETE", f"/accounts/{seed.mail_account}")
    assert (refused.status, (await refused.json())["code"]) == (409, "account_in_use")
    assert (await call("DELETE", f"/accounts/{seed.sms_account}")).status == 204
    assert (await call("GET", f"/accounts/{seed.sms_account}")).status == 404


async def test_who_is_no_administrator_sees_accounts_without_their_settings(as_user, seed) -> None:
    document = await (await as_user("marie")("GET", f"/accounts/{seed.mail_account}")).json()
    assert (document["settings"], document["secrets"], document["available"]) == ({}, [], True)


async def test_accounts_are_listed_by_channel(as_user, seed) -> None:
    listed = await (await as_user("chief")("GET", "/accounts?channel=sms")).json()
    assert [item["id"] for item in listed["items"]] == [seed.sms_account]


async def test_a_collaborator_gets_an_account_of_their_own_choice_and_gives_it_up(as_user, seed) -> None:
    call = as_user("chief")
    chosen = await call("PUT", "/choices/mail?collaborator=COM", json={"account": seed.mail_account})
    assert (chosen.status, (await chosen.json())["collaborator"]) == (200, "COM")
    entries = (await (await call("GET", "/choices")).json())["items"]
    assert sorted((entry["channel"], entry["collaborator"] or "") for entry in entries) == [
        ("mail", ""),
        ("mail", "COM"),
        ("sms", ""),
    ]
    assert (await call("DELETE", "/choices/mail?collaborator=COM")).status == 204
    assert len((await (await call("GET", "/choices")).json())["items"]) == 2


async def test_an_account_is_chosen_on_its_own_channel_only(as_user, seed) -> None:
    response = await as_user("chief")("PUT", "/choices/sms", json={"account": seed.mail_account})
    assert (response.status, (await response.json())["code"]) == (409, "account_of_another_channel")


@pytest.mark.parametrize("paused", [False, True])
async def test_preferences_pause_and_release_sms(as_user, paused) -> None:
    call = as_user("chief")
    changed = await call("PATCH", "/preferences", json={"sms_paused": paused})
    seen = await as_user("marie")("GET", "/preferences")
    unchanged = await call("PATCH", "/preferences", json={})
    assert [(await one.json())["sms_paused"] for one in (changed, seen, unchanged)] == [paused] * 3
