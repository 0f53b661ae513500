"""The rules of sending over HTTP."""

from __future__ import annotations

RULES, OPT_OUTS = "/rules", "/opt-outs"


async def test_rules_have_safe_defaults_and_are_changed_by_administrators(as_user):
    marie, chief = as_user("marie"), as_user("chief")
    before = await (await marie("GET", RULES)).json()
    changed = await chief("PATCH", RULES, json={"hours_end": "21:00", "days": [1, 2], "test_mails": ["t@acme.example"]})

    assert (before["consent"], before["hours_start"], before["hours_end"]) == ("consumers", "08:00", "20:00")
    assert (before["days"], before["holidays"], before["keep_bodies_days"]) == ([1, 2, 3, 4, 5, 6], False, 1096)
    assert (changed.status, (await changed.json())["hours_end"]) == (200, "21:00")
    assert (await (await marie("GET", RULES)).json())["test_mails"] == ["t@acme.example"]


async def test_a_rule_that_cannot_be_is_named_with_its_field(as_user):
    refused = await as_user("chief")("PATCH", RULES, json={"hours_end": "23:00"})

    assert refused.status == 422
    errors = (await refused.json())["errors"]
    assert list(errors) == ["hours_end"]
    assert "22:00" in str(errors["hours_end"])


async def test_an_opt_out_is_noted_listed_refused_and_lifted(as_user):
    marie, chief = as_user("marie"), as_user("chief")
    await chief("POST", "/sms/release")
    await chief("PATCH", RULES, json={"stop_number": "36180"})
    given = {"channel": "sms", "address": "06 12 34 56 78", "source": "phone call"}
    noted = await marie("POST", OPT_OUTS, json=given)
    sms = {"sender": "COM", "to": ["0612345678"], "text": "Soldes", "category": "marketing"}
    refused = await marie("POST", "/sms-messages", json=sms)
    listed = await (await marie("GET", f"{OPT_OUTS}?channel=sms&address=0612345678")).json()

    assert (noted.status, (await noted.json())["address"]) == (201, "+33612345678")
    assert (refused.status, (await refused.json())["code"]) == (409, "opted_out")
    assert [one["purpose"] for one in listed["items"]] == ["marketing"]
    assert (await marie("POST", "/sms-messages", json=sms | {"category": "transactional"})).status == 201

    lift = f"{OPT_OUTS}/{listed['items'][0]['id']}/lift"
    assert (await chief("POST", lift, json={"reason": "signed again"})).status == 204
    assert (await chief("POST", lift, json={"reason": "signed again"})).status == 404
    assert (await marie("POST", "/sms-messages", json=sms)).status == 201


async def test_a_preview_has_its_price_and_its_cheaper_forms(as_user, seed):
    chief = as_user("chief")
    price = f"/accounts/{seed.sms_account}/price"
    assert (await chief("PUT", price, json={"price": "abc"})).status == 422
    assert (await chief("PUT", price, json={"price": "0.045", "currency": "EUR"})).status == 200
    given = {"text": "Reçu l’acompte", "to": ["0612345678", "0612345679"], "sender": "COM"}
    shown = await (await as_user("marie")("POST", "/sms/preview", json=given)).json()

    assert (shown["encoding"], shown["parts"], shown["price"], shown["currency"]) == ("ucs2", 1, "0.09", "EUR")
    assert (shown["characters_forcing_unicode"], shown["forcing_positions"]) == (["ç", "’"], [2, 6])
    assert (shown["simplified"]["text"], shown["unaccented"]["encoding"]) == ("Reçu l'acompte", "gsm7")
    assert (shown["balance"], shown["enough"]) == (100_000, True)
    assert (await chief("DELETE", price)).status == 204
    assert (await (await chief("GET", price)).json())["price"] is None


async def test_the_sms_of_one_collaborator_are_held_listed_and_discarded(as_user):
    chief, marie = as_user("chief"), as_user("marie")
    await chief("POST", "/sms/release")
    assert (await chief("PUT", "/collaborators/COM/sms-pause")).status == 200
    sent = await (
        await marie("POST", "/sms-messages", json={"sender": "COM", "to": ["0612345678"], "text": "x"})
    ).json()
    paused = await (await marie("GET", "/sms/paused-senders")).json()
    held = await (await marie("GET", "/messages?state=held")).json()

    assert [one["collaborator"] for one in paused["items"]] == ["COM"]
    assert [(one["id"], one["waiting_for"]) for one in held["items"]] == [(sent["id"], "sender_paused")]
    refused = await marie("POST", f"/messages/{sent['id']}/release")
    assert (refused.status, (await refused.json())["code"]) == (409, "still_sender_paused")
    assert (await (await chief("POST", "/held/discard?sender=COM")).json()) == {"messages": 1}
    assert (await (await chief("DELETE", "/collaborators/COM/sms-pause")).json()) == {"paused": False, "messages": 0}
    assert (await (await chief("POST", "/held/release")).json()) == {"messages": 0}


async def test_in_test_mode_the_record_shows_both_addresses(as_user):
    chief = as_user("chief")
    await chief("PATCH", RULES, json={"test_mode": True, "test_mails": ["t@acme.example"]})
    mail = {"sender": "COM", "to": ["a@b.example"], "subject": "Devis", "text": "x"}
    sent = await (await as_user("marie")("POST", "/mails", json=mail)).json()

    assert sent["subject"] == "[TEST: a@b.example] Devis"
    assert [(one["address"], one["intended_for"]) for one in sent["recipients"]] == [
        ("t@acme.example", ["a@b.example"])
    ]
