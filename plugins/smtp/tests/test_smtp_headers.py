"""Header lines read back as they were meant, and nothing gets past them."""

from __future__ import annotations

import email
from collections.abc import Callable
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default as modern

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from xrm_smtp.headers import MAX_LINE, addresses, identifiers, is_field_name, parameter, unstructured

from xrm_platform.providers import Address, PermanentError

ANY_TEXT = st.text(max_size=300)
PERSONS_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029"), max_size=300)
LOCAL = st.from_regex(r"[a-z0-9._-]{1,30}", fullmatch=True)


def parsed(lines: bytes) -> EmailMessage:
    message = email.message_from_bytes(lines + b"\r\nbody\r\n", policy=modern)
    assert isinstance(message, EmailMessage)
    assert message.get_content() in {"body\n", "body\r\n"}
    return message


def assert_well_formed(lines: bytes) -> None:
    assert lines.endswith(b"\r\n")
    for line in lines.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= MAX_LINE
        assert b"\r" not in line
        assert b"\n" not in line
        assert not line.startswith(b".")
        assert line.strip()


@given(PERSONS_TEXT)
@example("a  b")
@example(" leading and trailing ")
@example("=?utf-8?q?already?=")
@example("x" * 200)
@example("é" * 200)
@example("\ttab")
def test_any_subject_reads_back(text: str) -> None:
    lines = unstructured("Subject", text)
    assert_well_formed(lines)
    raw = email.message_from_bytes(lines + b"\r\n")["Subject"]
    assert str(make_header(decode_header(raw.replace("\r\n", "")))) == text


@given(ANY_TEXT)
@example("a\r\nBcc: eve@evil.example")
@example("a\nBcc: eve@evil.example")
@example("a\rBcc: eve@evil.example")
@example("a\x85Bcc: eve@evil.example")
@example("a\u2028Bcc: eve@evil.example")
def test_no_text_adds_a_header(text: str) -> None:
    for write in (
        lambda: unstructured("Subject", text),
        lambda: identifiers("References", text),
        lambda: addresses("To", [Address("anna@client.example", text)]),
        lambda: b"Content-Disposition: attachment" + parameter("filename", text).encode() + b"\r\n",
    ):
        assert len(parsed(written_or_refused(write)).keys()) == 1


def written_or_refused(write: Callable[[], bytes]) -> bytes:
    try:
        return write()
    except PermanentError:
        return b"Refused: yes\r\n"


@given(PERSONS_TEXT, LOCAL)
@example("Martin, Camille", "com")
@example('Camille "Cam" \\ Martin', "com")
@example("(comment) <a@b>", "com")
@example("C. O. Martin", "com")
@example("x" * 200, "com")
def test_any_name_of_an_address_reads_back(name: str, local: str) -> None:
    lines = addresses("From", [Address(f"{local}@client.example", name)])
    assert_well_formed(lines)
    raw = lines.decode().removeprefix("From: ").replace("\r\n", "")
    phrase, _, angle = raw.rpartition(" ")
    assert (angle or phrase).strip("<>") == f"{local}@client.example"
    if phrase.startswith('"'):
        assert phrase[1:-1].replace('\\"', '"').replace("\\\\", "\\") == name
    else:
        assert str(make_header(decode_header(phrase))) == name


def test_many_addresses_keep_their_order_on_lines_of_their_own() -> None:
    to = [Address(f"to{n}@client.example", "Zoë, Élodie & fils" if n % 2 else "") for n in range(200)]
    lines = addresses("To", to)
    assert_well_formed(lines)
    assert [one.addr_spec for one in parsed(lines)["To"].addresses] == [address.email for address in to]
    assert {one.display_name for one in parsed(lines)["To"].addresses} == {"", "Zoë, Élodie & fils"}


@given(PERSONS_TEXT)
@example("Devis été.pdf")
@example('a"b\\c.pdf')
@example("é" * 120 + ".pdf")
@example("a'b%20c*.pdf")
def test_any_file_name_reads_back(name: str) -> None:
    assume(name.strip() == name != "")
    lines = f"Content-Disposition: attachment{parameter('filename', name)}\r\n".encode()
    assert_well_formed(lines)
    assert max(map(len, lines.split(b"\r\n"))) <= 78
    assert parsed(lines).get_filename() == name


@given(st.lists(st.from_regex(r"<[!-;=?-~]{1,300}>", fullmatch=True), min_size=1, max_size=30))
def test_identifiers_stay_as_they_are(words: list[str]) -> None:
    lines = identifiers("References", " ".join(words))
    assert_well_formed(lines)
    assert lines.decode().removeprefix("References:").split() == words
    assert b"=?" not in lines or any("=?" in word for word in words)


@pytest.mark.parametrize("value", ["", "   ", "é@example.com", "x" * 1000])
def test_an_identifier_that_cannot_be_written_is_refused(value: str) -> None:
    with pytest.raises(PermanentError) as caught:
        identifiers("Message-ID", value)
    assert (caught.value.code, caught.value.params) == ("bad_header", {"field": "Message-ID"})


@pytest.mark.parametrize("name", ["", "A B", "A:", ".x", "É", "A\r\nB", "x" * 71])
def test_what_is_no_field_name_names_no_header(name: str) -> None:
    assert not is_field_name(name)
