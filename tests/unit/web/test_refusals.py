import json
import re
from pathlib import Path

import pytest

import xrm_platform.web
from xrm_platform.problems import Conflicting, Fault, Invalid, Problem, Throttled, Unauthenticated, Unavailable
from xrm_platform.web.refusals import CONTENT_TYPE, UNSORTED_STATUS, MethodRefused, answer, document_of, status_of
from xrm_platform.wording import load_wording

WORDING = load_wording()
WEB = Path(xrm_platform.web.__file__).parent
LANGUAGES = ("fr", "en")


def test_a_problem_says_what_is_wrong_in_the_language_of_the_caller() -> None:
    problem = Conflicting("idempotency_key_malformed")
    french = document_of(problem, WORDING, language="fr", request_id="abc")
    english = document_of(problem, WORDING, language="en", request_id="abc")
    assert french["type"] == english["type"] == "urn:xrm:problem:idempotency_key_malformed"
    assert french["status"] == 409
    assert french["instance"] == "urn:xrm:request:abc"
    assert french["detail"] == "La clé a de 1 à 200 caractères ASCII visibles."
    assert english["detail"] == "The key may have 1 to 200 visible ASCII characters."


def test_faults_and_sentences_of_schemas_are_both_said_by_field() -> None:
    problem = Invalid({"name": Fault("text_unstorable"), "port": "Not a valid integer.", "x": "A plugin says so."})
    errors = document_of(problem, WORDING, language="fr", request_id="abc")["errors"]
    assert errors["port"] == ["Ce n’est pas un nombre entier valide."]
    assert errors["x"] == ["A plugin says so."]
    assert errors["name"] == [WORDING.say("problems", "text_unstorable", language="fr")]


def test_a_plugins_own_fault_is_said_by_its_translations() -> None:
    wording = load_wording(frozenset({"xrm_smtp"}))
    problem = Invalid({"settings.port": Fault("not_a_port", package="xrm_smtp")})
    errors = document_of(problem, wording, language="fr", request_id="abc")["errors"]
    assert errors == {"settings.port": ["Un port est un nombre de 1 à 65535."]}


@pytest.mark.parametrize(
    ("problem", "name", "value"),
    [
        (Throttled("sign_in_throttled", retry_after=17), "Retry-After", "17"),
        (Unavailable("database_locked"), "Retry-After", "5"),
        (Unauthenticated("sign_in_first"), "WWW-Authenticate", 'Bearer realm="xrm"'),
        (MethodRefused("GET, POST"), "Allow", "GET, POST"),
    ],
)
def test_an_answer_has_the_header_that_belongs_to_its_status(problem: Problem, name: str, value: str) -> None:
    response = answer(problem, WORDING, language="en", request_id="abc")
    assert response.headers[name] == value
    assert response.content_type == CONTENT_TYPE
    assert json.loads(response.text)["status"] == response.status == status_of(problem)


def test_a_problem_of_no_known_kind_is_the_operators() -> None:
    assert status_of(Problem("secret_key_wrong")) == UNSORTED_STATUS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_that_the_web_names_has_a_sentence(language: str) -> None:
    raised = re.compile(r"(?:raise \w+|Invalid\.field|Fault|super\(\)\.__init__|TooLarge|Unreadable|Missing)\(([^)]*)")
    codes = {
        code
        for file in WEB.rglob("*.py")
        for call in raised.findall(file.read_text("utf-8"))
        for code in re.findall(r'"([a-z]+(?:_[a-z0-9]+)+|unexpected)"', call)
    }
    assert len(codes) > 15
    assert {code for code in codes if not WORDING.knows("problems", code, language=language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_has_a_title(language: str) -> None:
    statuses = (400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503)
    assert all(WORDING.knows("titles", str(status), language=language) for status in statuses)


def test_french_and_english_have_the_same_sentences_with_the_same_params() -> None:
    french, english = (
        json.loads((WEB.parent / "wording" / language / "web.json").read_text("utf-8")) for language in LANGUAGES
    )

    def shape(sections: dict) -> dict:
        return {
            (section, code): sorted(re.findall(r"\{(\w+)\}", sentence))
            for section, sentences in sections.items()
            for code, sentence in sentences.items()
        }

    assert shape(french) == shape(english)
