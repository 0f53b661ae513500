"""STOP words and mentions, cheaper characters, prices: the pure rules over texts."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.rules.price import Price, cost, price_given
from xrm_platform.messaging.rules.settings import RulesView, changed
from xrm_platform.messaging.rules.simplifying import simplified, unaccented
from xrm_platform.messaging.rules.stop import StopKind, stop_word, with_mention
from xrm_platform.messaging.rules.texts import sms_text
from xrm_platform.messaging.sms.segments import segment
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import Capability, Category, SmsEncoding
from xrm_platform.testing.memory_sms import MEMORY_SMS

RULES = RulesView(stop_number="36180")
MARKETING = Category.MARKETING


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "STOP 36180",
        "stop sms",
        "StopSMS",
        "ARRET",
        "Arrêt",
        "« arrêt ! »",
        "arre\u0302t",
        "désabo",
        "Se de\u0301sabonner".removeprefix("Se "),
        "DESABONNEZ-moi",
        "stop merci de ne plus écrire",
        "S.T.O.P",
        "s t o p",
        "ＳＴＯＰ",
        "unsubscribe",
        "Arrête de m’écrire",
        "Désinscris-moi",
        "désabonne moi",
    ],
)
def test_stop_is_heard_however_it_is_written(text):
    assert stop_word(text) is StopKind.MARKETING


@pytest.mark.parametrize("text", ["STOP ALL", "stop tout", "StopTout", "Stop, all!", "arrêt tout"])
def test_stop_all_ends_all(text):
    assert stop_word(text) is StopKind.ALL


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "👍",
        "OK merci",
        "ne stop pas",
        "Je passe à l'arrêt de bus",
        "stopover",
        "non-stop",
        "2 STOPS ?",
        "36180",
    ],
)
def test_what_is_no_stop_word_stops_nothing(text):
    assert stop_word(text) is None


@given(st.text())
def test_any_answer_can_be_read(text):
    assert stop_word(text) in (None, StopKind.MARKETING, StopKind.ALL)


def test_marketing_ends_with_the_mention_that_counts():
    whole = sms_text("a" * 146, MARKETING, RULES, MEMORY_SMS)

    assert whole.text == "a" * 146 + "\nSTOP au 36180"
    assert (whole.added, len(whole.segments.parts)) == ("\nSTOP au 36180", 1)
    assert len(sms_text("a" * 147, MARKETING, RULES, MEMORY_SMS).segments.parts) == 2


def test_a_mention_that_is_there_is_not_added_again():
    assert with_mention("Soldes ! Stop au 36180", "STOP au 36180") == "Soldes ! Stop au 36180"


def test_transactional_gets_no_mention():
    assert sms_text("Rendez-vous", Category.TRANSACTIONAL, RulesView(), MEMORY_SMS).text == "Rendez-vous"


def test_what_the_vendor_adds_is_counted_and_not_added_twice():
    vendor = replace(MEMORY_SMS, capabilities=frozenset({Capability.ADDS_STOP_MENTION}), stop_mention="\nSTOP 36111")
    whole = sms_text("a" * 150, MARKETING, RulesView(), vendor)

    assert whole.text == "a" * 150
    assert (len(whole.segments.parts), whole.segments.units) == (2, 161)


def test_without_a_number_to_stop_at_marketing_is_refused():
    with pytest.raises(Conflicting, match="stop_number_missing"):
        sms_text("Soldes", MARKETING, RulesView(), MEMORY_SMS)


def test_a_base_may_leave_the_mention_to_its_writers_or_name_no_number():
    assert sms_text("Soldes", MARKETING, replace(RULES, stop_mention=False), None).text == "Soldes"
    assert (
        sms_text("Soldes", MARKETING, replace(RulesView(), stop_template="Rep STOP"), None).text == "Soldes\nRep STOP"
    )


def test_typography_gives_way_before_accents_do():
    text = "« L’été… – 10\u00a0€ » : cœur, reçu, être, Été"

    assert simplified(text) == '" L\'été... - 10 € " : coeur, reçu, être, Été'
    assert unaccented(text) == '" L\'été... - 10 € " : coeur, recu, etre, Été'
    assert segment(simplified(text)).encoding is SmsEncoding.UCS2
    assert segment(unaccented(text)).encoding is SmsEncoding.GSM7


def test_an_accent_written_apart_joins_its_letter():
    assert simplified("e\u0301te\u0301") == "été"


def test_what_has_no_plain_form_stays():
    assert unaccented("Bravo 🎉 ы") == "Bravo 🎉 ы"


@given(st.text())
def test_simplifying_twice_is_simplifying_once_and_never_makes_a_text_unicode(text):
    for simpler in (simplified, unaccented):
        once = simpler(text)
        assert simpler(once) == once
        if segment(text).encoding is SmsEncoding.GSM7:
            assert segment(once).encoding is SmsEncoding.GSM7


@pytest.mark.parametrize(
    "amount", ["", "abc", "-1", "NaN", "Infinity", "1e3", "0.0000001", "1.2.3", "101", "٣", "1 000", "0x1"]
)
def test_a_price_that_is_not_a_number_is_refused(amount):
    with pytest.raises(Invalid) as refused:
        price_given(amount, "EUR")
    assert refused.value.fields["price"].code == "price_not_a_number"


@pytest.mark.parametrize("currency", ["", "EURO", "E1R", "€"])
def test_a_currency_has_three_letters(currency):
    with pytest.raises(Invalid) as refused:
        price_given("1", currency)
    assert refused.value.fields["currency"].code == "currency_unknown"


def test_a_price_is_written_with_a_point_or_a_comma_and_multiplied_without_loss():
    assert price_given("0,045", "eur") == price_given("0.045", "EUR") == Price(Decimal("0.045"), "EUR")
    assert cost(price_given("0.045", "EUR"), parts=2, recipients=10_000) == "900.00"
    assert cost(price_given("0.0451", "EUR"), parts=1, recipients=3) == "0.1353"


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"hours_end": "22:30"}, "hours_end", "hour_not_allowed"),
        ({"hours_start": "07:59"}, "hours_start", "hour_not_allowed"),
        ({"hours_start": "9h"}, "hours_start", "hour_not_allowed"),
        ({"hours_start": "12:00", "hours_end": "12:00"}, "hours_end", "hours_in_wrong_order"),
        ({"days": []}, "days", "days_malformed"),
        ({"days": [0, 8]}, "days", "days_malformed"),
        ({"consent": "perhaps"}, "consent", "unknown_choice"),
        ({"stop_number": "STOP"}, "stop_number", "stop_number_malformed"),
        ({"stop_template": "au 36180"}, "stop_template", "stop_template_malformed"),
        ({"stop_template": "STOP\n"}, "stop_template", "stop_template_malformed"),
        ({"stop_template": "STOP → {number}"}, "stop_template", "stop_template_unicode"),
        ({"keep_bodies_days": 29}, "keep_bodies_days", "days_kept"),
        ({"test_mode": True}, "test_mode", "test_mode_without_address"),
        ({"test_mails": ["nobody"]}, "test_mails.0", "address_local_part"),
        ({"test_numbers": ["01 42 68 53 00"]}, "test_numbers.0", "number_not_mobile"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_field(changes, field, code):
    with pytest.raises(Invalid) as refused:
        changed(RulesView(), changes, "FR")
    assert refused.value.fields[field].code == code


def test_rules_are_changed_one_by_one_and_the_latest_hour_can_be_set():
    after = changed(RulesView(), {"hours_end": "22:00", "days": [7, 1, 1], "test_numbers": ["0612345678"]}, "FR")

    assert (after.hours_start, after.hours_end, after.days) == ("08:00", "22:00", (1, 7))
    assert after.test_numbers == ("+33612345678",)
