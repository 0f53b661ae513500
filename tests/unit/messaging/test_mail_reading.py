"""Mail that strangers wrote, read: its text, its files, what kind it is. Nothing makes it raise."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrm_platform.messaging.inbound.mail.automatic import Kind
from xrm_platform.messaging.inbound.mail.bodies import MAX_BODY, safe_filename
from xrm_platform.messaging.inbound.mail.quotes import parted
from xrm_platform.messaging.inbound.mail.reading import read_mail
from xrm_platform.providers import Address

PLAIN = b"From: Anna <anna@client.example>\r\nTo: lea@acme.example\r\nSubject: Oui\r\n\r\nBonjour\r\n"


def message(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    for name, value in {"From": "Anna <anna@client.example>", "Subject": "Oui", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Bonjour\n")
    return mail


def with_headers(*lines: str) -> bytes:
    return "\r\n".join([*lines, "From: anna@client.example", "", "Bonjour", ""]).encode("utf-8", "surrogateescape")


# What is in it


def test_text_html_images_and_files_are_told_apart():
    mail = message(To="lea@acme.example", Cc="b@c.example")
    mail.add_alternative('<p>Bonjour</p><img src="cid:logo@a">', subtype="html")
    mail.get_payload()[1].add_related(b"PNG", "image", "png", cid="<logo@a>", filename="logo.png")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Devis n° 7 – été.pdf")
    read = read_mail(mail.as_bytes())
    assert read.text.strip() == "Bonjour"
    assert "cid:logo@a" in read.html
    assert [(file.filename, file.content_type, file.content, file.cid) for file in read.files] == [
        ("logo.png", "image/png", b"PNG", "logo@a"),
        ("Devis n° 7 – été.pdf", "application/pdf", b"%PDF", None),
    ]
    assert (read.sender, read.to, read.cc) == (
        Address("anna@client.example", "Anna"),
        (Address("lea@acme.example"),),
        (Address("b@c.example"),),
    )
    assert read.whole


def test_a_mail_with_html_only_has_its_text_from_there():
    mail = message()
    mail.set_content("<p>Un<br>deux &amp; trois</p><script>x</script>", subtype="html")
    assert read_mail(mail.as_bytes()).text == "Un\ndeux & trois"


def test_a_mail_inside_the_mail_is_a_file_named_by_its_subject():
    inner = message(Subject="Ancien/secret")
    mail = message()
    mail.add_attachment(inner)
    (file,) = read_mail(mail.as_bytes()).files
    assert (file.filename, file.content_type) == ("Ancien_secret.eml", "message/rfc822")
    assert b"Ancien/secret" in file.content


def test_a_calendar_part_is_found_with_what_it_asks_for():
    mail = message()
    mail.add_alternative(
        "BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR\n", subtype="calendar", params={"method": "REPLY"}
    )
    read = read_mail(mail.as_bytes())
    assert read.calendar_method == "REPLY"
    assert read.calendar.startswith("BEGIN:VCALENDAR")


def test_of_many_references_the_last_ones_count():
    read = read_mail(with_headers("References: " + "".join(f"<{n}@a>\r\n " for n in range(10_000)) + "<last@a>"))
    assert read.references[-2:] == ("<9999@a>", "<last@a>")
    assert len(read.references) == 100


def test_references_end_with_what_is_answered():
    octets = with_headers("References: <1@a> <2@a>", "In-Reply-To: <1@a>", "Message-ID: <3@a>")
    read = read_mail(octets)
    assert (read.message_id, read.references) == ("<3@a>", ("<2@a>", "<1@a>"))


# Bad input


@pytest.mark.parametrize(
    "line",
    [
        "References: " + "<x@y> " * 3000 + "<last@b>",
        "Subject: =?utf-8?q?=ff=fe?= =?nonsense?b?!!!?=",
        "Subject: =?utf-8?b?w6k",
        "Subject: \udce9\udcff raw octets",
        "Date: Mon, 99 Foo 2026 99:99",
        "Date: Mon, 2 Mar 20260000 09:30:00 +9999",
        "To: " + "a@b.example, " * 5000,
        "To: <<<<>>>>,,,;;;:::",
        "Message-ID: no brackets",
        "Message-ID: <" + "x" * 10_000 + ">",
        "References: " + "<a@b> " * 20_000,
        "Content-Type: multipart/mixed",
        'Content-Type: multipart/mixed; boundary=""',
        "Content-Type: text/plain; charset=nonsense",
        "Content-Type: text/plain; charset*0*=x''%ff; charset*=y",
        "Content-Type: application/x; name*0*=utf-8'fr'%e9%e9; name*2*=z",
        "Content-Disposition: attachment; filename*=\"''''\"; filename=\"a\r\n b\"",
        "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain",
        ":\r\n:",
        "\x00\x00: \x00",
    ],
)
def test_broken_headers_leave_the_rest_readable(line):
    read = read_mail(with_headers(line))
    assert "\x00" not in read.subject + read.text
    (read.subject + read.text).encode()
    assert len(read.to) <= 200


@pytest.mark.parametrize(
    "line",
    [
        "Subject: " + "=?utf-8?q?a?= " * 100_000,
        "Subject: " + "=?a" * 500_000,
        "To: " + "," * 1_000_000,
        "To: " + "<" * 300_000,
        "Content-Type: text/plain; " + "a=b; " * 200_000,
        "Content-Type: text/plain; " + "".join(f"a*{number}=b; " for number in range(50_000)),
        "Content-Disposition: attachment; " + "".join(f"filename*{number}*=%41; " for number in range(50_000)),
    ],
)
def test_a_header_without_end_is_cut(line):
    """Each would take from several seconds to a minute: see `MAX_HEADER`."""
    read = read_mail(with_headers(line))
    assert read.whole


def test_many_parts_with_a_header_without_end_are_read_in_time():
    """Ten seconds of parameters, were each read to its end."""
    part = b'--b\r\nContent-Type: text/plain; a="' + b'\\";' * 5_000 + b"\r\n\r\nx\r\n"
    read = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 60)
    assert read.whole


def test_a_long_name_of_a_file_is_read_whole():
    name = "\u00e9" * 100 + "\u20ac" * 45 + ".pdf"
    encoded = "".join(f"%{octet:02X}" for octet in name.encode())
    read = read_mail(with_headers(f"Content-Disposition: attachment; filename*=utf-8''{encoded}"))
    assert [file.filename for file in read.files] == [name]


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "rot13", "zlib", "undefined"])
def test_a_charset_that_no_mail_is_written_in_is_not_believed(charset):
    octets = PLAIN.replace(b"\r\n\r\n", f"\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode())
    assert read_mail(octets + b"a-" * 100_000).text.startswith("Bonjour")


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("C:\\x.exe", "C__x.exe"),
        ("devis\u202egnp.exe", "devis_gnp.exe"),
        ("\ufeffa\u200e.\u200bpdf", "_a_._pdf"),
        ("x" * 1000 + ".pdf", "x" * 146 + ".pdf"),
        (".htaccess", "htaccess"),
        ("..", ""),
    ],
)
def test_a_hostile_filename_is_harmless(name, safe):
    assert safe_filename(name) == safe


def test_winmail_is_a_file_as_any_other():
    mail = message()
    mail.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    (file,) = read_mail(mail.as_bytes()).files
    assert (file.filename, file.content_type) == ("winmail.dat", "application/ms-tnef")


def test_more_parts_than_any_mail_has_are_kept_as_one_file():
    mail = message()
    for number in range(600):
        mail.add_attachment(b"x", maintype="application", subtype="x", filename=f"{number}.x")
    octets = mail.as_bytes()
    read = read_mail(octets)
    assert not read.whole
    assert (read.subject, read.sender) == ("Oui", Address("anna@client.example", "Anna"))
    assert [(file.filename, file.content) for file in read.files] == [("message.eml", octets)]


def test_parts_within_parts_without_end_are_kept_as_one_file():
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    read = read_mail(b"Subject: deep\r\n" + head)
    assert (read.subject, read.whole) == ("deep", False)


def test_a_million_boundaries_cost_no_memory():
    read = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\nSubject: many\r\n\r\n" + b"--b\r\n\r\n" * 1_000_000)
    assert (read.subject, read.whole) == ("many", False)


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\r" * 300_000, id="boundaries"),
        pytest.param(b"Content-Type: message/delivery-status\n\n" + b"a:b\n\n" * 600_000, id="groups of fields"),
        pytest.param(b"a:b\n" * 2_000_000 + b"\nx", id="headers"),
        pytest.param(b"a: b\n" + b" c\n" * 2_000_000 + b"\nx", id="lines of a header"),
        pytest.param(b"\n\n" + b"a\r" * 10_000_000, id="lines"),
        pytest.param(
            b"".join(b'Content-Type: multipart/x; BOUNDARY ="b%d"\n\n--b%d\n' % (n, n) for n in range(300))
            + b"\n"
            + b"a\n" * 500_000,
            id="lines within parts within parts",
        ),
    ],
)
def test_a_mail_that_would_cost_gigabytes_or_minutes_is_kept_as_one_file(octets):
    """Each took from several seconds to a minute, or a hundred times its size: see `parsing`."""
    octets = b"Subject: much\nFrom: anna@client.example\n" + octets
    read = read_mail(octets)
    assert (read.subject, read.sender, read.whole) == ("much", Address("anna@client.example"), False)
    assert [file.content for file in read.files] == [octets]


@pytest.mark.parametrize(("kind", "name"), [("html", "message.html"), ("plain", "message.txt")])
def test_many_long_texts_are_cut_together_and_kept_whole_as_files(kind, name):
    part = f"--b\nContent-Type: text/{kind}\n\n{'x' * 300_000}\n".encode()
    read = read_mail(b"Content-Type: multipart/mixed; boundary=b\n\n" + part * 5 + b"--b--\n")
    assert len(read.text) <= MAX_BODY
    assert len(read.html or "") <= MAX_BODY
    assert [(file.filename, len(file.content)) for file in read.files] == [(name, 300_000)] * 2


def test_a_mail_in_a_mail_in_a_mail_is_taken_apart_and_loses_nothing():
    octets = PLAIN.replace(b"Subject: Oui", b"Subject: \xe9t\xe9 \xff")
    for depth in range(30):
        head = f"From: a@b.example\r\nSubject: {depth}\r\nContent-Type: multipart/mixed; boundary=b{depth}\r\n\r\n"
        part = f"--b{depth}\r\nContent-Type: message/rfc822\r\n\r\n".encode()
        octets = head.encode() + part + octets + f"\r\n--b{depth}--\r\n".encode()
    read = read_mail(octets)
    (file,) = read.files
    assert (read.whole, file.filename, file.content_type) == (True, "28.eml", "message/rfc822")
    assert b"Subject: \xe9t\xe9 \xff" in file.content
    assert b"Bonjour" in file.content


def test_a_text_of_fifty_megabytes_is_cut_and_kept_whole_as_a_file():
    octets = PLAIN + b"x" * 70 + b"\r\n" * 3 + (b"y" * 76 + b"\r\n") * (50 * 1024 * 1024 // 78 - 10)
    read = read_mail(octets)
    assert len(read.text) == MAX_BODY
    (file,) = read.files
    assert file.filename == "message.txt"
    assert len(file.content) > 49 * 1024 * 1024


@settings(max_examples=150)
@given(
    st.binary(max_size=2000), st.sampled_from([b"", PLAIN, b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"])
)
def test_no_octets_make_it_raise(octets, start):
    read = read_mail(start + octets)
    (read.subject + read.text + (read.html or "")).encode()
    for file in read.files:
        assert file.filename == safe_filename(file.filename)


@given(st.text(max_size=300))
def test_a_filename_has_no_folder_and_fits(name):
    safe = safe_filename(name)
    assert not set(safe) & set("/\\:\x00\r\n")
    assert len(safe) <= 150
    assert safe not in {".", ".."}


# Who wrote it


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        ([], Kind.MESSAGE),
        (["Auto-Submitted: no"], Kind.MESSAGE),
        (["Subject: Re: Absence du bureau de Paul"], Kind.MESSAGE),
        (["Auto-Submitted: auto-replied (vacation)"], Kind.AUTOMATIC),
        (["Auto-Submitted: auto-generated"], Kind.BULK),
        (["X-Auto-Response-Suppress: All"], Kind.AUTOMATIC),
        (["X-Autoreply: yes"], Kind.AUTOMATIC),
        (["X-Autogenerated: Reply"], Kind.AUTOMATIC),
        (["Precedence: auto_reply"], Kind.AUTOMATIC),
        (["Precedence: bulk"], Kind.BULK),
        (["List-Id: <news.b.example>"], Kind.BULK),
        (["Return-Path: <>"], Kind.AUTOMATIC),
        (["Subject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_devis?="], Kind.AUTOMATIC),
        (["Subject: Absence du bureau"], Kind.AUTOMATIC),
        (["Subject: Automatic reply: quote"], Kind.AUTOMATIC),
        (["From: MAILER-DAEMON@mx.b.example"], Kind.REPORT),
        (["Content-Type: multipart/report; report-type=delivery-status; boundary=b"], Kind.REPORT),
        (["Content-Type: multipart/report; report-type=disposition-notification; boundary=b"], Kind.AUTOMATIC),
    ],
)
def test_machines_are_told_from_people(lines, kind):
    assert read_mail(with_headers(*lines)).kind is kind


# What is quoted


@pytest.mark.parametrize(
    ("own", "quoted"),
    [
        (
            "Oui, merci.\n\n",
            "Le lun. 2 mars 2026 à 09:30, Léa Martin <lea@acme.example> a écrit :\n\n> Bonjour\n> à vous\n",
        ),
        ("Oui.\n\n", "Le lun. 2 mars 2026 à 09:30, Léa Martin\n<lea@acme.example> a écrit :\n> Bonjour\n"),
        ("Yes.\n", "On Mon, Mar 2, 2026 at 9:30 AM Léa <lea@acme.example> wrote:\nHello\n"),
        ("Oui.\n", "-----Message d'origine-----\nDe : Léa\n"),
        (
            "Oui.\n\n",
            "________________________________\nDe : Léa\nEnvoyé : lundi\nÀ : Anna\nObjet : Devis\n\nBonjour\n",
        ),
        ("Oui.\n", "De : Léa\nEnvoyé : lundi\nÀ : Anna\nObjet : Devis\n\nBonjour\n"),
        ("Oui.\n", "> Bonjour\n> \n> à vous\n"),
        ("> Un ?\nOui.\n> Deux ?\nNon.\n", ""),
        ("Le 2 mars, Léa a écrit :\n> Un ?\nOui.\n", ""),
        ("De : Paris\nle train\n", ""),
        ("Rien de cité.\n", ""),
    ],
)
def test_what_is_quoted_is_parted_from_what_was_written(own, quoted):
    assert parted(own + quoted) == (own, quoted)


@given(
    st.lists(
        st.sampled_from(["> a", "Le 2 mars, x a écrit :", "De : x", "Envoyé : y", "", "oui", "-- ", "À : z"]),
        max_size=12,
    )
)
def test_nothing_is_lost_by_parting(lines):
    text = "\n".join(lines)
    assert "".join(parted(text)) == text


def test_a_text_of_many_quoted_lines_is_parted_in_one_go():
    """It would take hours if each line looked at all that follow."""
    text = "> a\n" * 200_000 + "oui\n"
    assert parted(text) == (text, "")
