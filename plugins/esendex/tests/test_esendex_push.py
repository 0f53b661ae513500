from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_esendex.plugin import ESENDEX
from xrm_esendex.push import LARGEST, read_push

from xrm_platform.providers import BadResponse, DeliveryEvent, DeliveryStatus, InboundSms, OptedOut, TransientError
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID = "<Id>0E2E8E0C-1</Id>"
MESSAGE = "<MessageId>AB-12</MessageId><AccountId>CD-34</AccountId>"


def pushed(body):
    (event,) = read_push(body.encode(), "EX0123456", NOW)
    return event


def test_a_message_that_came_in_has_no_date_and_is_of_now():
    inner = "<MessageText>STOP &amp; merci</MessageText><From>33612345678</From><To>36111</To>"
    assert pushed(f"<InboundMessage>{ID}{MESSAGE}{inner}</InboundMessage>") == InboundSms(
        "ab-12", "+33612345678", "36111", "STOP & merci", NOW
    )


def test_an_empty_message_is_a_message():
    inner = "<MessageText /><From>33612345678</From><To>33639980100</To>"
    assert pushed(f"<InboundMessage>{ID}{MESSAGE}{inner}</InboundMessage>").text == ""


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("<OccurredAt>2014-07-31T21:42:46</OccurredAt>", datetime(2014, 7, 31, 21, 42, 46, tzinfo=UTC)),
        (
            "<OccurredAt>2014-07-31T21:42:46.0333333Z</OccurredAt>",
            datetime(2014, 7, 31, 21, 42, 46, 33_333, tzinfo=UTC),
        ),
        ("<OccurredAt>0001-01-01T00:00:00</OccurredAt>", NOW),
        ("<OccurredAt>soon</OccurredAt>", NOW),
        ("", NOW),
    ],
)
def test_a_delivery_is_of_its_own_date_or_of_now(written, at):
    event = pushed(f"<MessageDelivered>{ID}{MESSAGE}{written}</MessageDelivered>")
    assert (event.reference, event.status, event.at) == ("ab-12", DeliveryStatus.DELIVERED, at)


def test_a_failure_may_say_why():
    reason = "<Code>112</Code><Detail>Temporary issue</Detail><PermanentFailure>false</PermanentFailure>"
    event = pushed(f"<MessageFailed>{ID}{MESSAGE}<FailureReason>{reason}</FailureReason></MessageFailed>")
    assert isinstance(event, DeliveryEvent)
    assert type(event.error) is TransientError
    assert event.error.detail == "112: Temporary issue"
    assert_explained(ESENDEX, event.error.code, event.error.params)


def test_a_failure_without_reason_is_final():
    event = pushed(f"<MessageFailed>{ID}{MESSAGE}</MessageFailed>")
    assert event.error.code == "delivery_failed"


@pytest.mark.parametrize("spelling", ["ReceviedAt", "ReceivedAt"])
@pytest.mark.parametrize(
    ("link", "key"),
    [('<Link rel="optout" href="https://api.esendex.com/v1.0/optouts/EF-56" />', "ef-56"), ("", "0e2e8e0c-1")],
)
def test_an_opt_out_is_read_in_both_spellings_and_known_by_the_guid_of_the_list(spelling, link, key):
    inner = (
        "<AccountId>CD-34</AccountId><AccountReference>ex0123456</AccountReference>"
        f"<{spelling}>2014-07-31T21:42:46Z</{spelling}><From><PhoneNumber>687751234</PhoneNumber></From>{link}"
    )
    at = datetime(2014, 7, 31, 21, 42, 46, tzinfo=UTC)
    assert pushed(f"<OptOut>{ID}{inner}</OptOut>") == OptedOut(key, "+687751234", at)


def test_an_opt_out_of_another_account_of_the_user_says_nothing_here():
    inner = "<AccountReference>EX9999999</AccountReference><From><PhoneNumber>33612345678</PhoneNumber></From>"
    assert read_push(f"<OptOut>{ID}{inner}</OptOut>".encode(), "EX0123456", NOW) == []


def test_names_are_read_in_any_case_and_namespace():
    body = (
        '<e:MESSAGEDELIVERED xmlns:e="http://api.esendex.com/ns/"><e:ID>1</e:ID>'
        "<e:messageid>AB-12</e:messageid></e:MESSAGEDELIVERED>"
    )
    assert pushed(body).reference == "ab-12"


@pytest.mark.parametrize(
    "body",
    [
        f"<MessageDelivered>{ID}</MessageDelivered>",
        "<MessageDelivered />",
        "<MessageDelivered>AB-12</MessageDelivered>",
        f"<MessageRead>{ID}{MESSAGE}</MessageRead>",
        f"<InboundMessage>{ID}{MESSAGE}<MessageText>x</MessageText></InboundMessage>",
        f"<InboundMessage>{ID}{MESSAGE}<From>33612345678</From></InboundMessage>",
        f"<OptOut>{ID}<From /></OptOut>",
        "<OptOut><From><PhoneNumber>33612345678</PhoneNumber></From></OptOut>",
        f"<MessageDelivered>{ID}{MESSAGE}<x>{'x' * LARGEST}</x></MessageDelivered>",
    ],
)
def test_a_push_that_lacks_what_it_is_about_is_a_bad_response(body):
    with pytest.raises(BadResponse):
        pushed(body)


@given(st.binary() | st.text(alphabet='<>/ OptuMesagDlivrdIbnF="&;!', max_size=80).map(str.encode))
def test_any_bytes_are_read_or_a_bad_response(body):
    try:
        events = read_push(body, "EX0123456", NOW)
    except BadResponse:
        return
    assert len(events) <= 1


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"))
)
def test_any_text_comes_through_whole(text):
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    inner = f"<MessageText>{escaped}</MessageText><From>33612345678</From>"
    assert pushed(f"<InboundMessage>{ID}{MESSAGE}{inner}</InboundMessage>").text == text
