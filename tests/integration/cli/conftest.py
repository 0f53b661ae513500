"""The command, run for real in this process against an installation of its own."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from xrm_platform.cli.main import run
from xrm_platform.testing.smtp_server import SmtpServer

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def items(self) -> list[dict[str, Any]]:
        return self.json["items"]

    @property
    def line(self) -> str:
        """The one line of a refusal."""
        assert (self.code, self.out) == (1, "")
        (line,) = self.err.splitlines()
        return line


class Terminal(io.StringIO):
    """A standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def command(monkeypatch, capsys):
    """`command("mail", "send", …, stdin="…")` runs `xrm mail send …` and gives its outcome."""

    def call(*arguments: object, stdin: str = "", at_terminal: bool = False) -> Outcome:
        monkeypatch.setattr("sys.stdin", Terminal(stdin) if at_terminal else io.StringIO(stdin))
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Outcome(code, out, err)

    handlers, level = logging.root.handlers[:], logging.root.level
    yield call
    logging.root.handlers[:], logging.root.level = handlers, level


@pytest.fixture(scope="session")
def founded(tmp_path_factory):
    """An installation with the bases ACME and OTHER and the collaborators DIR and COM of ACME."""
    home = tmp_path_factory.mktemp("founded") / "home"
    password = home.parent / "password"
    password.write_text(f"{PASSWORD}\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XRM_HOME", str(home))
        for arguments in (
            ["init", "--base", "ACME", "--base-name", "Acme SARL", "--admin", "marie", "--password-file", password],
            ["init", "--base", "OTHER", "--admin", "paul", "--password-file", password],
            ["collaborators", "create", "DIR", "--base", "ACME", "--last-name", "Direction", "--type", "manager"],
            [
                *("collaborators", "create", "COM", "--base", "ACME", "--last-name", "Commercial", "--manager", "DIR"),
                *("--email", "com@acme.example", "--mobile", "06 12 34 56 78", "--type", "representative"),
            ],
        ):
            assert run([str(argument) for argument in arguments]) == 0
    return home


@pytest.fixture
def home(founded, tmp_path, monkeypatch) -> Path:
    """A copy of the installation, which `XRM_HOME` names; sentences are in English."""
    copy = shutil.copytree(founded, tmp_path / "home")
    for name in ("XRM_DATABASE_URL", "XRM_SECRET_KEYS", "XRM_LOG_LEVEL", "XRM_DISABLED_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XRM_HOME", str(copy))
    monkeypatch.setenv("XRM_LANGUAGE", "en")
    monkeypatch.chdir(tmp_path)
    return copy


@pytest.fixture
def xrm(home, command):
    """The command against that installation."""
    return command


@pytest.fixture
def smtp():
    """A mail server that runs beside the command, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def opened() -> SmtpServer:
        server = SmtpServer(users={"com@acme.example": "mail password"})
        await server.come_up()
        return server

    server = asyncio.run_coroutine_threadsafe(opened(), loop).result()
    yield server
    asyncio.run_coroutine_threadsafe(server.go_down(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def mail_account(xrm, smtp):
    """The id of the account with which ACME sends mail."""
    assert xrm("providers", "enable", "smtp", "--base", "ACME").code == 0
    added = xrm(
        *("accounts", "add", "smtp", "--base", "ACME", "--name", "Mail", "--set", "host=127.0.0.1"),
        *("--set", f"port={smtp.port}", "--set", "security=none", "--set", "username=com@acme.example"),
        *("--secret", "password=-", "--default", "--json"),
        stdin="mail password\n",
    )
    assert added.code == 0, added.err
    return added.json["id"]


@pytest.fixture
def sms_account(xrm):
    """The id of an account for SMS whose provider does not answer."""
    assert xrm("providers", "enable", "esendex", "--base", "ACME").code == 0
    added = xrm(
        *("accounts", "add", "esendex", "--base", "ACME", "--name", "SMS", "--set", "url=http://127.0.0.1:9"),
        *("--set", "username=sms@acme.example", "--set", "account_reference=EX0123456"),
        *("--set", "originator=ACME", "--secret", "password=-", "--default", "--json"),
        stdin="sms password\n",
    )
    assert added.code == 0, added.err
    return added.json["id"]
