from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_ovh_sms.plugin import OVH_SMS
from xrm_ovh_sms.push import LARGEST, read_receipt
from xrm_ovh_sms.receipts import STATUSES, Receipt

from xrm_platform.providers import BadResponse, DeliveryStatus, InvalidRecipient, PermanentError, TransientError
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ptt", "receipt", "status"),
    [
        (0, 0, None),
        (0, 4, None),
        (0, 1, DeliveryStatus.DELIVERED),
        (0, 2, DeliveryStatus.FAILED),
        (0, 8, DeliveryStatus.SENT),
        (1, 4, DeliveryStatus.DELAYED),
        (2, 4, DeliveryStatus.DELAYED),
        (3, 4, DeliveryStatus.SENT),
        (4, 1, DeliveryStatus.DELIVERED),
        (4, 0, DeliveryStatus.DELIVERED),
        (5, 2, DeliveryStatus.FAILED),
        (6, 0, DeliveryStatus.UNKNOWN),
        (8, 2, DeliveryStatus.EXPIRED),
        (202, 2, DeliveryStatus.FAILED),
        (999, 1, DeliveryStatus.DELIVERED),
        (999, 16, DeliveryStatus.FAILED),
        (999, 64, DeliveryStatus.UNKNOWN),
        (999, 0, DeliveryStatus.UNKNOWN),
    ],
)
def test_the_tracking_code_says_what_became_of_a_message_and_else_the_receipt(ptt, receipt, status):
    assert Receipt(ptt, receipt).status is status


@pytest.mark.parametrize(
    ("ptt", "error"), [(5, PermanentError), (23, InvalidRecipient), (24, TransientError), (27, PermanentError)]
)
def test_a_failure_says_whether_another_attempt_makes_sense(ptt, error):
    event = Receipt(ptt, 2).event("1", NOW)
    assert type(event.error) is error
    assert event.error.detail == f"ptt {ptt}"
    assert_explained(OVH_SMS, event.error.code, event.error.params)


@given(st.sampled_from(sorted(STATUSES)), st.integers(0, 20), st.integers(0, 20))
def test_a_known_code_has_one_key_whatever_the_receipt(ptt, one, other):
    assert Receipt(ptt, one).event("1", NOW).key == Receipt(ptt, other).event("1", NOW).key


def test_a_call_of_the_vendor_is_read():
    (event,) = read_receipt(b"id=26929925&ptt=4&date=2026-11-24T11%3A59%3A00%2B01%3A00&description=1", NOW)
    assert (event.reference, event.status) == ("26929925", DeliveryStatus.DELIVERED)
    assert event.at == datetime(2026, 11, 24, 10, 59, tzinfo=UTC)


@pytest.mark.parametrize("date", ["20261124115900", "2026-11-24 11:59:00", "soon", ""])
def test_a_date_that_names_no_zone_is_the_time_of_the_call(date):
    (event,) = read_receipt(f"id=1&ptt=5&date={date}&description=2&descriptionDlr=a%20b".encode(), NOW)
    assert (event.at, event.raw) == (NOW, "a b")


def test_a_call_about_a_message_that_still_waits_says_nothing():
    assert read_receipt(b"id=1&ptt=0&description=4", NOW) == []


@pytest.mark.parametrize(
    "query",
    [
        b"id=1",
        b"ptt=4",
        b"id=&ptt=4",
        b"id=1&ptt=",
        b"id=-1&ptt=4",
        b"id=1&ptt=4.0",
        b"id=1&id=2&ptt=4",
        b"id=%31&ptt=%ff",
        b"id=%d9%a3&ptt=4",
        b"id=1&ptt=4&" + b"&".join(b"a%d=1" % one for one in range(30)),
        b"id=1&ptt=4&x=" + b"x" * LARGEST,
        "id=1&ptt=é".encode(),
    ],
)
def test_what_is_no_such_call_is_a_bad_response(query):
    with pytest.raises(BadResponse):
        read_receipt(query, NOW)


@given(st.binary() | st.text(alphabet="idpt=&%0123456789fF", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_a_bad_response(query):
    try:
        events = read_receipt(query, NOW)
    except BadResponse:
        return
    assert len(events) <= 1
