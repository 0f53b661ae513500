from datetime import UTC, datetime, timedelta

import pytest
from xrm_esendex import listings, mapping
from xrm_esendex.answers import items, read

from xrm_platform.providers import DeliveryStatus, OptedOut, SentSms

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NS = 'xmlns="http://api.esendex.com/ns/"'


ACCOUNTS = f"""<accounts {NS}>
  <account id="1"><reference>EX1</reference><messagesremaining>5</messagesremaining></account>
  <account id="2"><reference>ex2</reference><messagesremaining>7</messagesremaining></account>
</accounts>"""


def test_the_account_is_found_by_its_reference_in_any_case():
    accounts = mapping.accounts(ACCOUNTS.encode())
    assert mapping.called(accounts, "EX2").messages_left == 7
    assert mapping.called(accounts, "EX3") is None


@pytest.mark.parametrize("left", ["many", "", "<a/>"])
def test_an_account_that_does_not_count_its_messages_has_no_number_of_them(left):
    inner = f"<reference>EX1</reference><messagesremaining>{left}</messagesremaining>"
    (account,) = mapping.accounts(f"<accounts><account>{inner}</account></accounts>".encode())
    assert account.messages_left is None


def page_of(*hours_ago):
    return [{"receivedat": (NOW - timedelta(hours=hours)).isoformat()} for hours in hours_ago]


def ends(page, since):
    return listings.goes_back_beyond(listings.received_at, page, since)


def test_a_page_that_runs_from_new_to_old_beyond_the_date_is_the_last_wanted():
    since = NOW - timedelta(hours=2)
    assert ends(page_of(1, 2, 3), since)
    assert not ends(page_of(0, 1, 2), since)
    assert not ends(page_of(5, 4, 3), since)
    assert not ends(page_of(3, 3), since)
    assert not ends([], since)


def test_an_entry_without_a_readable_date_is_taken_for_new():
    assert listings.is_since(listings.received_at, {"receivedat": "?"}, NOW)
    assert not listings.is_since(listings.received_at, {"receivedat": "2020-01-01T00:00:00"}, NOW)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Queued", None),
        ("Submitted", DeliveryStatus.SENT),
        ("Delivered", DeliveryStatus.DELIVERED),
        ("?", DeliveryStatus.UNKNOWN),
    ],
)
def test_what_the_vendor_has_is_told_with_the_start_of_its_text(word, status):
    header = read(
        f'<messageheader id="AB-1" {NS}><status>{word}</status><submittedat>2026-11-24T09:00:00.09Z</submittedat>'
        "<to><phonenumber>33612345678</phonenumber></to><summary>Bonj</summary></messageheader>".encode()
    )["messageheader"]
    assert mapping.sent(header, NOW) == SentSms(
        "ab-1", "+33612345678", "Bonj", datetime(2026, 11, 24, 9, 0, 0, 90_000, tzinfo=UTC), status, whole=False
    )


OPT_OUT_XML = f"""<optouts startindex="0" count="1" totalcount="1" {NS}>
  <optout id="AB-1"><accountreference>EX1</accountreference><receivedat>2016-05-04T10:27:12Z</receivedat>
    <from><phonenumber>447700900123</phonenumber></from></optout>
</optouts>"""
OPT_OUT_JSON = """{"OptOuts":[{"Id":"AB-1","ReceivedAt":"2016-05-04T10:27:12","AccountReference":"EX1",
"From":{"PhoneNumber":"447700900123"}}],"StartIndex":0,"Count":1,"TotalCount":1}"""


@pytest.mark.parametrize("body", [OPT_OUT_XML, OPT_OUT_JSON], ids=["xml", "json"])
def test_an_opt_out_is_read_in_both_forms(body):
    (entry,) = items(read(body.encode()), "optouts", "optout")
    at = datetime(2016, 5, 4, 10, 27, 12, tzinfo=UTC)
    assert mapping.opted_out(entry, NOW) == OptedOut("ab-1", "+447700900123", at)
