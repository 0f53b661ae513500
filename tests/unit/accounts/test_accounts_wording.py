"""Every code that accounts use has a sentence in both languages."""

import ast
from importlib.resources import files
from string import Formatter

import pytest

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.providers import ProviderError
from xrm_platform.wording import load_wording

LANGUAGES = ("en", "fr")
PROBLEMS = {"AccountUnusable", "Conflicting", "Missing", "Invalid.field", "SecretsError"}
ERRORS = {"PermanentError", "AccountUnusable"}
WORDING = load_wording()


def name_of(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name(id=owner), attr=name):
            return f"{owner}.{name}"
    return ""


def codes(raised_by: set[str]) -> set[tuple[str, frozenset[str]]]:
    """First texts in calls of `raised_by` in the room, for `Invalid.field` the second, with the names of the params."""
    found = set()
    for file in files("xrm_platform.accounts").iterdir():
        if file.name.endswith(".py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and name_of(node.func) in raised_by:
                    place = 1 if name_of(node.func) == "Invalid.field" else 0
                    code = node.args[place] if len(node.args) > place else None
                    if isinstance(code, ast.Constant):
                        found.add((code.value, frozenset(one.arg or "**" for one in node.keywords)))
    return found


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_codes_are_found_in_the_room():
    assert {"no_account", "account_name_taken", "channel_unknown", "plugin_missing"} <= {
        code for code, _ in codes(PROBLEMS)
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_sentence_that_its_params_fill(language):
    for code, params in codes(PROBLEMS):
        assert WORDING.knows("problems", code, language=language), code
        if "**" not in params:
            assert placeholders(WORDING.say("problems", code, {}, language=language)) == set() or params, code
            sentence = WORDING.say("problems", code, dict.fromkeys(params, "·"), language=language)
            assert "{" not in sentence, f"{code}: {sentence}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_check_may_say_has_a_sentence(language):
    known = {code for code, _ in codes(ERRORS)}
    known |= {"driver_failed", "driver_missing", "plugin_failed", "secret_key_wrong", "secret_misplaced"}
    known |= {"check_not_understood", "timeout", "unexpected", "driver_closed", "schema_failed"}
    for code in known:
        assert WORDING.knows("errors", code, language=language), code
    for step in ("prepared", "reached", "secured", "signed_in", "may_send", "balance", "answered"):
        assert WORDING.knows("steps", step, language=language), step
    for health in ("unchecked", "ok", "failing"):
        assert WORDING.knows("health", health, language=language), health


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_of_the_contract_has_a_sentence(language):
    def below(kind):
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    ours = [kind for kind in below(ProviderError) if kind.__module__.startswith("xrm_platform")]
    for kind in ours:
        assert WORDING.knows("errors", kind.default_code, language=language), kind


def test_an_unusable_account_reads_as_a_whole_sentence():
    problem = AccountUnusable("plugin_missing", provider="fax", account="Office")
    said = WORDING.say("errors", problem.code, problem.params, language="en")
    assert "fax" in said
    assert "Office" in said


def test_both_languages_say_the_same_with_the_same_params():
    own = {language: WORDING._own[language] for language in LANGUAGES}
    for section in ("errors", "steps", "health"):
        assert own["en"][section].keys() == own["fr"][section].keys()
        for code, sentence in own["en"][section].items():
            assert placeholders(sentence) == placeholders(own["fr"][section][code]), code
