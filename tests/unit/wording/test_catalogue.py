"""What a plugin brings as sentences harms nobody else's."""

from __future__ import annotations

import json
import sys

import pytest
from structlog.testing import capture_logs

from xrm_platform.wording import load_wording


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package with the file of its English sentences, and gives its name."""

    def make(content):
        folder = tmp_path / "xrm_told" / "translations"
        folder.mkdir(parents=True)
        (folder / "en.json").write_text(content)
        (tmp_path / "xrm_told" / "__init__.py").touch()
        monkeypatch.syspath_prepend(tmp_path)
        return "xrm_told"

    yield make
    sys.modules.pop("xrm_told", None)


@pytest.mark.parametrize("content", ["{", "[]", '{"errors": []}', '{"errors": {"refused": "no",}}'])
def test_sentences_that_cannot_be_read_are_left_out_and_said_in_the_log(package, content):
    name = package(content)

    with capture_logs() as logs:
        wording = load_wording(frozenset({name, "xrm_is_nowhere"}))

    assert wording.say("problems", "required", language="en", package=name)
    assert wording.say("errors", "no_such_code", language="en", package=name) == "no_such_code"
    assert {line["package"] for line in logs} == {name, "xrm_is_nowhere"}


@pytest.mark.parametrize("sentence", ["{", "a } b", "{0}", "{}", "{left.of}", "{left:d}", "{left!x}"])
def test_a_sentence_whose_braces_are_wrong_is_shown_as_it_is(package, sentence):
    name = package(json.dumps({"errors": {"odd": sentence}}))

    wording = load_wording(frozenset({name}))

    assert wording.say("errors", "odd", {"left": "7"}, language="fr", package=name) == sentence
