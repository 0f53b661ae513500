"""The documents are true: their commands run, their programs work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from pathlib import Path
from typing import Any

import pytest
from servers.mail_servers import DIRECTOR, PASSWORDS
from servers.reading import mailbox

from xrm_platform import providers
from xrm_platform.config import VARIABLES
from xrm_platform.providers import Capability, OutgoingSms, SmsEncoding, Veto
from xrm_platform.registry import Registry
from xrm_platform.web.application import ENDPOINTS

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = Path(sys.executable).parent


def blocks(name: str, kind: str) -> list[str]:
    return [match["body"] for match in BLOCK.finditer((ROOT / name).read_text("utf-8")) if match["kind"] == kind]


def run(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    """As a reader does: in an empty folder with a file that holds a password."""
    (folder / "password.txt").write_text("a long password\n")
    environment = {
        **os.environ,
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        "XRM_HOME": str(folder / "data"),
    }
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=600
    )


def follow(name: str, folder: Path) -> None:
    """Run the commands of a document one after the other, saying each."""
    ran = run(folder, ["bash", "-ev", "-c", "".join(blocks(name, "sh"))])
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def acme_company(tmp_path_factory):
    """A folder as it is after all that the administrators' page tells, with which the pages about a subject go on."""
    folder = tmp_path_factory.mktemp("company")
    follow("docs/administrators.md", folder)
    return folder


@pytest.mark.slow
def test_the_commands_of_the_readme_work_one_after_the_other(tmp_path):
    follow("README.md", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["docs/mail.md", "docs/sms.md", "docs/contacts.md", "docs/agenda.md"])
def test_the_commands_of_a_subject_go_on_from_those_for_administrators(name, acme_company, tmp_path):
    shutil.copytree(acme_company, tmp_path, dirs_exist_ok=True)

    follow(name, tmp_path)


@pytest.mark.slow
@pytest.mark.servers
def test_mail_comes_in_by_the_commands_of_the_document(acme_company, tmp_path, postfix_and_dovecot):
    """On a real mailbox, whose names stand in for those of the document."""
    shutil.copytree(acme_company, tmp_path, dirs_exist_ok=True)
    servers = postfix_and_dovecot
    subject = f"Commande {uuid.uuid4().hex}"
    with mailbox(servers, DIRECTOR) as session:
        session.append("INBOX", "", "", f"From: anna@client.example\r\nSubject: {subject}\r\n\r\nOui\r\n".encode())
    (tmp_path / "mailbox.txt").write_text(PASSWORDS[DIRECTOR])
    names, connect, listing, _ = blocks("docs/mail.md", "sh")[0].splitlines()
    ours = (
        f'xrm accounts set "$account" --base ACME --set host=localhost --set port={servers.postfix.submission}'
        f" --set security=starttls --set username={DIRECTOR} --secret password=@mailbox.txt"
        f" --set ca_file={servers.authority} --set receive_port={servers.dovecot.imaps}"
    )
    there = connect.replace("imap.acme.example", "localhost")

    ran = run(tmp_path, ["bash", "-ec", f"{names}\n{ours}\n{there}\nxrm worker --until-idle\n{listing}"])

    assert ran.returncode == 0, ran.stderr
    assert there != connect
    assert subject in ran.stdout


@pytest.mark.slow
def test_the_host_application_of_the_document_sends(acme_company, tmp_path):
    shutil.copytree(acme_company, tmp_path, dirs_exist_ok=True)
    follow("docs/hosts.md", tmp_path)

    (program,) = blocks("docs/hosts.md", "python")
    ran = run(tmp_path, [sys.executable, "-c", program])
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split()[1:] == ["queued"]


def test_the_watching_host_of_the_document_vetoes():
    (program,) = blocks("docs/hosts.md", "python watching")
    names: dict[str, Any] = {}
    exec(program, names)
    registry = Registry.load(disabled=frozenset(), extra=(names["erp"],))

    harmless, refused = (
        registry.veto(OutgoingSms("1", "+33612345678", text, SmsEncoding.GSM7), "COM")
        for text in ("Bonjour", "Price 7")
    )

    assert harmless is None
    assert refused == Veto("no mail about prices")


def test_the_table_of_capabilities_names_them_all_with_methods_that_the_contract_has():
    rows = re.findall(
        r"^\| `(?P<name>[A-Z_]+)` \| [^|]+ \| (?P<has>[^|]+) \|$",
        (ROOT / "docs/authors.md").read_text("utf-8"),
        re.MULTILINE,
    )
    contract = [one for name in providers.__all__ if isinstance(one := getattr(providers, name), type)]
    methods = {name for _, has in rows for name in re.findall(r"`([a-z_]+)`", has.partition(":")[0])}

    assert [name for name, _ in rows if name not in Capability.__members__] == []
    assert set(Capability.__members__) == {name for name, _ in rows}
    assert {name for name in methods if not any(hasattr(one, name) for one in contract)} == set()


def test_every_variable_of_the_configuration_is_in_the_table():
    table = (ROOT / "docs/administrators.md").read_text("utf-8")

    assert {name for name in VARIABLES if f"| `{name}` |" not in table} == set()


def test_every_address_that_hosts_are_shown_is_one_of_the_api():
    shown = re.findall(r"`(GET|POST) (/[^`?]+)", (ROOT / "docs/hosts.md").read_text("utf-8"))
    known = {(one.method, one.path.removeprefix("/bases/{base}")) for one in ENDPOINTS}

    short = [(method, path.removeprefix("/api/v1/bases/ACME")) for method, path in shown]
    assert len(short) > 5
    assert [one for one in short if one not in known] == []


def test_every_link_between_documents_leads_somewhere():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!http|#)([^)#]+)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.fixture
def acme(tmp_path):
    """The distribution that the authors' page builds, as if it were installed."""
    for match in BLOCK.finditer((ROOT / "docs/authors.md").read_text("utf-8")):
        _, _, name = match["kind"].partition(" ")
        if name and name != "no-run":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(match["body"], "utf-8")
    for name in ("__init__.py", "py.typed"):
        (tmp_path / "xrm_acme" / name).touch()
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())["project"]
    installed = tmp_path / f"xrm_acme-{project['version']}.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (installed / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in found.items())
            for group, found in project["entry-points"].items()
        )
    )
    return tmp_path


@pytest.mark.slow
def test_the_provider_that_authors_are_shown_keeps_the_contract_and_is_found(acme, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(acme))

    proved = run(acme, [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"])
    listed = run(acme, ["xrm", "plugins", "show", "acme", "--json"])

    assert proved.returncode == 0, proved.stdout
    assert json.loads(listed.stdout)["state"] == "active"
