"""Reading CSV as office programs write it, and writing what they open right: pure, without a database."""

from __future__ import annotations

import contextlib
import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.contacts.columns import columns_of
from xrm_platform.people.contacts.csv_reading import read_csv
from xrm_platform.people.contacts.exporting import _columns, harmless, phone_cell
from xrm_platform.people.contacts.given import MailGiven, PhoneGiven
from xrm_platform.people.phones import shown
from xrm_platform.problems import Invalid
from xrm_platform.wording import load_wording

FRENCH = "Nom;Prénom;Société;Téléphone portable;Courriel\r\nLefèvre;Zoé;Œuvre;06 12 34 56 78;zoe@œuvre.example\r\n"


def table(content, encoding="utf-8"):
    octets = content if isinstance(content, bytes) else content.encode(encoding)
    return read_csv(io.BytesIO(octets), time_zone="Europe/Paris")


def rows(content, encoding="utf-8"):
    return list(table(content, encoding).rows)


def code_of(content):
    with pytest.raises(Invalid) as refused:
        rows(content)
    return refused.value.fields["file"].code


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_any_usual_encoding_is_recognised(encoding, told):
    read = table(FRENCH, encoding)
    (row,) = read.rows

    assert read.encoding == told
    assert (row.changes["last_name"], row.changes["first_name"], row.changes["company"]) == ("Lefèvre", "Zoé", "Œuvre")
    assert row.changes["phones"] == [PhoneGiven("06 12 34 56 78", "mobile")]
    assert row.changes["mails"] == [MailGiven("zoe@œuvre.example")]


@pytest.mark.parametrize(
    "content",
    [
        "Nom\nL\x8e\x8f".encode("latin-1"),
        b"Nom\nZo\x81\n",
        b"\xef\xbb\xbfNom\n\xff\xfe",
        b"Nom\n" + bytes(range(256)),
        "Nom\nZoé".encode("utf-16")[:-1],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    ],
)
def test_a_file_whose_letters_cannot_be_told_is_refused_rather_than_read_wrong(content):
    assert code_of(content) == "csv_encoding_unknown"


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("start", ["", "\n\n", "sep=;\n"])
def test_the_delimiter_is_told_by_the_header(delimiter, start):
    text = start + FRENCH.replace(";", delimiter)

    assert table(text).delimiter == delimiter
    assert rows(text)[0].changes["company"] == "Œuvre"


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        (
            "Last Name,First Name,Phone 1 - Value,Phone 1 - Label,E-mail 1 - Value",
            "last_name first_name phone phone mail",
        ),
        ("NOM;PRENOM;RAISON SOCIALE;TEL. FIXE;GSM", "last_name first_name company phone phone"),
        ("Code client;Nom de famille;Adresse e-mail;Remarques;Pays", "reference last_name mail notes country"),
        ("Nom;SMS marketing : consentement;SMS marketing : date", "last_name consent consent"),
        ("Nom;Nom;Fidélité", "last_name None None"),
    ],
)
def test_headers_in_french_and_english_are_understood(header, fields):
    read = table(f"{header}\n")

    assert [column and column.field for column in read.columns] == [
        None if field == "None" else field for field in fields.split()
    ]


def test_several_numbers_keep_their_order_and_labels():
    (row,) = rows("Nom;Téléphone 1;Téléphone 1 libellé;Téléphone 2;Mobile;Tél\nX;01;bureau;02;06;03\n")

    assert row.changes["phones"] == [
        PhoneGiven("01", "bureau"),
        PhoneGiven("02", ""),
        PhoneGiven("06", "mobile"),
        PhoneGiven("03", ""),
    ]
    assert row.names["phones.1"] == "Téléphone 2"


@pytest.mark.parametrize("content", ["", "\n\n", " ; ;\n", "\ufeff"])
def test_an_empty_file_is_told(content):
    assert code_of(content) == "csv_empty"


def test_a_file_without_any_column_of_use_says_what_it_has():
    with pytest.raises(Invalid) as refused:
        rows("Couleur;Taille\nrouge;XL\n")

    assert refused.value.fields["file"].code == "csv_column_missing"
    assert refused.value.fields["file"].params == {"found": "Couleur, Taille"}


def test_a_bad_row_is_told_with_its_line_and_the_others_are_read():
    text = f'Nom;Notes\nA;\n\nB;"two\nlines"\nC;x;y;z\nD;{"x" * 200_000}\nE;last\n'
    read = rows(text)

    assert [
        (row.line, row.changes.get("last_name"), [fault.code for fault in row.faults.values()]) for row in read
    ] == [
        (2, "A", []),
        (4, "B", []),
        (6, None, ["csv_too_many_cells"]),
        (7, None, ["csv_row_unreadable"]),
        (8, "E", []),
    ]
    assert read[1].changes["notes"] == "two\nlines"


def test_an_enormous_header_is_refused():
    assert code_of("Nom" * 100_000) in ("csv_row_unreadable", "csv_column_missing")


@pytest.mark.parametrize(
    ("written", "state"),
    [("oui", "given"), ("Given", "given"), ("X", "given"), ("non", "withdrawn"), ("refusé", "withdrawn"), ("?!", "?!")],
)
def test_consents_are_read_in_both_languages(written, state):
    (row,) = rows(
        f"Nom;SMS marketing : consentement;SMS marketing : date;SMS marketing : source\nX;{written};31/12/2025;f\n"
    )
    (said,) = row.consents

    assert (said.channel, said.purpose, said.state, said.source) == ("sms", "marketing", state, "f")
    assert said.at.isoformat() == "2025-12-31T00:00:00+01:00"


def test_a_date_that_is_none_is_a_fault():
    (row,) = rows("Nom;SMS marketing consent;SMS marketing date\nX;oui;demain\n")

    assert [fault.code for fault in row.faults.values()] == ["csv_date_malformed"]


@pytest.mark.parametrize(("written", "code"), [("France", "FR"), ("be", "be"), ("Allemagne", "DE"), ("Spain", "ES")])
def test_countries_are_known_by_name(written, code):
    assert rows(f"Nom;Pays\nX;{written}\n")[0].changes["country"] == code


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content):
    whole = b"Nom;Tel\n" + content
    try:
        whole.decode("utf-8")
    except UnicodeDecodeError:
        with contextlib.suppress(Invalid):
            rows(whole)
    else:
        assert all(row.line >= 2 for row in rows(whole))


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_read_row_by_row(text):
    lines = [row.line for row in rows("Nom;Tel\n" + text)]

    assert lines == sorted(set(lines))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_header_of_the_export_is_understood_by_the_import(language):
    wording = load_wording()
    expected = list(_columns(3, 2))
    headers = [wording.say("contact_columns", code, {"place": place}, language=language) for code, place in expected]

    assert [column.field for column in columns_of(headers)] == [
        "consent" if re.match("(sms|mail)_", code) and not code.endswith("label") else code.removesuffix("_label")
        for code, _ in expected
    ]


@pytest.mark.parametrize("text", ["=1+1", "+33", "-2", "@SUM(A1)", "\t=x", "\r=x", "'=x", "''-x", "＝1+1"])
def test_no_text_becomes_a_formula_and_it_comes_back_as_it_was(text):
    written = harmless(text)

    assert written.startswith("'")
    assert rows(f'Nom;Notes\nX;"{written}"\n')[0].changes["notes"] == text


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_any_text_survives_being_made_harmless(text):
    line = io.StringIO()
    csv.writer(line, delimiter=";").writerow(["X", harmless(text)])

    assert rows(f"Nom;Notes\n{line.getvalue()}")[0].changes["notes"] == text


@pytest.mark.parametrize("number", ["+33612345678", "+12015550123", "+29051234", "+262692123456", "+4930123456"])
def test_a_number_in_a_cell_is_neither_a_formula_nor_a_number(number):
    assert re.fullmatch(r"\+\d+ \d[\d \-]*", phone_cell(shown(number)))
    assert phone_cell("+123") == "'+123"
