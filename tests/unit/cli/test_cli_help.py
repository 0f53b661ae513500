"""`--help`: quick, complete, in both languages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from xrm_platform.cli.help import sentence_code
from xrm_platform.cli.main import run
from xrm_platform.cli.tree import command_tree
from xrm_platform.cli.words import wording

HEAVY = {"sqlalchemy", "aiohttp", "alembic", "cryptography", "phonenumbers", "babel", "rich", "structlog", "pluggy"}
SCRIPT = """
import contextlib, io, sys
from xrm_platform.cli.main import run
with contextlib.redirect_stdout(io.StringIO()):
    code = run(sys.argv[1:])
print(code, *sys.modules)
"""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


def tree() -> Any:
    return typer.main.get_command(command_tree())


@pytest.mark.parametrize("arguments", [["--help"], ["mail", "send", "--help"], ["demo", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    shown = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=True)
    code, *modules = shown.stdout.split()

    assert code == "0"
    assert {module.partition(".")[0] for module in modules} & HEAVY == set()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_command_and_every_option_is_explained(language):
    context = typer.Context(tree(), info_name="xrm")
    codes = {" ".join(path) or "xrm" for path, _ in commands(tree())}
    codes |= {sentence_code(path, param) for path, one in commands(tree()) for param in one.get_params(context)}

    assert [code for code in sorted(codes) if not wording().knows("help", code, language=language)] == []


def test_no_sentence_of_the_help_is_left_over():
    context = typer.Context(tree(), info_name="xrm")
    known = {" ".join(path) or "xrm" for path, _ in commands(tree())}
    for path, command in commands(tree()):
        for param in command.get_params(context):
            known |= {param.opts[0], " ".join((*path, param.opts[0]))}
    own = _own_sentences("fr")["help"]

    assert sorted(own.keys() - known) == []


def test_both_languages_have_the_same_sentences():
    french, english = _own_sentences("fr"), _own_sentences("en")

    assert {section: set(codes) for section, codes in french.items()} == {
        section: set(codes) for section, codes in english.items()
    }


def test_the_commands_that_scripts_rely_on_are_there():
    there = {" ".join(path) for path, _ in commands(tree())}

    assert {
        *("init", "migrate", "serve", "worker", "demo", "secrets rotate", "secrets new-key"),
        *("collaborators create", "collaborators set", "collaborators list", "collaborators show"),
        *("users create", "users set", "users list", "tokens create", "tokens list", "tokens revoke"),
        *("providers list", "providers enable", "providers disable", "mail send", "sms send", "sms preview"),
        *("sms pause", "sms release", "accounts add", "accounts set", "accounts list", "accounts check"),
        *("accounts pause", "accounts resume", "accounts remove", "accounts choose", "messages list"),
        *("messages show", "messages retry", "messages cancel", "audit list", "plugins list", "plugins show"),
    } <= there


def test_help_speaks_the_language_of_the_person(monkeypatch, capsys):
    monkeypatch.setenv("XRM_LANGUAGE", "en")
    run(["mail", "send", "--help"])
    english = capsys.readouterr().out
    monkeypatch.setenv("XRM_LANGUAGE", "fr")
    run(["mail", "send", "--help"])
    french = capsys.readouterr().out

    assert "File to attach" in english
    assert "Fichier à joindre" in french


def _own_sentences(language: str) -> dict[str, dict[str, str]]:
    import json
    from importlib.resources import files

    return json.loads((files("xrm_platform.wording") / language / "cli.json").read_text("utf-8"))
