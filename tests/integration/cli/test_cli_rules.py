"""`xrm rules`, `xrm opt-outs`, previews with prices, and what is held."""

from __future__ import annotations

import pytest


@pytest.fixture
def account(xrm, sms_account):
    xrm("sms", "release", "--base", "ACME")
    return sms_account


def test_rules_are_set_one_by_one_and_shown(xrm):
    shown = xrm(
        *("rules", "set", "--base", "ACME", "--stop-number", "36180", "--hours", "09:00-19:30", "--days", "1,2,3"),
        *("--test-mail", "t@acme.example", "--test-mode", "--consent", "everyone", "--keep-for-ever", "--json"),
    ).json
    assert (shown["stop_number"], shown["hours_start"], shown["hours_end"]) == ("36180", "09:00", "19:30")
    assert (shown["days"], shown["test_mode"], shown["keep_bodies_days"]) == ([1, 2, 3], True, None)

    again = xrm(
        "rules", "set", "--base", "ACME", "--no-test-mode", "--test-mail", "", "--stop-number", "", "--json"
    ).json
    assert (again["test_mode"], again["test_mails"], again["stop_number"]) == (False, [], None)
    assert xrm("rules", "show", "--base", "ACME", "--json").json == again
    assert "19:30" in xrm("rules", "show", "--base", "ACME").out


@pytest.mark.parametrize(
    "wrong", [("--hours", "09:00-23:00"), ("--days", "lundi"), ("--days", "9"), ("--keep-days", "3"), ("--test-mode",)]
)
def test_a_rule_that_cannot_be_is_one_line(xrm, wrong):
    assert xrm("rules", "set", "--base", "ACME", *wrong).line


def test_stop_refuses_marketing_and_lets_the_rest_go(xrm, account):
    xrm("rules", "set", "--base", "ACME", "--stop-number", "36180")
    xrm("opt-outs", "add", "0612345678", "--base", "ACME", "--channel", "sms", "--source", "appel")
    send = ("sms", "send", "--base", "ACME", "--from", "COM", "--to", "0612345678", "--text", "Bonjour")

    assert "+33612345678" in xrm(*send, "--category", "marketing").line
    assert xrm(*send, "--json").json["state"] == "queued"
    (noted,) = xrm("opt-outs", "list", "--base", "ACME", "--json").items
    assert (noted["address"], noted["purpose"], noted["source"]) == ("+33612345678", "marketing", "appel")
    assert xrm("opt-outs", "lift", noted["id"], "--base", "ACME", "--reason", "formulaire").code == 0
    assert xrm(*send, "--category", "marketing", "--json").json["text"] == "Bonjour\nSTOP au 36180"


def test_a_preview_tells_the_price_and_a_price_that_is_not_a_number_is_refused(xrm, account):
    assert "abc" in xrm("sms", "price", account, "--base", "ACME", "--set", "abc").line
    xrm("sms", "price", account, "--base", "ACME", "--set", "0,045")
    preview = ("sms", "preview", "--base", "ACME", "--text", "Reçu l’acompte", "--recipients", "100")

    shown = xrm(*preview, "--json").json
    assert (shown["price"], shown["currency"], shown["parts"]) == ("4.50", "EUR", 1)
    assert shown["unaccented"]["text"] == "Recu l'acompte"
    assert "Recu l'acompte (gsm7, parts: 1)" in xrm(*preview).out
    assert xrm("sms", "price", account, "--base", "ACME", "--remove", "--json").json["price"] is None


def test_the_sms_of_a_sender_are_paused_and_discarded(xrm, account):
    xrm("sms", "pause", "--base", "ACME", "--from", "COM")
    sent = xrm("sms", "send", "--base", "ACME", "--from", "COM", "--to", "0612345678", "--text", "x", "--json").json
    assert (sent["state"], sent["waiting_for"]) == ("held", "sender_paused")
    assert [one["collaborator"] for one in xrm("sms", "paused", "--base", "ACME", "--json").items] == ["COM"]
    assert xrm("messages", "release", sent["id"], "--base", "ACME").line
    assert xrm("messages", "release", "--base", "ACME").line
    assert xrm("messages", "discard", "--all", "--base", "ACME").code == 0
    assert xrm("messages", "list", "--base", "ACME", "--state", "held", "--json").items == []
    assert xrm("sms", "release", "--base", "ACME", "--from", "COM", "--json").json == {"paused": False, "messages": 0}
