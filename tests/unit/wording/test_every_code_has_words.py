"""Every code of a refusal in the sources has a sentence in both languages, filled by what it is raised with."""

import ast
import json
import string
from importlib.resources import files
from pathlib import Path

import pytest

import xrm_platform
from xrm_platform import problems
from xrm_platform.config import ConfigError
from xrm_platform.store import SecretsError
from xrm_platform.wording import load_wording

PACKAGE = Path(xrm_platform.__file__).parent
LANGUAGES = ("en", "fr")


def every_problem(kind):
    yield kind
    for child in kind.__subclasses__():
        yield from every_problem(child)


KINDS = {kind.__name__ for kind in (*every_problem(problems.Problem), ConfigError, SecretsError)} | {"Fault"}


def literal(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def named(call, name):
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def code_of(call):
    """The literal code of a call that makes a problem or a fault, else None."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if name == "field" and isinstance(function, ast.Attribute) and getattr(function.value, "id", "") == "Invalid":
        given = call.args[1] if len(call.args) > 1 else named(call, "code")
    elif name in KINDS and name != "Invalid":
        given = call.args[0] if call.args else named(call, "code")
    else:
        return None
    return literal(given)


def codes_of(source):
    """Code, and the parameters given with it (None when they are not written out)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (code := code_of(node)) is not None:
            names = {keyword.arg for keyword in node.keywords}
            is_fault = getattr(node.func, "id", "") == "Fault"
            found.append((code, None if None in names or is_fault else names - {"code"}))
    return found


RAISED = sorted(
    {
        (str(path.relative_to(PACKAGE)), code, None if params is None else frozenset(params))
        for path in PACKAGE.rglob("*.py")
        for code, params in codes_of(path.read_text("utf-8"))
    },
    key=str,
)
WORDING = load_wording()


def sentence(language, code):
    for file in files("xrm_platform.wording").joinpath(language).iterdir():
        found = json.loads(file.read_text("utf-8")).get("problems", {}).get(code)
        if found is not None:
            return found
    return ""


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_raised_has_a_sentence(language):
    without = [f"{path}: {code}" for path, code, _ in RAISED if not WORDING.knows("problems", code, language=language)]

    assert without == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_names_no_parameter_that_is_not_given(language):
    wrong = [
        f"{path}: {code} lacks {sorted(missing)}"
        for path, code, params in RAISED
        if params is not None and (missing := placeholders(sentence(language, code)) - params)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_written_in_two_files(language):
    """The last file read would win, and the other be changed in vain."""
    seen, twice = {}, []
    for file in files("xrm_platform.wording").joinpath(language).iterdir():
        for section, sentences in json.loads(file.read_text("utf-8")).items():
            for code in sentences:
                if (section, code) in seen:
                    twice.append(f"{section}.{code}: {seen[section, code]} and {file.name}")
                seen[section, code] = file.name

    assert twice == []


def test_both_languages_say_the_same_codes():
    english, french = (
        {
            f"{file.name} {section}.{code}"
            for file in files("xrm_platform.wording").joinpath(language).iterdir()
            for section, sentences in json.loads(file.read_text("utf-8")).items()
            for code in sentences
        }
        for language in LANGUAGES
    )

    assert sorted(english ^ french) == []


def test_the_scan_sees_each_way_of_raising():
    source = """
raise Missing("a", base=1)
raise problems.Conflicting("b")
raise Invalid.field("name", "c", limit=3)
Fault("d", {"limit": 3})
raise Throttled("e", retry_after=2)
raise Forbidden(code)
other("f")
"""
    assert sorted(codes_of(source), key=lambda found: found[0]) == [
        ("a", {"base"}),
        ("b", set()),
        ("c", {"limit"}),
        ("d", None),
        ("e", {"retry_after"}),
    ]


def test_the_rooms_raise_codes_at_all():
    assert len({path.split("/")[0] for path, _, _ in RAISED}) >= 3
