import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_esendex import mapping
from xrm_esendex.answers import read
from xrm_esendex.plugin import ESENDEX

from xrm_platform.providers import (
    DeliveryStatus,
    OutcomeUnknown,
    OutgoingSms,
    PermanentError,
    SmsEncoding,
    TransientError,
)
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NS = 'xmlns="http://api.esendex.com/ns/"'


def header_of(xml):
    return read(xml.encode())["messageheader"]


def reported(status, inner=""):
    return mapping.report(
        header_of(f'<messageheader id="A" {NS}><status>{status}</status>{inner}</messageheader>'), "A", NOW
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("+33612345678", "33612345678"),
        ("+447700900123", "447700900123"),
        ("+590690001234", "590690001234"),
        ("+262692123456", "262692123456"),
        ("+687751234", "00687751234"),
        ("+508551234", "00508551234"),
        ("+681821234", "00681821234"),
        ("+4791234567", "004791234567"),
        ("+6591234567", "006591234567"),
    ],
)
def test_a_number_loses_its_plus_and_a_short_one_gets_00(number, written):
    assert mapping.is_number(number)
    assert mapping.recipient(number) == written


@pytest.mark.parametrize(
    "number",
    ["33612345678", "+0612345678", "+33 612345678", "+336", "+1234567890123456", "+٣٣٦١٢٣٤٥٦٧٨", "+33612345678\n"],
)
def test_what_is_not_e164_is_no_number(number):
    assert not mapping.is_number(number)


def test_a_dispatch_says_who_what_and_in_which_character_set():
    batch = [
        OutgoingSms("1", "+33612345678", "5 € \f", SmsEncoding.GSM7),
        OutgoingSms("2", "+33612345679", "l’été 😀", SmsEncoding.UCS2, sender="+33639980100"),
    ]
    assert json.loads(mapping.dispatch(batch, "EX0123456", "XRM")) == {
        "accountreference": "EX0123456",
        "messages": [
            {"to": "33612345678", "from": "XRM", "body": "5 € \f", "characterset": "GSM"},
            {"to": "33612345679", "from": "33639980100", "body": "l’été 😀", "characterset": "Unicode"},
        ],
    }


@pytest.mark.parametrize(
    "body",
    [
        '{"batch":{"batchid":"B","messageheaders":[{"uri":"u","id":"1"},{"uri":"u","id":"2"}]}}',
        '{"Batch":{"BatchId":"B","MessageHeaders":[{"Id":"1"},{"Id":"2"}]}}',
        '{"messageheaders":[{"id":"1"},{"id":"2"}]}',
        f'<messageheaders batchid="B" {NS}><messageheader uri="u" id="1"/><messageheader id="2"/></messageheaders>',
        '<messageheaders><messageheader uri="u" id="1"/><messageheader id="2"/></messageheaders>',
    ],
)
def test_the_ids_of_a_dispatch_are_read_in_order_in_every_shape(body):
    assert mapping.references(body.encode(), 2) == ["1", "2"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "OK",
        "{}",
        '{"batch":{}}',
        '{"batch":{"messageheaders":[]}}',
        '{"batch":{"messageheaders":[{"id":"1"}]}}',
        '{"batch":{"messageheaders":[{"id":"1"},{"id":""}]}}',
        '{"batch":{"messageheaders":[{"id":"1"},{"uri":"u"}]}}',
        '{"batch":{"messageheaders":[{"id":"1"},{"id":"2"},{"id":"3"}]}}',
        '{"batch":{"messageheaders":[{"id":"1"},{"id"',
        '<messageheaders><messageheader id="1"/><messageheader id=',
        "<html><body>Welcome</body></html>",
    ],
)
def test_an_answer_that_does_not_name_each_message_leaves_the_outcome_unknown(body):
    with pytest.raises(OutcomeUnknown):
        mapping.references(body.encode(), 2)


@given(st.binary() | st.text().map(str.encode), st.integers(1, 5))
def test_reading_the_answer_of_a_dispatch_raises_nothing_but_unknown_outcome(body, count):
    with suppress(OutcomeUnknown):
        assert len(mapping.references(body, count)) == count


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Submitted", DeliveryStatus.SENT),
        ("Dispatched", DeliveryStatus.SENT),
        ("Acknowledged", DeliveryStatus.SENT),
        ("sent", DeliveryStatus.SENT),
        ("Delivered", DeliveryStatus.DELIVERED),
        ("DELIVERED", DeliveryStatus.DELIVERED),
        ("PartiallyDelivered", DeliveryStatus.DELAYED),
        ("Failed", DeliveryStatus.FAILED),
        ("Rejected", DeliveryStatus.FAILED),
        ("FailedAuthorisation", DeliveryStatus.FAILED),
        ("Expired", DeliveryStatus.EXPIRED),
        ("Cancelled", DeliveryStatus.CANCELLED),
        ("Teleported", DeliveryStatus.UNKNOWN),
        ("", DeliveryStatus.UNKNOWN),
    ],
)
def test_a_status_word_is_told_in_the_words_of_the_contract(word, status):
    assert reported(word).status is status


@pytest.mark.parametrize("word", ["Queued", "Scheduled", "Authorised", "Processing", "Connecting"])
def test_a_waiting_message_has_nothing_to_report(word):
    assert reported(word) is None


def test_a_repeated_status_has_the_same_key_whatever_its_case():
    assert reported("Delivered").key == reported("delivered").key != reported("Sent").key


def test_a_delivery_is_told_at_its_own_time():
    dates = "<submittedat>2026-11-24T10:00:00Z</submittedat><deliveredat>2026-11-24T10:00:06.0333333Z</deliveredat>"
    assert reported("Delivered", dates).at == datetime(2026, 11, 24, 10, 0, 6, 33_333, tzinfo=UTC)


def test_a_status_without_any_date_is_told_as_of_now():
    assert reported("Sent", "<sentat>0001-01-01T00:00:00Z</sentat>").at == NOW


@pytest.mark.parametrize(
    ("inner", "error"),
    [
        ("<permanentfailure>true</permanentfailure>", PermanentError),
        ("<permanentfailure>false</permanentfailure>", TransientError),
        ("<retryable>true</retryable>", TransientError),
        ("<retryable>false</retryable>", PermanentError),
        ("", PermanentError),
    ],
)
def test_a_failure_says_whether_it_is_final(inner, error):
    reason = f"<failurereason><code>112</code><description>Temporary issue</description>{inner}</failurereason>"
    event = reported("Failed", reason)
    assert type(event.error) is error
    assert event.error.detail == "112: Temporary issue"
    assert_explained(ESENDEX, event.error.code, event.error.params)


def test_a_failure_without_reason_is_final_and_says_its_status():
    event = reported("Rejected")
    assert type(event.error) is PermanentError
    assert event.error.detail == "Rejected"


def test_json_booleans_of_a_failure_are_understood():
    header = read(b'{"Status":"Failed","FailureReason":{"Code":112,"PermanentFailure":false}}')
    assert type(mapping.report(header, "A", NOW).error) is TransientError


def test_an_inbound_message_is_told_in_full_at_the_time_it_was_received():
    header = header_of(
        f'<messageheader id="AB-1" {NS}><reference>EX0123456</reference><status>Submitted</status>'
        "<submittedat>2026-11-24T09:00:00.09Z</submittedat><receivedat>2026-11-24T09:00:01</receivedat>"
        "<to><phonenumber>33639980100</phonenumber></to><from><phonenumber>33612345678</phonenumber></from>"
        "<summary>STO</summary><direction>Inbound</direction></messageheader>"
    )
    message = mapping.inbound(header, "STOP", NOW)
    assert (message.key, message.sender, message.to) == ("ab-1", "+33612345678", "+33639980100")
    assert (message.text, message.at) == ("STOP", datetime(2026, 11, 24, 9, 0, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<messagebody {NS}><bodytext>a &amp; b</bodytext><characterset>GSM</characterset></messagebody>", "a & b"),
        (f"<messagebody {NS}><bodytext> x </bodytext></messagebody>", " x "),
        ("<messagebody><bodytext/></messagebody>", ""),
        ('{"bodytext":"é"}', "é"),
        ('{"MessageBody":{"BodyText":"é"}}', "é"),
    ],
)
def test_a_body_is_read_with_or_without_its_character_set(body, text):
    assert mapping.body_text(body.encode()) == text


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("33612345678", "+33612345678"),
        ("+33612345678", "+33612345678"),
        ("0033612345678", "+33612345678"),
        (" 00687751234 ", "+687751234"),
        ("687751234", "+687751234"),
        ("36111", "36111"),
        ("0612345678", "0612345678"),
        ("XRM", "XRM"),
        ("", ""),
    ],
)
def test_a_number_of_the_vendor_gets_its_plus_and_anything_else_stays(written, number):
    assert mapping.e164(written) == number


@pytest.mark.parametrize(
    ("time", "default", "hours"),
    [
        (None, None, None),
        (None, 24, 24),
        (timedelta(minutes=1), 24, 1),
        (timedelta(hours=2), None, 2),
        (timedelta(hours=2, seconds=1), None, 3),
        (timedelta(days=30), None, 72),
        (timedelta(0), None, 1),
    ],
)
def test_a_validity_is_whole_hours_that_esendex_takes(time, default, hours):
    assert mapping.validity_hours(time, default) == hours
