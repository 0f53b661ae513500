"""vCards as telephones and office programs write them, and ours as they are read back."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.people.contacts.given import MailGiven, PhoneGiven
from xrm_platform.people.contacts.vcard import MOST_PROPERTIES, is_vcard, read_vcards, vcard_of
from xrm_platform.people.contacts.vcard_lines import LONGEST, components, escaped, folded, text_of
from xrm_platform.people.contacts.views import ContactView, MailAddressView, PhoneView
from xrm_platform.people.phones import shown
from xrm_platform.problems import Invalid


def read(text, encoding="utf-8"):
    return list(read_vcards(io.BytesIO(text.encode(encoding)))[1])


def card(*lines, version="3.0"):
    return "\r\n".join(("BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""))


def test_a_card_of_an_apple_telephone_is_read():
    (row,) = read(
        card(
            "PRODID:-//Apple Inc.//iPhone OS 17.5//EN",
            "N:Lefèvre;Zoé;Marie;;",
            "FN:Zoé Marie Lefèvre",
            "ORG:Œuvre \\& Co\\, SARL;Ventes;",
            "EMAIL;type=INTERNET;type=HOME;type=pref:zoe@example.fr",
            "item1.TEL;type=pref:+33 6 12 34 56 78",
            "item1.X-ABLabel:Astreinte",
            "item2.TEL:01 42 68 53 00",
            "item2.X-ABLabel:_$!<Work>!$_",
            "TEL;type=CELL;type=VOICE:06 98 76 54 32",
            "item3.ADR;type=HOME:;;1 rue X;Paris;;75001;France",
            "NOTE:deux\\nlignes",
            "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ",
            "  SkZJRg",
        )
    )

    assert row.line == 1
    assert row.changes == {
        "first_name": "Zoé Marie",
        "last_name": "Lefèvre",
        "company": "Œuvre & Co, SARL",
        "country": "FR",
        "notes": "deux\nlignes",
        "phones": [
            PhoneGiven("+33 6 12 34 56 78", "Astreinte"),
            PhoneGiven("01 42 68 53 00", "Work"),
            PhoneGiven("06 98 76 54 32", "mobile"),
        ],
        "mails": [MailGiven("zoe@example.fr", "home")],
    }


def test_a_card_of_version_4_is_read():
    (row,) = read(
        card(
            "FN:Acme",
            "KIND:org",
            'TEL;VALUE=uri;TYPE="voice,work":tel:+33-1-42-68-53-00;ext=12',
            "TEL;VALUE=uri;PREF=1;TYPE=cell:tel:+33612345678",
            "LANG;PREF=1:fr",
            version="4.0",
        )
    )

    assert (row.changes["company"], row.changes["language"]) == ("Acme", "fr")
    assert row.changes["phones"] == [PhoneGiven("+33612345678", "mobile"), PhoneGiven("+33-1-42-68-53-00", "work")]


def test_a_card_of_an_old_telephone_is_read():
    (row,) = read(
        card(
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=4C=65=66=C3=A8=76=72=65;Zo=C3=A9;;;",
            "TEL;CELL;PREF:0612345678",
            "NOTE;ENCODING=QUOTED-PRINTABLE:une note =",
            "tr=C3=A8s longue",
            version="2.1",
        )
    )

    assert (row.changes["last_name"], row.changes["first_name"]) == ("Lefèvre", "Zoé")
    assert row.changes["phones"] == [PhoneGiven("0612345678", "mobile")]
    assert row.changes["notes"] == "une note très longue"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_cards_in_other_encodings_are_known_and_read(encoding):
    text = card("FN:Zoé", "N:;Zoé;;;")

    assert is_vcard(text.encode(encoding)[:100])
    assert read(text, encoding)[0].changes["first_name"] == "Zoé"


def test_a_csv_is_no_vcard():
    assert not is_vcard(b"Nom;BEGIN:VCARD")


def test_a_bad_line_is_lost_and_nothing_else():
    (first, second) = read(
        "garbage\n" + card("this is no property", "N:A;;;;", ":", ";;:", "TEL:1") + card("N:B", "=" * 10)
    )

    assert (first.changes["last_name"], first.changes["phones"], first.line) == ("A", [PhoneGiven("1")], 2)
    assert second.changes["last_name"] == "B"


def test_a_card_that_was_cut_off_is_a_fault_and_those_before_are_read():
    (first, second) = read(card("N:A;;;;") + "BEGIN:VCARD\nN:B;;;;\n")

    assert first.changes["last_name"] == "A"
    assert second.faults["row"].code == "vcard_without_end"
    assert second.line == 5


def test_a_card_made_to_exhaust_the_machine_is_a_fault_and_those_beside_it_are_read():
    rows = read(card("FN:A") + card(*["TEL:1"] * (MOST_PROPERTIES + 1)) + card("FN:B"))

    assert [row.changes.get("last_name") for row in rows] == ["A", None, "B"]
    assert rows[1].faults["row"].code == "vcard_too_long"


def test_an_encoded_text_without_end_is_kept_within_bounds_and_hides_nothing_after_it():
    endless = ["NOTE;ENCODING=QUOTED-PRINTABLE:a", *["b" * 75] * (2 * LONGEST // 75)]

    (row,) = read(card("=\r\n".join(endless), "FN:Ann", version="2.1"))

    assert row.changes["last_name"] == "Ann"
    assert LONGEST // 2 < len(row.changes["notes"]) <= LONGEST + 75


def test_a_card_inside_of_a_card_is_not_mixed_with_it():
    (row,) = read(card("N:Outer;;;;", "AGENT:", card("N:Inner;;;;", "TEL:2").strip(), "TEL:1"))

    assert (row.changes["last_name"], row.changes["phones"]) == ("Outer", [PhoneGiven("1")])


@given(st.text(st.characters(codec="utf-8"), max_size=400))
def test_any_text_inside_of_a_card_is_read_or_lost(text):
    assert all(row.line >= 1 for row in read(f"BEGIN:VCARD\n{text}\nEND:VCARD\n"))


@given(st.text(st.characters(codec="utf-8")))
def test_escapes_are_undone(text):
    assert text_of(escaped(text)) == text
    assert components(f"{escaped(text)};{escaped(text)}") == [text, text]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=300))
def test_folded_lines_are_short_and_no_letter_is_cut(text):
    lines = folded(f"NOTE:{text}")

    assert all(len(line.encode()) <= 75 for line in lines.split("\r\n"))
    assert lines.replace("\r\n ", "").removesuffix("\r\n") == f"NOTE:{text}"


LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=30)
LABEL = st.sampled_from(["", "mobile", "work", "fax", "Astreinte: nuit", 'a;b,"c"'])
CONTACTS = st.builds(
    ContactView,
    id=st.just("01900000-0000-7000-8000-000000000000"),
    name=st.just("X"),
    first_name=LINE,
    last_name=LINE.filter(bool),
    company=LINE,
    phones=st.lists(
        st.builds(
            lambda number, label: PhoneView(number, shown(number), label, "mobile"),
            st.sampled_from(["+33612345678", "+33142685300"]),
            LABEL,
        ),
        max_size=3,
    ).map(tuple),
    mails=st.lists(st.builds(MailAddressView, st.just("a@b.example"), LABEL), max_size=2).map(tuple),
    country=st.sampled_from([None, "FR"]),
    language=st.sampled_from([None, "fr-CA"]),
    notes=st.text(
        st.characters(codec="utf-8", exclude_categories=["C", "Z"], include_characters="\n"), max_size=80
    ).map(str.strip),
    reference=LINE.map(lambda text: text or None),
    former_references=st.just(()),
    consents=st.just(()),
    created_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
    updated_at=st.just(datetime(2026, 1, 1, tzinfo=UTC)),
)


@given(CONTACTS, st.sampled_from(["3.0", "4.0"]))
def test_a_contact_is_read_back_as_it_was_written(contact, version):
    (row,) = read(vcard_of(contact, version))

    assert row.faults == {}
    assert [(phone.number, phone.label) for phone in row.changes["phones"]] == [
        (phone.number, phone.label) for phone in contact.phones
    ]
    assert [(mail.address, mail.label) for mail in row.changes["mails"]] == [
        (mail.address, mail.label) for mail in contact.mails
    ]
    for name in ("first_name", "last_name", "company", "country", "language", "notes", "reference"):
        assert (row.changes.get(name) or None) == (getattr(contact, name) or None)


def test_a_version_that_nobody_reads_is_not_written():
    with pytest.raises(Invalid):
        vcard_of(None, "2.1")
