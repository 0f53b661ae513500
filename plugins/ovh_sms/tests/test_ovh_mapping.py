from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_ovh_sms import mapping
from xrm_ovh_sms.plugin import OVH_SMS

from xrm_platform.providers import (
    BadResponse,
    Category,
    DeliveryStatus,
    InboundSms,
    InvalidRecipient,
    OptedOut,
    OutcomeUnknown,
    OutgoingSms,
    SentSms,
    SmsEncoding,
)
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def outgoing(text="Bonjour", **fields):
    return OutgoingSms("1", "+33639980011", text, SmsEncoding.GSM7, **fields)


def test_a_transactional_job_goes_at_once_and_without_mention():
    assert mapping.job(outgoing(), "XRM") == {
        "message": "Bonjour",
        "receivers": ["+33639980011"],
        "charset": "UTF-8",
        "noStopClause": True,
        "priority": "high",
        "sender": "XRM",
    }


def test_a_marketing_job_leaves_mention_and_hours_to_the_vendor():
    body = mapping.job(outgoing(category=Category.MARKETING), "XRM")
    assert (body["noStopClause"], body["priority"]) == (False, "medium")


def test_a_message_may_have_a_sender_of_its_own_and_without_any_it_can_be_answered():
    assert mapping.job(outgoing(sender="Shop"), "XRM")["sender"] == "Shop"
    answered = mapping.job(outgoing(), "")
    assert answered["senderForResponse"] is True
    assert "sender" not in answered


@pytest.mark.parametrize(
    ("time", "minutes"),
    [(timedelta(seconds=1), 1), (timedelta(minutes=90, seconds=1), 91), (timedelta(days=9), 2880), (timedelta(0), 1)],
)
def test_a_validity_is_whole_minutes_that_ovhcloud_is_known_to_take(time, minutes):
    assert mapping.job(outgoing(validity=time), "XRM")["validityPeriod"] == minutes


@pytest.mark.parametrize(
    ("sms", "sender", "code"),
    [
        (outgoing(), "XRM", None),
        (outgoing("https://a.fr"), "XRM", None),
        (outgoing(), "", None),
        (outgoing("voir HTTPS://a.fr"), "", "link_needs_a_sender"),
        (outgoing(category=Category.MARKETING), "", "marketing_needs_a_sender"),
        (outgoing(category=Category.MARKETING, sender="Shop"), "", None),
        (outgoing(), "+33757123456", None),
        (outgoing(category=Category.MARKETING), "+33757123456", "mobile_sender_is_not_for_marketing"),
        (outgoing(category=Category.MARKETING, sender="0612345678"), "XRM", "mobile_sender_is_not_for_marketing"),
        (outgoing(category=Category.MARKETING), "+33937123456", None),
        (outgoing(sender="Café!"), "XRM", "sender_refused"),
        (outgoing(sender="ABCDEFGHIJKL"), "XRM", "sender_refused"),
    ],
)
def test_what_ovhcloud_would_block_or_send_against_the_law_is_refused_with_its_reason(sms, sender, code):
    error = mapping.unfit(sms, sender)
    assert (error and error.code) == code
    if error:
        assert_explained(OVH_SMS, error.code, error.params)


def test_the_id_of_a_job_is_its_reference():
    assert (
        mapping.reference({"ids": [26929925], "validReceivers": ["+33639980011"], "invalidReceivers": []}) == "26929925"
    )


def test_a_job_without_id_for_an_invalid_receiver_is_an_invalid_recipient():
    with pytest.raises(InvalidRecipient):
        mapping.reference({"ids": [], "validReceivers": [], "invalidReceivers": ["+999"], "totalCreditsRemoved": 0})


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"ids": None}, {"ids": []}, {"ids": [1, 2]}, {"ids": ["x"]}, {"ids": [True]}]
)
def test_any_other_answer_leaves_the_outcome_unknown(answer):
    with pytest.raises(OutcomeUnknown):
        mapping.reference(answer)


def test_a_sent_message_is_told_without_the_mention_that_was_added():
    told = {
        "id": 7,
        "receiver": "0033639980011",
        "message": "Soldes STOP 36111",
        "creationDatetime": "2026-11-24T12:00:00+01:00",
        "ptt": 4,
        "deliveryReceipt": 1,
    }
    at = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert mapping.sent(told, NOW) == SentSms("7", "+33639980011", "Soldes", at, DeliveryStatus.DELIVERED)


def test_a_job_that_waits_has_no_status():
    assert mapping.sent({"id": 7, "receiver": "+33639980011", "message": "x"}, NOW).status is None


def test_an_answer_of_a_handset_is_told():
    told = {"id": 9, "sender": "+33639980011", "message": "STOP", "creationDatetime": "2026-11-24T12:00:00+01:00"}
    at = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert mapping.inbound(told, NOW) == InboundSms("9", "+33639980011", "", "STOP", at)


@pytest.mark.parametrize("field", ["dateCreation", "creationDatetime"])
def test_a_number_of_the_blacklist_is_told_with_its_date(field):
    entry = {"number": "0033639980011", field: "2026-11-24T12:00:00+01:00"}
    at = datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert mapping.opted_out(entry, "0033639980011", NOW) == OptedOut(
        "0033639980011:20261124110000", "+33639980011", at
    )


@pytest.mark.parametrize(
    ("left", "messages"), [(12.7, 12), (0, 0), (None, None), ("12", None), (True, None), (float("inf"), None)]
)
def test_credits_are_whole_messages_or_unknown(left, messages):
    assert mapping.account({"description": "", "creditsLeft": left}, "sms-a-1").messages_left == messages


NAMES = st.sampled_from(["id", "ids", "ptt", "creditsLeft"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
    max_leaves=8,
)


@given(JSON)
def test_any_answer_is_read_or_an_error_of_the_contract(answer):
    with suppress(BadResponse):
        mapping.id_list(answer)
    with suppress(OutcomeUnknown, InvalidRecipient):
        mapping.reference(answer)
    with suppress(BadResponse):
        found = mapping.record(answer)
        mapping.sent(found, NOW)
        mapping.inbound(found, NOW)
        mapping.account(found, "x")
