"""`xrm mail`, `sms`, `messages` and `worker`: from a command line to a server, and what is refused on the way."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

MAIL = ("mail", "send", "--base", "ACME", "--from", "COM")
SMS = ("sms", "send", "--base", "ACME", "--from", "COM")


def test_a_mail_arrives_with_its_attachment(xrm, mail_account, smtp, tmp_path):
    (tmp_path / "Été.txt").write_bytes(b"sun")
    (tmp_path / "body.html").write_text("<p>Bonjour <b>Zoé</b></p>", "utf-8")
    sent = xrm(
        *(*MAIL, "--to", "Zoé <zoe@client.example>", "--bcc", "dir@acme.example", "--subject", "Été"),
        *("--text", "Bonjour Zoé", "--html-file", tmp_path / "body.html", "--attach", tmp_path / "Été.txt", "--json"),
    )
    worked = xrm("worker", "--until-idle")
    shown = xrm("messages", "show", sent.json["id"], "--base", "ACME", "--json").json

    assert (sent.code, sent.json["channel"], sent.json["state"]) == (0, "mail", "queued")
    assert (worked.code, worked.out) == (0, "")
    (received,) = smtp.received
    assert set(received.recipients) == {"zoe@client.example", "dir@acme.example"}
    assert received.message["Subject"] == "Été"
    (attachment,) = received.message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == ("Été.txt", "sun")
    assert shown["state"] == "sent"
    assert {recipient["state"] for recipient in shown["recipients"]} == {"sent"}


def test_a_message_is_shown_when_the_account_that_sent_it_was_removed(xrm, mail_account):
    sent = xrm(*MAIL, "--to", "zoe@client.example", "--subject", "x", "--text", "y", "--json").json
    xrm("worker", "--until-idle")
    (account,) = xrm("accounts", "list", "--base", "ACME", "--json").items
    assert xrm("accounts", "remove", mail_account, "--base", "ACME").code == 0

    shown = xrm("messages", "show", sent["id"], "--base", "ACME").out
    assert account["name"] in shown
    assert "account_name" not in shown


def test_a_text_can_come_from_a_file(xrm, mail_account, tmp_path):
    (tmp_path / "text").write_text("from a file", "utf-8")
    sent = xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text-file", tmp_path / "text", "--json")

    assert sent.json["text"].startswith("from a file")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--subject", "x", "--text", "x"], "--to"),
        (["--to", "not an address", "--subject", "x", "--text", "x"], "--to (1)"),
        (["--to", "a@b.fr", "--cc", "c d@e.fr", "--subject", "x", "--text", "x"], "--cc (1)"),
        (["--to", "a@b.fr", "--subject", "x\r\nBcc: c@d.fr", "--text", "x"], "--subject"),
        (["--to", "a@b.fr\nBcc: c@d.fr", "--subject", "x", "--text", "x"], "--to (1)"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--attach", "gone.pdf"], "gone.pdf"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--attach", "."], "folder"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--html-file", "gone.html"], "gone.html"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--at", "2020-01-01T09:00"], "--at"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--at", "tomorrow"], "--at"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--at", "2027-03-28T02:30"], "--at"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--category", "spam"], "--category"),
        (["--to", "a@b.fr", "--subject", "x", "--text", "x", "--account", "nope"], "nope"),
    ],
)
def test_a_mail_that_cannot_be_is_refused_and_nothing_is_queued(xrm, mail_account, arguments, named):
    assert named in xrm(*MAIL, *arguments).line
    assert xrm("messages", "list", "--base", "ACME", "--json").items == []


def test_an_attachment_that_is_too_large_is_named(xrm, mail_account, tmp_path, monkeypatch):
    monkeypatch.setenv("XRM_MAX_REQUEST_MB", "1")
    (tmp_path / "film.bin").write_bytes(bytes(1024**2 + 1))

    assert "film.bin" in xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--attach", "film.bin").line


def test_an_unknown_sender_is_refused(xrm, mail_account):
    refused = xrm("mail", "send", "--base", "ACME", "--from", "NOPE", "--to", "a@b.fr", "--subject", "x", "--text", "x")

    assert "NOPE" in refused.line


def test_a_sender_without_account_is_told_what_to_set(xrm):
    assert "xrm accounts add" in xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x").line


def test_the_same_key_sends_once_and_another_body_is_refused(xrm, mail_account):
    request = (*MAIL, "--to", "a@b.fr", "--subject", "x", "--key", "k1", "--json")
    first, again = xrm(*request, "--text", "x"), xrm(*request, "--text", "x")

    assert first.json["id"] == again.json["id"]
    assert "key" in xrm(*request, "--text", "other").line


def test_a_local_time_is_in_the_time_zone_of_the_base(xrm, mail_account):
    request = (*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--json")
    local = datetime.now(ZoneInfo("Europe/Paris")).replace(hour=9, minute=0, second=0, microsecond=0)
    local += timedelta(days=30)

    by_clock = xrm(*request, "--at", local.replace(tzinfo=None).isoformat()).json
    by_zone = xrm(*request, "--at", f"{local:%Y-%m-%d}T09:00-05:00").json
    assert datetime.fromisoformat(by_clock["due_at"]) == local
    assert by_zone["due_at"] == f"{local:%Y-%m-%d}T14:00:00+00:00"


def test_a_message_that_waits_is_cancelled_once(xrm, mail_account):
    queued = xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--json").json
    cancelled = xrm("messages", "cancel", queued["id"], "--base", "ACME", "--json")

    assert cancelled.json["state"] == "cancelled"
    assert xrm("messages", "cancel", queued["id"], "--base", "ACME").line
    assert xrm("messages", "retry", queued["id"], "--base", "ACME").line


@pytest.mark.parametrize("verb", ["show", "cancel", "retry"])
def test_a_message_of_another_base_does_not_exist(xrm, mail_account, verb):
    queued = xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--json").json

    assert queued["id"] in xrm("messages", verb, queued["id"], "--base", "OTHER").line
    assert xrm("messages", "list", "--base", "OTHER", "--json").items == []


def test_messages_are_listed_by_channel_state_and_sender(xrm, mail_account):
    queued = xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--json").json

    def listed(*filters):
        return [item["id"] for item in xrm("messages", "list", "--base", "ACME", *filters, "--json").items]

    assert listed() == listed("--channel", "mail") == listed("--state", "queued", "--from", "COM") == [queued["id"]]
    assert listed("--channel", "sms") == listed("--state", "sent") == listed("--from", "DIR") == []
    assert "--state" in xrm("messages", "list", "--base", "ACME", "--state", "frob").line


def test_a_person_reads_why_a_recipient_was_refused(xrm, mail_account, smtp):
    smtp.senders = ()
    sent = xrm(*MAIL, "--to", "a@b.fr", "--subject", "x", "--text", "x", "--json").json
    xrm("worker", "--until-idle")
    shown = xrm("messages", "show", sent["id"], "--base", "ACME")
    code = xrm("messages", "show", sent["id"], "--base", "ACME", "--json").json["recipients"][0]["error_code"]

    assert xrm("messages", "list", "--base", "ACME", "--state", "failed", "--json").items != []
    assert code not in shown.out
    assert "failed" in shown.out
    assert "(detail: 5" in shown.out


def test_sms_are_held_until_they_are_released(xrm, sms_account):
    held = xrm(*SMS, "--to", "06 12 34 56 78", "--text", "À bientôt 🎉", "--json").json
    released = xrm("sms", "release", "--base", "ACME")
    queued = xrm("messages", "show", held["id"], "--base", "ACME", "--json").json
    paused = xrm("sms", "pause", "--base", "ACME", "--json")

    assert (held["state"], held["recipients"][0]["address"]) == ("held", "+33612345678")
    assert released.code == 0
    assert paused.json == {"paused": True, "messages": 1}
    assert "1" in released.out
    assert queued["state"] == "queued"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--text", "x"], "--to"),
        (["--to", "12", "--text", "x"], "--to (1)"),
        (["--to", "0612345678", "--to", "01 40 00 00 00", "--text", "x"], "--to (2)"),
        (["--to", "0612345678", "--text", ""], "--text"),
    ],
)
def test_an_sms_that_cannot_be_is_refused(xrm, sms_account, arguments, named):
    assert named in xrm(*SMS, *arguments).line
    assert xrm("messages", "list", "--base", "ACME", "--json").items == []


def test_a_preview_says_what_makes_a_text_unicode(xrm):
    preview = xrm("sms", "preview", "--base", "ACME", "--from", "COM", "--text", "Prêt à 5 €", "--json").json
    plain = xrm("sms", "preview", "--base", "ACME", "--text", "Votre café à 5 €", "--json").json

    assert (preview["encoding"], preview["parts"], preview["characters_forcing_unicode"]) == ("ucs2", 1, ["ê"])
    assert (plain["encoding"], plain["characters_forcing_unicode"]) == ("gsm7", [])
    assert "price" in preview


def test_a_preview_marks_what_forces_unicode_where_it_stands(xrm):
    shown = xrm("sms", "preview", "--base", "ACME", "--text", "Être là à 10\u00a0h…")

    assert "Where they are   [Ê]tre là à 10[U+00A0]h[…]" in shown.out
    assert "Where they are" not in xrm("sms", "preview", "--base", "ACME", "--text", "Bonjour").out


def test_a_price_that_is_none_names_its_option(xrm, sms_account):
    assert xrm("sms", "price", sms_account, "--base", "ACME", "--set", "cheap").line.startswith("Error: --set: “cheap”")


def test_an_account_with_little_credit_is_shown_so_in_the_list(xrm, sms_account, home):
    with contextlib.closing(sqlite3.connect(home / "xrm.db")) as database, database:
        database.execute(
            "UPDATE provider_account SET health = 'warning', health_code = 'credit_low', health_params = ?"
            " WHERE id = ?",
            (json.dumps({"balance": 7, "warn_below": 50}), sms_account),
        )

    assert "credit low" in xrm("accounts", "list", "--base", "ACME").out
    (listed,) = xrm("accounts", "list", "--base", "ACME", "--json").items
    assert (listed["health"], listed["health_code"], listed["health_params"]["balance"]) == ("warning", "credit_low", 7)
