"""How the sentences are set: French punctuation stays with its word, and what goes by SMS is written to be cheap."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

import xrm_platform
from xrm_platform.messaging.rules.simplifying import unaccented
from xrm_platform.wording import load_wording

TRANSLATIONS = sorted(Path(xrm_platform.__file__).parents[1].glob("plugins/*/*/translations/fr.json"))
FRENCH = [*(one for one in files("xrm_platform.wording").joinpath("fr").iterdir()), *TRANSLATIONS]
LOOSE = re.compile(r" [;:!?»]|« ")
BY_SMS = (("agenda", "reminder_sms_owner"), ("agenda", "reminder_sms_contact"), ("test_mode", "intro"))


@pytest.mark.parametrize("file", FRENCH, ids=lambda file: file.name if file.name != "fr.json" else file.parts[-3])
def test_no_french_line_begins_with_punctuation_that_belongs_to_the_one_before(file):
    loose = [
        (section, code)
        for section, sentences in json.loads(file.read_text(encoding="utf-8")).items()
        for code, sentence in sentences.items()
        if LOOSE.search(sentence) and (section, code) not in BY_SMS
    ]
    assert loose == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("section", "code"), BY_SMS)
def test_what_goes_by_sms_is_in_the_alphabet_of_sms(section: str, code: str, language: str):
    empty = dict.fromkeys(("summary", "when", "location", "owner"), "")
    text = load_wording().say(section, code, empty, language=language)

    assert text == unaccented(text)
