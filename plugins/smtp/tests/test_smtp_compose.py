"""A mail of the platform becomes one message that others read as it was meant."""

from __future__ import annotations

import email
from dataclasses import replace
from email.message import EmailMessage
from email.policy import default as modern
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_smtp.compose import ComposedMail, ascii_domain, compose
from xrm_smtp.parts import AttachmentEncoder, attachment_part, base64_lines

from xrm_platform.providers import Address, Attachment, CalendarPart, PermanentError
from xrm_platform.testing.mail_vendor import PICTURE, QUOTE, content, outgoing_mail

ANY_BODY = st.text(st.characters(exclude_categories=("Cs",)), max_size=2000)


def composed(**changes: Any) -> ComposedMail:
    return compose(outgoing_mail(**changes), AttachmentEncoder())


def octets(mail: ComposedMail) -> bytes:
    return b"".join(mail.chunks)


def message(mail: ComposedMail) -> EmailMessage:
    parsed = email.message_from_bytes(octets(mail), policy=modern)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    return parsed


def structure(part: EmailMessage) -> Any:
    name = part.get_content_type()
    return (name, [structure(child) for child in part.iter_parts()]) if part.is_multipart() else name


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


@given(ANY_BODY, ANY_BODY)
def test_any_text_and_html_read_back_and_need_no_help_on_their_way(text: str, html: str) -> None:
    mail = composed(text=text, html=html, attachments=(QUOTE,))
    raw = octets(mail)
    assert len(raw) == mail.size
    assert raw.endswith(b"\r\n")
    assert b"\r\n." not in raw
    assert raw.replace(b"\r\n", b"").isascii()
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    read = message(mail)
    assert lines_of(content(read, "text/plain")) == lines_of(text)
    assert lines_of(content(read, "text/html")) == lines_of(html)


@given(st.binary(max_size=5000))
def test_any_file_reads_back(data: bytes) -> None:
    (attachment,) = message(composed(attachments=(Attachment("x.bin", "application/x-any", data),))).iter_attachments()
    assert attachment.get_content() == data


def test_each_mail_has_the_plainest_form_that_holds_it() -> None:
    html = '<img src="cid:signature">'
    forms = [
        structure(message(composed())),
        structure(message(composed(html="<p>"))),
        structure(message(composed(html=html, attachments=(PICTURE,)))),
        structure(message(composed(attachments=(QUOTE,)))),
        structure(message(composed(html=html, attachments=(QUOTE, PICTURE)))),
    ]
    alternative = ("multipart/alternative", ["text/plain", ("multipart/related", ["text/html", "image/png"])])
    assert forms == [
        "text/plain",
        ("multipart/alternative", ["text/plain", "text/html"]),
        alternative,
        ("multipart/mixed", ["text/plain", "application/pdf"]),
        ("multipart/mixed", [alternative, "application/pdf"]),
    ]


def test_a_picture_that_the_html_does_not_show_is_a_file() -> None:
    read = message(composed(html="<p>nothing here</p>", attachments=(PICTURE,)))
    (file,) = read.iter_attachments()
    assert (file.get_filename(), file.get_content_disposition()) == ("signature.png", "attachment")


def test_a_mail_within_the_mail_goes_as_a_file() -> None:
    part = b"".join(attachment_part(Attachment("old.eml", "message/rfc822", b"Subject: x\r\n\r\n"), inline=False))
    assert part.startswith(b"Content-Type: application/octet-stream\r\n")


def test_a_mail_with_blind_copies_only_names_nobody() -> None:
    mail = composed(to=(), bcc=(Address("cleo@client.example"),))
    assert b"To: undisclosed-recipients:;\r\n" in octets(mail)
    assert list(mail.recipients) == ["cleo@client.example"]


def test_a_domain_with_accents_is_said_as_the_dns_knows_it() -> None:
    mail = composed(to=(Address("anna@Société.example", "Anna"),))
    assert mail.recipients == {"anna@Société.example": "anna@xn--socit-esab.example"}
    assert message(mail)["To"].addresses[0].addr_spec == "anna@xn--socit-esab.example"
    assert not mail.needs_utf8


def test_accents_before_the_at_need_a_server_that_takes_them() -> None:
    mail = composed(to=(Address("zoë@client.example"),))
    assert mail.needs_utf8
    assert "To: zoë@client.example\r\n".encode() in octets(mail)


@pytest.mark.parametrize(
    "address", ["", "anna", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<eve@evil.example>", "<a@b>", "a@-é"]
)
def test_what_is_no_address_is_said_to_no_server(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|hyphen"):
        ascii_domain(address)
    mail = composed(bcc=(Address(address),))
    assert list(mail.recipients) == ["anna@client.example"]
    assert list(mail.unspeakable) == [address]


@pytest.mark.parametrize(
    ("changes", "code", "params"),
    [
        ({"subject": "a\r\nb"}, "control_character", {"field": "Subject"}),
        ({"sender": Address("com@example.com", "a\nb")}, "control_character", {"field": "From"}),
        ({"to": (Address("no address"),), "envelope": ("anna@client.example",)}, "bad_address", {"field": "to"}),
        ({"headers": {"X-Ref": "a\r\nb"}}, "control_character", {"field": "X-Ref"}),
        ({"headers": {"Bcc": "eve@evil.example"}}, "bad_header", {"field": "Bcc"}),
        ({"headers": {"content-type": "text/html"}}, "bad_header", {"field": "content-type"}),
        ({"headers": {"A B": "x"}}, "bad_header", {"field": "A B"}),
        ({"message_id": "<a@b>\r\nBcc: x"}, "control_character", {"field": "Message-ID"}),
        ({"text": "\ud800"}, "control_character", {"field": "text"}),
        ({"attachments": (replace(QUOTE, filename="a\nb"),)}, "control_character", {"field": "filename"}),
        ({"attachments": (replace(QUOTE, content_type="pdf\r\nX: y"),)}, "bad_content_type", None),
        ({"attachments": (replace(PICTURE, cid="a>\r\nX: y"),)}, "bad_content_id", None),
    ],
)
def test_what_cannot_be_written_is_refused_with_its_field(
    changes: dict[str, Any], code: str, params: dict[str, str] | None
) -> None:
    with pytest.raises(PermanentError) as caught:
        composed(**changes)
    assert caught.value.code == code
    assert params is None or caught.value.params == params


def test_a_mailing_encodes_its_file_once() -> None:
    encoder = AttachmentEncoder()
    copy = replace(QUOTE, content=bytes(bytearray(QUOTE.content)))
    first, second = encoder.part(QUOTE, inline=False), encoder.part(copy, inline=False)
    assert copy.content is not QUOTE.content
    assert first is second


def test_only_so_many_encoded_files_are_kept() -> None:
    encoder = AttachmentEncoder(capacity=30_000)
    first = encoder.part(QUOTE, inline=False)
    encoder.part(replace(QUOTE, filename="b.pdf"), inline=False)
    encoder.part(replace(QUOTE, filename="c.pdf"), inline=False)
    assert encoder.part(QUOTE, inline=False) is not first
    assert encoder.part(QUOTE, inline=False) == first


def test_a_file_larger_than_the_room_for_it_is_encoded_all_the_same() -> None:
    encoder = AttachmentEncoder(capacity=10)
    assert encoder.part(QUOTE, inline=False)[1] == base64_lines(QUOTE.content)


@pytest.mark.parametrize("html", [None, "<p>Bonjour</p>"])
def test_an_invitation_is_the_last_alternative_with_its_method_and_line_breaks_kept(html: str | None) -> None:
    calendar = CalendarPart("CANCEL", "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nX-A:é\r\n .b\r\nEND:VCALENDAR\r\n")
    read = message(composed(calendar=calendar, html=html))
    alternatives = ["text/plain", *([] if html is None else ["text/html"]), "text/calendar"]
    assert structure(read) == ("multipart/mixed", [("multipart/alternative", alternatives), "application/ics"])
    part = next(part for part in read.walk() if part.get_content_type() == "text/calendar")
    assert part["Content-Type"].params == {"charset": "utf-8", "method": "CANCEL"}
    assert part.get_payload(decode=True) == calendar.text.encode()


def test_a_method_that_is_none_is_refused() -> None:
    with pytest.raises(PermanentError, match="bad_content_type"):
        composed(calendar=CalendarPart('REQUEST"\r\nBcc: eve@evil.example', "BEGIN:VCALENDAR"))
