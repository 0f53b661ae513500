import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_esendex.answers import items, moment, number, read, text

from xrm_platform.providers import BadResponse

NS = 'xmlns="http://api.esendex.com/ns/"'


@pytest.mark.parametrize(
    "body",
    [
        f'<messageheaders count="2" {NS}><messageheader id="A"/><messageheader id="B"/></messageheaders>',
        '<messageheaders count="2"><messageheader id="A"/><messageheader id="B"/></messageheaders>',
        '<e:MessageHeaders xmlns:e="urn:x"><e:MessageHeader Id="A"/><e:MessageHeader Id="B"/></e:MessageHeaders>',
        '{"messageheaders":[{"id":"A"},{"id":"B"}]}',
        '{"MessageHeaders":[{"Id":"A"},{"Id":"B"}],"Count":2}',
        '<?xml version="1.0"?>\n<messageheaders>\n <messageheader id="A"/>\n <messageheader id="B"/></messageheaders>',
        "<messageheaders><messageheader id='A'/><messageheader><id>B</id></messageheader></messageheaders>",
    ],
)
def test_a_listing_reads_the_same_in_every_shape(body):
    found = items(read(body.encode()), "messageheaders", "messageheader")
    assert [text(header, "id") for header in found] == ["A", "B"]


@pytest.mark.parametrize(
    "body", ['<accounts count="0"/>', "<accounts></accounts>", '{"accounts":[]}', '{"accounts":null}']
)
def test_an_empty_listing_is_no_entry(body):
    assert items(read(body.encode()), "accounts", "account") == []


def test_one_entry_is_a_listing_of_one():
    assert items(read(b"<accounts><account id='1'/></accounts>"), "accounts", "account") == [{"id": "1"}]


@pytest.mark.parametrize(
    "body", ["<html><body/></html>", "{}", '{"accounts":[1]}', '{"accounts":"x"}', "<accounts>x</accounts>"]
)
def test_what_is_no_listing_is_a_bad_response(body):
    with pytest.raises(BadResponse):
        items(read(body.encode()), "accounts", "account")


BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<a",
        b"<a><b></a>",
        b'{"a":',
        b"[1]",
        b'"text"',
        b"Service unavailable",
        b"\xff\xfe<",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"<!DOCTYPE a><a/>",
        BOMB,
        EXTERNAL,
    ],
)
def test_what_cannot_be_read_is_a_bad_response(body):
    with pytest.raises(BadResponse):
        read(body)


def test_xml_nested_without_end_is_a_bad_response():
    with pytest.raises(BadResponse):
        read(b"<a>" * 50_000 + b"</a>" * 50_000)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-24T10:20:30Z", datetime(2026, 11, 24, 10, 20, 30, tzinfo=UTC)),
        ("2026-11-24T10:20:30", datetime(2026, 11, 24, 10, 20, 30, tzinfo=UTC)),
        ("2026-11-24T10:20:30.09Z", datetime(2026, 11, 24, 10, 20, 30, 90_000, tzinfo=UTC)),
        ("2026-11-24T10:20:30.0333333Z", datetime(2026, 11, 24, 10, 20, 30, 33_333, tzinfo=UTC)),
        ("2026-11-24T12:00:05.000", datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)),
        ("2026-11-24T12:00:05+01:00", datetime(2026, 11, 24, 11, 0, 5, tzinfo=UTC)),
        (" 2026-11-24T12:00:05Z\n", datetime(2026, 11, 24, 12, 0, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_read_in_every_form(written, at):
    assert moment(written) == at


@pytest.mark.parametrize(
    ("value", "expected"),
    [("12", 12), (12, 12), (" 7 ", 7), ("-3", -3), ("", None), ("x", None), ("9" * 5000, None), ("²", None)],
)
def test_a_number_is_whole_or_none(value, expected):
    assert number({"n": value}, "n") == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
BYTES = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    JSON.map(json.dumps).map(str.encode),
    st.text(alphabet='<>/a b="&;![]?-', max_size=40).map(str.encode),
)


@given(BYTES)
def test_reading_raises_nothing_but_bad_response(body):
    try:
        record = read(body)
        entries = items(record, "a", "b")
    except BadResponse:
        return
    assert all(isinstance(entry, dict) for entry in entries)


@given(st.text())
def test_reading_a_date_never_raises(written):
    at = moment(written)
    assert at is None or at.tzinfo is UTC
