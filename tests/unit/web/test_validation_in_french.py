"""Whatever the installed marshmallow may say has a French sentence."""

import inspect
import re
from datetime import UTC, datetime

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from xrm_platform.wording import translate_validation

FRAGMENTS = {"message_gte", "message_gt", "message_lte", "message_lt"}
SAMPLES = {
    "obj_type": ["datetime", "date", "time"],
    "awareness": ["aware", "naive"],
    "choices": ["mail, sms"],
    "values": ["a, b"],
    "input": ["x y"],
    "input!r": ["'x y'"],
    "min": ["1"],
    "max": ["10"],
    "equal": ["4"],
    "other": ["same"],
    "min_op": ["greater than or equal to", "greater than"],
    "max_op": ["less than or equal to", "less than"],
}


def templates() -> set[str]:
    found = set(Schema._default_error_messages.values())
    for field in vars(fields).values():
        if inspect.isclass(field) and issubclass(field, fields.Field):
            for parent in field.__mro__:
                found |= set(getattr(parent, "default_error_messages", {}).values())
    for validator in vars(validate).values():
        if inspect.isclass(validator) and issubclass(validator, validate.Validator):
            found |= {
                text
                for name, text in vars(validator).items()
                if isinstance(text, str)
                and (name.startswith("message_") or name == "default_message")
                and name not in FRAGMENTS
            }
    return found


def filled(template: str) -> list[str]:
    """Every sentence that the samples make of a template; what a sample does not know fails the test."""
    sentences = [template.replace("{{", "{").replace("}}", "}")]
    while any("{" in sentence for sentence in sentences):
        name = re.search(r"\{([^{}]*)\}", sentences[0])[1]
        sentences = [sentence.replace("{" + name + "}", value) for sentence in sentences for value in SAMPLES[name]]
    return sentences


@pytest.mark.parametrize("template", sorted(templates()))
def test_every_default_message_of_marshmallow_has_a_french_sentence(template: str) -> None:
    for sentence in filled(template):
        french = translate_validation(sentence, "fr")
        assert french != sentence
        assert not re.search(r"\b(must|not|valid|field|the|than|cannot)\b", french, re.IGNORECASE)


def test_the_messages_that_the_class_walk_finds_are_those_of_all_fields_and_validators() -> None:
    assert len(templates()) > 40


def test_english_stays_as_it_is() -> None:
    assert translate_validation("Unknown field.", "en") == "Unknown field."


def test_a_sentence_that_is_not_marshmallows_is_left_alone() -> None:
    assert translate_validation("The originator has 11 characters at most.", "fr") == (
        "The originator has 11 characters at most."
    )


def test_several_sentences_are_each_translated() -> None:
    said = translate_validation("Must be one of: a, b. Longer than maximum length 1. A plugin adds this.", "fr")
    assert said == "Doit être l’une de ces valeurs : a, b. Trop long : au plus 1. A plugin adds this."


def test_what_a_real_schema_says_comes_out_in_french_with_its_bounds() -> None:
    class Port(Schema):
        port = fields.Integer(validate=validate.Range(1, 65535))
        at = fields.AwareDateTime()
        word = fields.String(validate=validate.Length(max=3))

    with pytest.raises(ValidationError) as refused:
        Port().load({"port": 0, "at": datetime(2026, 1, 1, tzinfo=UTC).isoformat()[:10] + "T1", "word": "abcd"})
    said = {name: translate_validation(messages[0], "fr") for name, messages in refused.value.messages_dict.items()}
    assert said == {
        "port": "Doit être supérieur ou égal à 1 et inférieur ou égal à 65535.",
        "at": "Ce n’est pas une valeur valide du type « date et heure ».",
        "word": "Trop long : au plus 3.",
    }
