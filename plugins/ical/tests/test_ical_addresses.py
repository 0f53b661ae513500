"""What an address says, who may know a password, and names that are written in several ways."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_ical.addresses import Kind, http_address, is_public, kind_of, may_know_password
from xrm_ical.colors import from_server, to_server
from xrm_ical.cursors import Cursor, read_cursor
from xrm_ical.hrefs import collection_path, is_member, normal_path


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://caldav.icloud.com/", Kind.CALDAV),
        ("https://cloud.example.com/remote.php/dav/calendars/com/agenda/", Kind.CALDAV),
        ("https://example.com/holidays.ics", Kind.FEED),
        ("https://calendar.google.com/calendar/ical/x/private-1/basic.ICS?a=b", Kind.FEED),
        ("webcal://example.com/feed?id=1", Kind.FEED),
        ("file:///srv/calendars/com", Kind.FOLDER),
    ],
)
def test_the_address_says_what_is_there(url: str, kind: Kind) -> None:
    assert kind_of(url) is kind


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("webcal://example.com/a", "https://example.com/a"),
        ("webcals://example.com/a", "https://example.com/a"),
        ("webcal://127.0.0.1:8000/a", "http://127.0.0.1:8000/a"),
        ("https://example.com/a.ics", "https://example.com/a.ics"),
    ],
)
def test_webcal_is_https_by_another_name(url: str, asked: str) -> None:
    assert http_address(url) == asked


@pytest.mark.parametrize(
    ("told", "asking", "may"),
    [
        ("https://dav.example.com/", "https://dav.example.com/x", True),
        ("https://example.com/", "https://dav.example.com/", True),
        ("https://www.example.com/", "https://example.com/", True),
        ("https://caldav.icloud.com/", "https://p42-caldav.icloud.com:443/1/calendars/", True),
        ("https://dav.example.com/", "https://example.com/", False),
        ("https://dav.example.com/", "https://evil.example.com/", False),
        ("https://example.co.uk/", "https://evil.co.uk/", False),
        ("https://example.com/", "https://example.com.evil.org/", False),
        ("https://example.com/", "https://notexample.com/", False),
        ("https://example.com/", "https://noticloud.com/", False),
        ("https://example.com/", "http://example.com/", False),
        ("https://example.com/", "https://example.com:8443/", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:2/", False),
        ("http://127.0.0.1:1/", "http://localhost:1/", False),
        ("https://10.0.0.1/", "https://x.10.0.0.1/", False),
    ],
)
def test_a_password_goes_to_its_own_server_and_its_subdomains_only(told: str, asking: str, may: bool) -> None:
    assert may_know_password(told, asking) is may


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "::", "fe80::1", "fc00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::", "ff02::1"),
    ],
)
def test_addresses_of_machines_and_networks_of_our_own_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "href",
    ["/cal/a%40b.ics", "/cal/a@b.ics", "http://internal:5232/cal/a@b.ics", "a@b.ics", "./x/../a%40b.ics"],
)
def test_the_same_path_in_any_writing_is_the_same_ref(href: str) -> None:
    assert normal_path(href, "https://example.com/cal/") == "/cal/a@b.ics"


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=30))
def test_a_normal_path_stays_as_it_is(name: str) -> None:
    from urllib.parse import quote

    once = normal_path(f"/cal/{quote(name, safe='')}")
    assert normal_path(once) == once


def test_a_slash_within_a_name_stays_within_it() -> None:
    assert normal_path("/cal/a%2Fb.ics") == "/cal/a%2Fb.ics"
    assert is_member("/cal/a%2Fb.ics", "/cal/")
    assert not is_member("/cal/a/b.ics", "/cal/")
    assert not is_member("/cal/", "/cal/")
    assert collection_path("/cal") == collection_path("/cal/") == "/cal/"


@pytest.mark.parametrize(
    ("written", "color"),
    [
        ("#1e90ff", "#1E90FF"),
        ("#1E90FFFF", "#1E90FF"),
        ("1E90FF", "#1E90FF"),
        ("#abc", "#AABBCC"),
        (" #1e90ff\n", "#1E90FF"),
        *(("red", None), ("", None), (None, None), ("#12345", None)),
    ],
)
def test_colours_are_read_in_any_of_their_writings(written: str | None, color: str | None) -> None:
    assert from_server(written) == color


def test_a_colour_is_written_as_icloud_wants_it() -> None:
    assert to_server("#1e90ff") == "#1E90FFFF"


@given(st.text(max_size=20), st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_a_cursor_says_what_it_said(token: str, seen: dict[str, str]) -> None:
    assert read_cursor(Cursor("token", token, seen).written(), "token") == Cursor("token", token, seen)
    assert read_cursor(Cursor("token", token, seen).written(), "versions") is None


@given(
    st.one_of(st.none(), st.text(), st.sampled_from(['["token"]', '["token", 1]', '["token", "", "x"]', "[" * 5000]))
)
def test_what_is_no_cursor_means_to_begin_anew(written: str | None) -> None:
    assert read_cursor(written, "token") is None


def test_a_cursor_over_five_thousand_events_stays_small() -> None:
    from uuid import UUID

    seen = {f"/cal/com/agenda/{UUID(int=n * 7**40 % 2**128)}.ics": f'"{n * 7**30 % 2**64:x}"' for n in range(5000)}
    assert len(Cursor("versions", "tag", seen).written()) < 300_000
