"""`xrm init`, `migrate` and `secrets`: founding an installation, and what stands in its way."""

from __future__ import annotations

import sqlite3
import stat

import pytest

from xrm_platform.store import Store, new_key

PASSWORD = "correct horse battery"
BUSY = "xrm_platform.store.store.BUSY_TIMEOUT_SECONDS"


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """A folder in which nothing is installed yet; `XRM_HOME` is `home` in it."""
    monkeypatch.delenv("XRM_DATABASE_URL", raising=False)
    monkeypatch.delenv("XRM_SECRET_KEYS", raising=False)
    monkeypatch.setenv("XRM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XRM_LANGUAGE", "en")
    return tmp_path


def init(command, *arguments, password=PASSWORD):
    return command("init", "--admin", "marie", "--password-file", "-", *arguments, stdin=f"{password}\n")


def test_an_empty_folder_becomes_an_installation(empty, command):
    founded = init(command, "--base", "acme", "--base-name", "Acme SARL", "--json")

    assert founded.code == 0
    assert (founded.json["code"], founded.json["name"]) == ("ACME", "Acme SARL")
    assert stat.S_IMODE((empty / "home" / "secret.key").stat().st_mode) == 0o600
    (user,) = command("users", "list", "--base", "ACME", "--json").items
    assert (user["login"], user["is_admin"]) == ("marie", True)


def test_it_says_what_is_still_missing_to_send(empty, command):
    said = init(command, "--base", "acme").out

    assert "xrm collaborators create COM --base ACME" in said
    assert "xrm users set marie --base ACME --xrm --collaborator COM" in said
    assert command("collaborators", "create", "COM", "--base", "ACME", "--last-name", "Roux").code == 0
    assert command("users", "set", "marie", "--base", "ACME", "--xrm", "--collaborator", "COM").code == 0


def test_a_folder_that_is_not_there_is_named(empty, command, monkeypatch):
    monkeypatch.setenv("XRM_SECRET_KEYS", new_key())
    for database, folder in ((None, "home"), (f"sqlite+aiosqlite:///{empty}/gone/xrm.db", "gone")):
        if database is not None:
            monkeypatch.setenv("XRM_DATABASE_URL", database)
        assert f"There is no folder {empty / folder} for the database" in command("users", "list", "--base", "A").line
        assert not (empty / folder).exists()


def test_a_second_base_is_founded_beside_the_first(empty, command):
    assert init(command, "--base", "ACME").code == 0
    key = (empty / "home" / "secret.key").read_text()

    assert init(command, "--base", "OTHER").code == 0
    assert (empty / "home" / "secret.key").read_text() == key


def test_a_base_that_exists_is_not_founded_again(xrm):
    assert "ACME" in init(xrm, "--base", "ACME").line


@pytest.mark.parametrize(
    ("arguments", "password", "named"),
    [
        (["--base", "A B"], PASSWORD, "--base"),
        (["--base", "ACME", "--base-name", "two\nlines"], PASSWORD, "--base-name"),
        (["--base", "ACME", "--time-zone", "Europe/Atlantis"], PASSWORD, "--time-zone"),
        (["--base", "ACME", "--language", "de"], PASSWORD, "--language"),
        (["--base", "ACME"], "short", "--password-file"),
    ],
)
def test_what_cannot_be_founded_leaves_nothing_behind(empty, command, arguments, password, named):
    assert f"Error: {named}:" in init(command, *arguments, password=password).line
    assert list(empty.iterdir()) == []


def test_a_failed_first_init_leaves_what_was_there_before(empty, command):
    (empty / "home").mkdir()
    (empty / "home" / "notes.txt").write_text("mine")

    assert init(command, "--base", "A B").code == 1
    assert [path.name for path in (empty / "home").iterdir()] == ["notes.txt"]


def test_without_terminal_and_file_there_is_no_password(empty, command):
    refused = command("init", "--base", "ACME", "--admin", "marie")

    assert "--password-file" in refused.line
    assert list(empty.iterdir()) == []


def test_a_lost_key_is_not_replaced_while_there_are_bases(home, xrm):
    (home / "secret.key").unlink()

    assert "secret.key" in init(xrm, "--base", "THIRD").line
    assert not (home / "secret.key").exists()


def test_a_home_that_cannot_be_a_folder_is_named(empty, command, monkeypatch):
    (empty / "file").write_text("")
    monkeypatch.setenv("XRM_HOME", str(empty / "file" / "home"))

    assert str(empty / "file" / "home") in init(command, "--base", "ACME").line


def test_a_missing_key_file_is_named(home, xrm):
    (home / "secret.key").unlink()

    assert str(home / "secret.key") in xrm("users", "list", "--base", "ACME").line


def test_a_key_file_that_others_can_read_is_refused(home, xrm):
    (home / "secret.key").chmod(0o644)

    assert "chmod 600" in xrm("users", "list", "--base", "ACME").line


def test_a_malformed_key_is_refused(home, xrm):
    (home / "secret.key").write_text("not a key\n")

    assert "new-key" in xrm("users", "list", "--base", "ACME").line


def test_a_wrong_key_does_not_open_an_account(home, xrm, mail_account):
    (home / "secret.key").write_text(f"{new_key()}\n")

    checked = xrm("accounts", "check", mail_account, "--base", "ACME")

    assert checked.code == 1
    assert "do not open" in checked.out


def test_a_new_key_is_a_key(xrm, monkeypatch):
    printed = xrm("secrets", "new-key").out.strip()
    monkeypatch.setenv("XRM_SECRET_KEYS", printed)

    assert xrm("users", "list", "--base", "ACME").code == 0


def test_rotating_gives_up_the_old_key_and_keeps_the_accounts(home, xrm, mail_account):
    old = (home / "secret.key").read_text()
    rotated = xrm("secrets", "rotate")

    assert rotated.code == 0
    assert old.strip() not in (home / "secret.key").read_text()
    assert xrm("accounts", "check", mail_account, "--base", "ACME").code == 0


def test_rotating_with_keys_of_the_environment_uses_the_first(home, xrm, mail_account, monkeypatch):
    old, new = (home / "secret.key").read_text().strip(), new_key()
    (home / "secret.key").unlink()
    monkeypatch.setenv("XRM_SECRET_KEYS", f"{new},{old}")
    assert xrm("secrets", "rotate").code == 0

    monkeypatch.setenv("XRM_SECRET_KEYS", new)
    assert xrm("accounts", "check", mail_account, "--base", "ACME").code == 0


def test_a_database_that_is_not_migrated_says_how_to_migrate_it(home, xrm, monkeypatch):
    monkeypatch.setenv("XRM_DATABASE_URL", f"sqlite:///{home / 'other.db'}")

    assert "xrm migrate" in xrm("users", "list", "--base", "ACME").line


def test_migrating_makes_the_tables_and_may_be_repeated(home, xrm, monkeypatch):
    monkeypatch.setenv("XRM_DATABASE_URL", f"sqlite:///{home / 'other.db'}")
    first, second = xrm("migrate"), xrm("migrate")

    assert (first.code, second.code) == (0, 0)
    assert first.out != second.out
    assert "ACME" in xrm("users", "list", "--base", "ACME").line


def test_a_locked_database_changes_nothing_and_says_so(home, xrm, monkeypatch):
    monkeypatch.setattr(BUSY, 0.05)
    with sqlite3.connect(home / "xrm.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = xrm("collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New")
        other.execute("ROLLBACK")
    other.close()

    assert "busy" in refused.line
    assert xrm("collaborators", "show", "NEW", "--base", "ACME").code == 1


def test_a_read_only_database_says_so(home, xrm, monkeypatch):
    monkeypatch.setenv("XRM_DATABASE_URL", f"sqlite:///file:{home / 'xrm.db'}?mode=ro&uri=true")

    assert "read-only" in xrm("collaborators", "create", "NEW", "--base", "ACME", "--last-name", "New").line


def test_a_file_that_is_no_database_says_so(home, xrm):
    (home / "xrm.db").write_bytes(b"something else entirely " * 100)

    assert "XRM_DATABASE_URL" in xrm("users", "list", "--base", "ACME").line


@pytest.mark.parametrize(
    ("variable", "value"), [("XRM_FROB", "1"), ("XRM_LANGUAGE", "de"), ("XRM_DATABASE_URL", "mysql://x")]
)
def test_a_wrong_variable_is_named(xrm, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)

    assert variable in xrm("users", "list", "--base", "ACME").line


def test_an_accident_is_one_line_and_its_story_is_in_the_log(home, xrm, monkeypatch):
    def break_down(*_):
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(Store, "read", break_down)
    refused = xrm("users", "list", "--base", "ACME")

    assert str(home / "xrm-errors.log") in refused.line
    assert "fire" not in refused.err
    assert "the disk is on fire" in (home / "xrm-errors.log").read_text()
    assert stat.S_IMODE((home / "xrm-errors.log").stat().st_mode) == 0o600
