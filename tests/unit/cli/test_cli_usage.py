"""A command line that cannot be understood: one line, exit code 2."""

from __future__ import annotations

import pytest

from xrm_platform.cli.main import run


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frob"], "La commande « frob » n’existe pas."),
        (["mail", "sned"], "Peut-être : send."),
        (["mail", "send", "--base", "X"], "Il manque --from."),
        (["collaborators", "show", "--base", "X"], "Il manque CODE."),
        (["mail", "send", "--frm", "COM"], "L’option --frm n’existe pas. Peut-être : --from."),
        (["users", "list", "--base"], "L’option --base"),
        (["users", "list", "--base", "X", "two words"], "« two words » est un argument de trop."),
        (["serve", "--port", "many"], "--port : cette valeur ne convient pas."),
        (["serve", "--port", "70000"], "--port : cette valeur ne convient pas."),
    ],
)
def test_a_wrong_command_line_is_one_line_that_says_what(arguments, said, monkeypatch, capsys):
    monkeypatch.setenv("XRM_LANGUAGE", "fr")
    code = run(arguments)
    out, err = capsys.readouterr()

    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert said in line
    assert "--help" in line


def test_a_noun_alone_shows_its_verbs(capsys):
    assert run(["accounts"]) == 2
    assert "check" in capsys.readouterr().err
