"""`xrm bulk` and `xrm selections`, run for real."""

from __future__ import annotations

import csv
import io

import pytest

PEOPLE = "Portable;Prénom\n0612345678;Léa\nabc;Faux\n"


@pytest.fixture
def people(tmp_path):
    file = tmp_path / "people.csv"
    file.write_bytes(PEOPLE.encode("cp1252"))
    return file


def prepared(xrm, people, *more):
    order = ("bulk", "prepare", "--base", "ACME", "--from", "COM", "--text", "Bonjour {prenom}", "--csv", people)
    return xrm(*order, *more)


def test_a_job_is_looked_at_started_steered_and_reported(xrm, sms_account, people, tmp_path):
    draft = prepared(xrm, people, "--json").json
    assert (draft["state"], draft["name"], draft["counts"]["faulty_addresses"]) == ("draft", "people.csv", 1)
    about = (draft["id"], "--base", "ACME")
    states = [xrm("bulk", act, *about, "--json").json["state"] for act in ("start", "pause", "resume", "cancel")]
    assert states == ["running", "paused", "running", "cancelled"]
    assert xrm("bulk", "start", *about).line.endswith("a bulk job that is “cancelled”.")
    assert [one["id"] for one in xrm("bulk", "list", "--base", "ACME", "--json").items] == [draft["id"]]

    report = tmp_path / "report.csv"
    assert xrm("bulk", "report", draft["id"], report, "--base", "ACME").code == 0
    lines = list(csv.reader(io.StringIO(report.read_bytes().decode("utf-8-sig"))))
    assert [line[4] for line in lines[1:]] == ["cancelled", "left out"]


def test_people_read_what_it_would_do_and_how_to_start_it(xrm, sms_account, people):
    told = prepared(xrm, people)
    assert "Bonjour Léa" in told.out
    assert "Faulty numbers" in told.out
    assert "Nothing is sent yet. Start it: xrm bulk start" in told.err
    job = xrm("bulk", "list", "--base", "ACME", "--json").items[0]
    rows = xrm("bulk", "rows", job["id"], "--base", "ACME", "--state", "skipped")
    assert "“abc” is not a phone number." in rows.out
    assert "file" in xrm("bulk", "list", "--base", "ACME").out


def test_what_is_wrong_is_one_line(xrm, sms_account, people, tmp_path):
    wrong = xrm("bulk", "prepare", "--base", "ACME", "--from", "COM", "--text", "{nobody}", "--csv", people)
    assert "There is no such field: nobody. Known are: Portable, Prénom" in wrong.line
    absent = xrm("bulk", "prepare", "--base", "ACME", "--from", "COM", "--text", "x", "--csv", tmp_path / "none.csv")
    assert "none.csv" in absent.line
    nothing = xrm("bulk", "prepare", "--base", "ACME", "--from", "COM", "--text", "x")
    assert "in one way" in nothing.line


def test_watching_ends_when_the_job_stands_still(xrm, sms_account, people):
    about = (prepared(xrm, people, "--json").json["id"], "--base", "ACME")
    xrm("bulk", "start", *about)
    xrm("bulk", "pause", *about)
    assert xrm("bulk", "watch", *about, "--json").json["state"] == "paused"


def test_a_selection_is_saved_listed_used_and_removed(xrm, sms_account):
    xrm("contacts", "create", "--base", "ACME", "--last-name", "Roux", "--phone", "0612345678")
    assert xrm("selections", "save", "Lyon", "--base", "ACME", "--search", "roux", "--json").json["search"] == "roux"
    assert [one["name"] for one in xrm("selections", "list", "--base", "ACME", "--json").items] == ["Lyon"]
    order = ("bulk", "prepare", "--base", "ACME", "--from", "COM", "--text", "{nom}", "--selection", "Lyon", "--json")
    assert xrm(*order).json["first"][0]["text"] == "Roux"
    assert xrm("selections", "remove", "Lyon", "--base", "ACME").code == 0


def test_the_credit_of_an_account_is_shown_and_its_threshold_set(xrm, sms_account):
    assert xrm("sms", "credit", sms_account, "--base", "ACME", "--json").json["warn_below"] == 50
    changed = xrm("sms", "credit", sms_account, "--base", "ACME", "--warn-below", "10", "--json").json
    assert (changed["warn_below"], changed["balance"]) == (10, None)


def test_a_vendor_that_cannot_be_reached_says_so_when_its_accounts_are_asked(xrm, sms_account):
    asked = xrm(
        *("accounts", "find", "esendex", "--base", "ACME", "--set", "url=http://127.0.0.1:9"),
        *("--set", "username=sms@acme.example", "--secret", "password=-"),
        stdin="sms password\n",
    )
    assert "127.0.0.1" in asked.line


def test_a_template_is_written_previewed_mailed_and_removed(xrm, mail_account, tmp_path):
    base = ("--base", "ACME")
    made = ("templates", "create", *base, "--name", "Printemps", "--subject", "{prénom}", "--text", "Bonjour {prénom}")
    template = xrm(*made, "--json").json["id"]
    page = tmp_path / "page.html"
    page.write_text("<p>{prénom}</p>")
    assert xrm("templates", "set", template, *base, "--html-file", page, "--json").json["html"] == "<p>{prénom}</p>"
    assert [one["name"] for one in xrm("templates", "list", *base, "--json").items] == ["Printemps"]
    assert xrm("templates", "show", template, *base, "--json").json["collaborator"] is None
    contact = xrm("contacts", "create", *base, "--last-name", "Roux", "--first-name", "Zoé", "--json").json["id"]
    shown = xrm("templates", "preview", template, *base, "--from", "COM", "--contact", contact, "--json").json
    assert (shown["text"], shown["html"]) == ("Bonjour Zoé", "<p>Zoé</p>")
    readers = tmp_path / "readers.csv"
    readers.write_text("Prénom;E-mail\nAnn;ann@client.example\n")
    draft = xrm("bulk", "prepare", *base, "--from", "COM", "--template", template, "--csv", readers)
    assert "ann@client.example" in draft.out
    assert "--category marketing" in draft.err
    assert xrm("templates", "delete", template, *base).code == 0
    assert xrm("templates", "show", template, *base).line.endswith(f"There is no template {template} here.")


def test_an_account_is_limited_and_no_longer(xrm, mail_account):
    order = ("mail", "limits", mail_account, "--base", "ACME", "--json")
    assert xrm(*order, "--hourly", "200", "--daily", "2000").json["hourly"] == 200
    assert xrm(*order, "--hourly", "100").json["daily"] == 2000
    assert (xrm(*order).json["hourly"], xrm(*order).json["daily"]) == (100, 2000)
    assert xrm(*order, "--remove").json["hourly"] is None
