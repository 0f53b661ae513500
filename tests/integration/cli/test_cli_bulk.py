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
    assert (draft["state"], draft["name"], draft["counts"]["faulty_numbers"]) == ("draft", "people.csv", 1)
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
