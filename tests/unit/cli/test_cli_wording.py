"""Every sentence that the command's code asks for exists in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import xrm_platform.cli
from xrm_platform.cli.words import wording

SECTIONS = {
    **dict.fromkeys(("tell", "note", "shown_progress"), "cli"),
    **dict.fromkeys(("done", "act", "failed", "waiting", "_panel", "_command", "Verdict"), "demo"),
    **dict.fromkeys(("Ungiven", "Missing", "Conflicting", "DemoImpossible", "StageIncomplete"), "problems"),
}
"""The section in which the first argument of a call is a code."""


def asked_for() -> Iterator[tuple[str, str]]:
    for file in Path(xrm_platform.cli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                words = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
                if name in SECTIONS and words:
                    yield SECTIONS[name], words[0]
                elif name == "say" and len(words) == 2:
                    yield words[0], words[1]
                elif name == "field" and len(words) == 2:
                    yield "problems", words[1]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_sentence_that_is_asked_for_exists(language):
    asked = set(asked_for())

    assert len(asked) > 60
    assert sorted(one for one in asked if not wording().knows(*one, language=language)) == []
