"""The multistatus that servers answer with: every way of writing it is read, and nothing else is taken for one."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_ical.multistatus import APPLE, CALDAV, DAV, error_names, read_multistatus

from xrm_platform.providers import BadResponse

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40)
PREFIX = st.sampled_from(["", "D:", "ns0:", "d:"])


@given(st.binary(max_size=300))
def test_what_is_no_multistatus_is_a_bad_response(body: bytes) -> None:
    with pytest.raises(BadResponse):
        read_multistatus(body)


@given(
    st.lists(st.sampled_from(["<", ">", "/", "D:", "multistatus", "response", "href", " xmlns:D='DAV:'", "&#1;", "x"]))
)
def test_no_sequence_of_its_pieces_raises_anything_else(pieces: list[str]) -> None:
    with suppress(BadResponse):
        read_multistatus("".join(pieces).encode())
    error_names("".join(pieces).encode())


@given(
    prefix=PREFIX,
    resources=st.lists(st.tuples(TEXT.filter(str.strip), TEXT, st.sampled_from([200, 404, 403]))),
    token=TEXT,
)
def test_what_was_written_is_read_whatever_the_prefix(
    prefix: str, resources: list[tuple[str, str, int]], token: str
) -> None:
    p, space = prefix, f"xmlns{':' if prefix else ''}{prefix.removesuffix(':')}"
    responses = "".join(
        f"<{p}response><{p}href>{escape(href)}</{p}href><{p}propstat><{p}prop><{p}getetag>{escape(etag)}</{p}getetag>"
        f"</{p}prop><{p}status>HTTP/1.1 {status} x</{p}status></{p}propstat></{p}response>"
        for href, etag, status in resources
    )
    body = (
        f"<{p}multistatus {space}={quoteattr('DAV:')}>{responses}"
        f"<{p}sync-token>{escape(token)}</{p}sync-token></{p}multistatus>"
    )
    told = read_multistatus(body.encode())
    assert told.sync_token == (token.strip() or None)
    assert [response.href for response in told.responses] == [href.strip() for href, _, _ in resources]
    for response, (_, etag, status) in zip(told.responses, resources, strict=True):
        assert response.raw_text(f"{DAV}getetag") == (etag if status == 200 else None)
        assert response.refused == ({} if status == 200 else {f"{DAV}getetag": status})


def test_a_response_may_find_some_properties_and_not_others() -> None:
    body = b"""<multistatus xmlns="DAV:" xmlns:A="http://apple.com/ns/ical/"><response><href>/a/</href>
      <propstat><prop><displayname>Agenda</displayname></prop><status>HTTP/1.1 200 OK</status></propstat>
      <propstat><prop><A:calendar-color/></prop><status>HTTP/1.1 404 Not Found</status></propstat>
    </response></multistatus>"""
    (response,) = read_multistatus(body).responses
    assert response.text(f"{DAV}displayname") == "Agenda"
    assert response.refused == {f"{APPLE}calendar-color": 404}


@pytest.mark.parametrize("line", ["HTTP/1.1 404 Not Found", "HTTP/1.0 404", "404 Not Found", "HTTP/2 404", "404"])
def test_a_status_is_read_however_much_of_the_line_is_there(line: str) -> None:
    body = f'<multistatus xmlns="DAV:"><response><href>/a</href><status>{line}</status></response></multistatus>'
    assert read_multistatus(body.encode()).responses[0].status == 404


@pytest.mark.parametrize("character", ["\x0b", "\x00", "&#11;", "&#x1F;", "&#0;"])
def test_a_character_that_xml_does_not_have_does_not_hide_the_others(character: str) -> None:
    responses = (f"<response><href>{href}</href></response>" for href in (f"/a{character}", "/b"))
    body = f'<multistatus xmlns="DAV:">{"".join(responses)}</multistatus>'
    assert [response.href for response in read_multistatus(body.encode()).responses][1:] == ["/b"]


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><multistatus xmlns="DAV:"><x>&b;</x></multistatus>',
        b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:"><x>&e;</x></multistatus>',
        b"<multistatus xmlns='DAV:'><response>",
        b"<multistatus/>",
        b"<html><body>Sign in</body></html>",
        b"",
    ],
)
def test_bombs_pages_and_halves_are_bad_responses(body: bytes) -> None:
    with pytest.raises(BadResponse) as caught:
        read_multistatus(body)
    assert "root:" not in caught.value.detail


def test_conditions_that_were_not_met_are_named() -> None:
    body = b'<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict/></D:error>'
    assert error_names(body) == {f"{CALDAV}no-uid-conflict"}
    nothing: Any = frozenset()
    assert error_names(b"<html>") == nothing
