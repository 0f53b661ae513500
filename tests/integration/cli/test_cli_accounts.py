"""`xrm providers` and `xrm accounts`: settings and secrets on a command line."""

from __future__ import annotations

import pytest

ADD = ("accounts", "add", "smtp", "--base", "ACME", "--name", "Mail", "--set", "host=127.0.0.1")


@pytest.fixture
def enabled(xrm):
    """The command, with SMTP enabled in ACME."""
    assert xrm("providers", "enable", "smtp", "--base", "ACME").code == 0
    return xrm


def test_a_provider_is_enabled_and_disabled_in_its_base_only(xrm):
    def enabled(base):
        return {item["slug"]: item["enabled"] for item in xrm("providers", "list", "--base", base, "--json").items}

    assert xrm("providers", "enable", "smtp", "--base", "ACME").code == 0
    assert (enabled("ACME")["smtp"], enabled("OTHER")["smtp"]) == (True, False)
    assert xrm("providers", "disable", "smtp", "--base", "ACME").code == 0
    assert enabled("ACME")["smtp"] is False


def test_a_list_of_providers_says_what_an_account_is_asked_for(xrm):
    (smtp,) = (item for item in xrm("providers", "list", "--base", "ACME", "--json").items if item["slug"] == "smtp")
    asked = {setting["name"]: setting for setting in smtp["settings"]}

    assert {"host", "port", "security", "username", "password"} <= asked.keys()
    assert (asked["password"]["secret"], asked["host"]["secret"]) == (True, False)


def test_an_unknown_provider_is_refused(xrm):
    assert "nope" in xrm("providers", "enable", "nope", "--base", "ACME").line
    assert "nope" in xrm("accounts", "add", "nope", "--base", "ACME", "--name", "x").line


def test_an_account_of_a_provider_that_is_not_enabled_is_refused(xrm):
    assert "xrm providers enable smtp" in xrm(*ADD).line


def test_an_account_is_checked_against_its_server(xrm, mail_account):
    checked = xrm("accounts", "check", mail_account, "--base", "ACME", "--json")

    assert checked.code == 0
    assert checked.json["ok"] is True
    assert {tick["state"] for tick in checked.json["ticks"]} <= {"ok", "skipped"}


def test_a_check_that_fails_says_at_which_step_and_exits_1(xrm, mail_account):
    xrm("accounts", "set", mail_account, "--base", "ACME", "--secret", "password=-", stdin="wrong\n")
    checked = xrm("accounts", "check", mail_account, "--base", "ACME")
    as_json = xrm("accounts", "check", mail_account, "--base", "ACME", "--json")

    assert checked.code == as_json.code == 1
    assert "\nno       The credentials are accepted: The " in checked.out
    assert [tick["step"] for tick in as_json.json["ticks"] if tick["state"] == "failed"] == ["signed_in"]


def test_a_secret_never_comes_back(xrm, mail_account, home):
    shown = "".join(
        xrm(*arguments, "--base", "ACME").out
        for arguments in (
            ("accounts", "list", "--json"),
            ("accounts", "pause", mail_account),
            ("accounts", "check", mail_account, "--json"),
            ("audit", "list", "--json"),
        )
    )

    assert "mail password" not in shown
    assert "***" in shown
    assert b"mail password" not in (home / "xrm.db").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--set", "password=hunter2"], "--secret password=@FILE"),
        (["--secret", "password=hunter2"], "--secret password=@FILE"),
        (["--secret", "password=@nope"], "nope"),
        (["--secret", "password=-"], "empty"),
        (["--set", "port"], "NAME=VALUE"),
        (["--set", "port=many"], "--set port"),
        (["--set", "frobnicate=1"], "--set frobnicate"),
        (["--collaborator", "NOPE"], "NOPE"),
    ],
)
def test_settings_that_cannot_be_are_refused_without_showing_a_secret(enabled, arguments, named):
    line = enabled(*ADD, "--set", "security=none", *arguments).line

    assert named in line
    assert "hunter2" not in line
    assert enabled("accounts", "list", "--base", "ACME", "--json").items == []


def test_a_setting_that_is_missing_is_named(enabled):
    assert "--set host" in enabled("accounts", "add", "smtp", "--base", "ACME", "--name", "Mail").line


def test_a_secret_can_come_from_a_file(enabled, tmp_path):
    (tmp_path / "password").write_text("from a file\n")
    by_file = enabled(
        *ADD,
        "--set",
        "security=none",
        "--set",
        "username=u",
        "--secret",
        f"password=@{tmp_path / 'password'}",
        "--json",
    )

    assert by_file.json["secrets"] == ["password"]
    assert "from a file" not in by_file.out


def test_a_setting_that_is_not_given_stays(xrm, mail_account):
    changed = xrm("accounts", "set", mail_account, "--base", "ACME", "--name", "Post", "--json").json
    checked = xrm("accounts", "check", mail_account, "--base", "ACME", "--json").json

    assert (changed["name"], changed["settings"]["host"]) == ("Post", "127.0.0.1")
    assert checked["ok"] is True


def test_an_account_is_paused_resumed_and_removed(xrm, mail_account):
    assert xrm("accounts", "pause", mail_account, "--base", "ACME", "--json").json["paused"] is True
    assert xrm("accounts", "resume", mail_account, "--base", "ACME", "--json").json["paused"] is False
    assert xrm("accounts", "remove", mail_account, "--base", "ACME").code == 0
    assert xrm("accounts", "list", "--base", "ACME", "--json").items == []


@pytest.mark.parametrize("verb", ["check", "pause", "resume", "remove", "choose", "set"])
def test_an_account_of_another_base_does_not_exist(xrm, mail_account, verb):
    assert mail_account in xrm("accounts", verb, mail_account, "--base", "OTHER").line


def test_an_account_is_chosen_for_a_collaborator(xrm, mail_account):
    assert xrm("accounts", "choose", mail_account, "--base", "ACME", "--collaborator", "COM").code == 0
    assert "NOPE" in xrm("accounts", "choose", mail_account, "--base", "ACME", "--collaborator", "NOPE").line


def test_missing_settings_are_asked_for_at_a_terminal(enabled, monkeypatch):
    asked = []

    def answer(question):
        asked.append(question)
        return "127.0.0.1"

    monkeypatch.setattr("builtins.input", answer)
    added = enabled(
        *("accounts", "add", "smtp", "--base", "ACME", "--name", "Mail", "--set", "security=none", "--json"),
        at_terminal=True,
    )

    assert added.code == 0, added.err
    assert len(asked) == 1
    assert added.json["settings"]["host"] == "127.0.0.1"


def test_an_account_is_tested_by_a_mail(xrm, mail_account):
    tested = xrm("accounts", "test", mail_account, "--base", "ACME", "--from", "COM", "--json")
    told = xrm("accounts", "test", mail_account, "--base", "ACME", "--from", "COM", "--to", "ann@client.example")

    assert (tested.code, tested.json["ok"]) == (0, True)
    assert {"reached", "sent", "copied"} <= {tick["step"] for tick in tested.json["ticks"]}
    assert "ann@client.example" in told.out


def test_a_test_that_fails_says_what_to_change_and_exits_1(xrm, mail_account):
    xrm("accounts", "set", mail_account, "--base", "ACME", "--secret", "password=-", stdin="wrong\n")
    tested = xrm("accounts", "test", mail_account, "--base", "ACME", "--from", "COM")

    assert tested.code == 1
    assert "Enter them again" in tested.out
    assert "(The server said: “535 " in tested.out


def test_a_preset_fills_what_was_not_given_and_says_what_to_do(enabled):
    command = ("accounts", "add", "smtp", "--base", "ACME", "--secret", "password=-", "--json")
    added = enabled(*command, "--name", "Free", "--address", "jean@free.fr", "--set", "receive=none", stdin="x\n")
    named = enabled(
        *command,
        "--name",
        "OVH",
        "--preset",
        "ovh",
        "--address",
        "jean@acme.example",
        "--set",
        "receive=pop",
        stdin="x\n",
    )

    assert added.json["settings"] == {
        "host": "smtp.free.fr",
        "port": 465,
        "security": "tls",
        "username": "jean",
        "receive": "none",
    }
    assert "part before the @" in added.err
    assert (named.json["settings"]["receive_port"], named.json["settings"]["username"]) == (995, "jean@acme.example")


def test_an_address_of_which_nothing_is_known_says_what_else_there_is(enabled):
    command = ("accounts", "add", "smtp", "--base", "ACME", "--name", "x")

    assert "--search" in enabled(*command, "--address", "jean@acme.example").line
    assert "orange" in enabled(*command, "--preset", "minitel").line


def test_presets_are_listed(xrm):
    listed = xrm("providers", "presets", "smtp", "--base", "ACME", "--json").items
    (one,) = xrm("providers", "presets", "smtp", "--base", "ACME", "--address", "jean@orange.fr", "--json").items

    assert len(listed) > 10
    assert "--search" in xrm("providers", "presets", "smtp", "--base", "ACME", "--address", "jean@acme.example").line
    assert one["settings"]["username"] == "jean@orange.fr"


def test_communication_preferences_are_those_of_the_guide(xrm, mail_account):
    shown = xrm(
        "preferences", "set", "--base", "ACME", "--apple", "mail", "--windows", "outlook", "--smtp", mail_account
    )
    own = xrm("preferences", "set", "--base", "ACME", "--collaborator", "COM", "--apple", "entourage", "--json")
    taken = xrm("preferences", "set", "--base", "ACME", "--collaborator", "COM", "--apple", "none")
    refused = xrm("preferences", "set", "--base", "ACME", "--windows", "mail")

    assert "Mail software (Apple)" in shown.out
    assert "with authentication" in shown.out
    assert own.json["mail_software"][0]["provider"] == "outlook"
    assert "Entourage" not in taken.out
    assert "--windows: “mail”" in refused.line
    assert mail_account in xrm("preferences", "show", "--base", "ACME").out
