"""Files brought in and out of the address book, on both databases."""

from __future__ import annotations

import asyncio
import csv
import io

import pytest

from xrm_platform.people.contacts.exporting import ContactExport
from xrm_platform.people.contacts.given import MailGiven, PhoneGiven
from xrm_platform.people.contacts.importing import BATCH, ContactImport
from xrm_platform.people.contacts.report import report_csv
from xrm_platform.problems import Forbidden, Invalid
from xrm_platform.wording import load_wording

WORDING = load_wording()


@pytest.fixture
def importing(store, clock):
    return ContactImport(store, clock)


@pytest.fixture
def exporting(store):
    return ContactExport(store, WORDING)


def file(text):
    return io.BytesIO(text.encode())


async def everyone(contacts, actor):
    return (await contacts.list(actor, limit=500)).items


async def whole(pieces):
    return b"".join([piece async for piece in pieces])


MIXED = (
    "Référence;Nom;Prénom;Société;Téléphone;Mail;Couleur\n"
    "R1;Durand;Zoé;Acme;06 12 34 56 78;zoe@acme.example;rouge\n"  # created
    "R2;Connu;;;;;\n"  # updates the contact of R2
    ";Martin;Paul;;07 98 76 54 32;;\n"  # created
    ";MARTIN;paul;;+33 7 98 76 54 32;;\n"  # repeats the line before
    ";Moreau;Léa;;01 42 68 53 00;;\n"  # shares the number of somebody else, created
    ";dejala;;;;deja@la.example;\n"  # repeats a contact
    "R1;Autre;;;;;\n"  # the reference is there twice
    ";Faux;;;12;pas une adresse;\n"  # two faults
    ";;;;;;bleu\n"  # nothing known
)


@pytest.fixture
async def known(contacts, operator):
    r2 = await contacts.create(
        operator, last_name="Old", company="Kept", reference="R2", phones=[PhoneGiven("0142685300")]
    )
    deja = await contacts.create(operator, last_name="Déjàlà", mails=[MailGiven("Deja@la.example")])
    return r2, deja


async def test_a_preview_says_what_an_import_then_does(importing, contacts, operator, known):
    given = file(MIXED)
    preview = await importing.preview(operator, given)
    before = await everyone(contacts, operator)
    done = await importing.run(operator, given)

    assert before == tuple(sorted(known, key=lambda one: one.name))
    assert done == preview
    assert (done.rows_read, done.created, done.updated, done.duplicates, done.faults) == (9, 3, 1, 2, 3)
    assert [(column.header, column.field) for column in done.columns][-1] == ("Couleur", None)
    assert [(row.line, row.outcome) for row in done.first[:4]] == [
        (2, "created"),
        (3, "updated"),
        (4, "created"),
        (5, "duplicate"),
    ]
    assert [
        (row.line, row.outcome, row.contact, [(fault.name, fault.code) for fault in row.faults]) for row in done.rows
    ] == [
        (5, "duplicate", None, [("", "contact_repeats_line")]),
        (7, "duplicate", known[1].id, [("", "contact_repeats")]),
        (8, "fault", None, [("Référence", "contact_reference_repeated")]),
        (9, "fault", None, [("Téléphone", "number_impossible"), ("Mail", "email_malformed")]),
        (10, "fault", None, [("", "contact_empty")]),
    ]
    names = [contact.name for contact in await everyone(contacts, operator)]
    assert names == ["Connu", "Déjàlà", "Zoé Durand", "Paul Martin", "Léa Moreau"]


async def test_duplicates_are_brought_in_when_that_is_wanted(importing, contacts, operator, known):
    done = await importing.run(operator, file(MIXED), keep_duplicates=True)

    assert (done.created, done.duplicates) == (5, 0)
    assert [group.reason for group in (await contacts.duplicates(operator)).items] == [
        "mail",
        "name",
        "name",
        "number",
        "number",
    ]


async def test_what_a_row_leaves_empty_stays_and_numbers_are_added(importing, contacts, operator, known):
    text = "Reference,Last name,Company,Phone\nR2,New,,0612345678\n"
    await importing.run(operator, file(text))
    changed = await contacts.get(operator, known[0].id)

    assert (changed.last_name, changed.company) == ("New", "Kept")
    assert [phone.number for phone in changed.phones] == ["+33612345678", "+33142685300"]
    assert (await importing.run(operator, file(text))).unchanged == 1
    assert await contacts.get(operator, known[0].id) == changed


async def test_a_reference_of_a_merged_contact_updates_the_one_that_is_left(importing, contacts, operator, known):
    keep = await contacts.create(operator, last_name="Keep", reference="R9")
    await contacts.merge(operator, keep.id, [known[0].id])
    done = await importing.run(operator, file("Reference,Last name\nR2,Changed\nR9,Again\n"))

    assert (done.updated, done.faults) == (1, 1)
    assert (await contacts.get(operator, keep.id)).last_name == "Changed"


async def test_references_of_another_base_are_not_known_here(importing, contacts, operator, other_operator, known):
    done = await importing.run(other_operator, file(MIXED))

    assert (done.created, done.updated, done.duplicates) == (5, 0, 1)
    assert await everyone(contacts, operator) == tuple(sorted(known, key=lambda one: one.name))


async def test_consent_comes_with_its_proof_or_not_at_all(importing, contacts, operator):
    text = (
        "Nom;SMS marketing consentement;SMS marketing source;SMS marketing date\n"
        "A;oui;salon 2025;2025-06-01\n"
        "B;oui;;\n"
        "C;non;;\n"
        "D;;;\n"
    )
    done = await importing.run(operator, file(text))
    found = {contact.name: contact for contact in await everyone(contacts, operator)}

    assert [(row.line, [fault.code for fault in row.faults]) for row in done.rows] == [(3, ["consent_source_required"])]
    assert {name: [said.state for said in contact.consents] for name, contact in found.items()} == {
        "A": ["given"],
        "C": ["withdrawn"],
        "D": [],
    }


async def test_a_file_without_dates_never_undoes_a_withdrawal(importing, contacts, operator):
    text = "Référence;Nom;SMS marketing consentement;SMS marketing source\nR1;{name};oui;salon\n"
    await importing.run(operator, file(text.format(name="A")))
    (made,) = await everyone(contacts, operator)
    await contacts.record_consent(operator, made.id, channel="sms", purpose="marketing", state="withdrawn")
    done = await importing.run(operator, file(text.format(name="B")))
    (now,) = await everyone(contacts, operator)

    assert (now.last_name, now.consents[0].state) == ("B", "withdrawn")
    assert [(row.outcome, row.faults[0].code) for row in done.rows] == [("updated", "consent_undated")]


async def test_only_administrators_bring_in_and_out(importing, exporting, collaborators, operator, as_user):
    await collaborators.create(operator, "COM", last_name="Commercial")
    user = await as_user("paul", xrm_allowed=True, collaborator="COM")

    for attempt in (
        importing.preview(user, file(MIXED)),
        importing.run(user, file(MIXED)),
        whole(exporting.csv(user, language="fr")),
        whole(exporting.vcard(user)),
    ):
        with pytest.raises(Forbidden):
            await attempt


async def test_a_file_that_cannot_be_read_changes_nothing(importing, contacts, operator, audit):
    with pytest.raises(Invalid):
        await importing.run(operator, file("Couleur\nrouge\n"))

    assert await everyone(contacts, operator) == ()
    assert (await audit.list(operator)).items[0].action != "contacts.imported"


async def test_an_import_is_audited_without_saying_who_is_in_it(importing, operator, audit):
    await importing.run(operator, file(MIXED))
    entry = (await audit.list(operator)).items[0]

    assert (entry.actor, entry.action) == ("operator:test", "contacts.imported")
    assert entry.changes["created"] == [None, 5]
    assert "Durand" not in str(entry)


async def test_the_report_says_in_words_why_a_row_was_left_out(importing, operator, known):
    done = await importing.preview(operator, file(MIXED))
    text = report_csv(done, WORDING, language="fr")
    read = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))

    assert read[0] == ["Ligne", "Résultat", "Nom", "Société", "Référence", "Contact", "Raison"]
    assert read[1][:3] == ["5", "doublon", "paul MARTIN"]
    assert "ligne 4" in read[1][6]
    assert len(read) == 6
    assert "Téléphone : " in read[4][6] or "Téléphone: " in read[4][6]


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_an_export_brought_into_another_base_gives_the_same_contacts(
    importing, exporting, contacts, operator, other_operator, language
):
    made = await contacts.create(
        operator,
        first_name="=cmd|' /C calc'!A0",
        last_name='Lefèvre ; "Zoé"',
        company="Œuvre, SARL",
        phones=[PhoneGiven("0612345678", "mobile"), PhoneGiven("0142685300", "bureau")],
        mails=[MailGiven("zoe@acme.example", "-pro")],
        country="FR",
        language="fr",
        notes="+deux\nlignes",
        reference="@R1",
    )
    await contacts.record_consent(
        operator, made.id, channel="sms", purpose="marketing", state="given", source="=salon", wording="Oui\nje veux"
    )
    await contacts.create(operator, company="Seule")
    exported = await whole(exporting.csv(operator, language=language))
    await importing.run(other_operator, io.BytesIO(exported))
    first, second = await everyone(contacts, other_operator)
    original = await contacts.get(operator, made.id)

    assert exported.startswith(b"\xef\xbb\xbf")
    assert exported.count(b"\r\n") == 3
    assert second.company == "Seule"
    for name in ("first_name", "last_name", "company", "phones", "mails", "country", "language", "notes", "reference"):
        assert getattr(first, name) == getattr(original, name)
    assert first.consents == original.consents
    cells = [
        cell
        for row in csv.reader(io.StringIO(exported.decode("utf-8-sig")), delimiter=";" if language == "fr" else ",")
        for cell in row
    ]
    assert [cell for cell in cells if cell.startswith(("=", "-", "@", "+")) and not cell.startswith("+33 ")] == []


@pytest.mark.parametrize("version", ["3.0", "4.0"])
async def test_vcards_brought_into_another_base_give_the_same_contacts(
    importing, exporting, contacts, operator, other_operator, version
):
    await contacts.create(
        operator,
        first_name="Zoé",
        last_name="Lefèvre;",
        company="Œuvre, SARL",
        phones=[PhoneGiven("0612345678", "mobile"), PhoneGiven("0142685300", "Astreinte")],
        mails=[MailGiven("zoe@acme.example", "work")],
        notes="deux\nlignes",
        reference="R1",
    )
    await contacts.create(operator, company="Seule")
    done = await importing.run(other_operator, io.BytesIO(await whole(exporting.vcard(operator, version=version))))
    there, here = await everyone(contacts, other_operator), await everyone(contacts, operator)

    assert (done.kind, done.created) == ("vcard", 2)
    for name in ("first_name", "last_name", "company", "phones", "mails", "notes", "reference"):
        assert [getattr(one, name) for one in there] == [getattr(one, name) for one in here]


async def test_an_empty_book_is_exported_as_its_header(exporting, operator, other_operator, contacts):
    await contacts.create(other_operator, last_name="Stranger")

    assert (await whole(exporting.csv(operator, language="en"))).count(b"\n") == 1
    assert await whole(exporting.vcard(operator)) == b""


class Rows(io.RawIOBase):
    """A file of many rows that is nowhere as a whole."""

    HEADER = b"Reference;Nom;Tel\n"
    ROW = "R{0:06};Nom{0:06};06{0:08}\n"
    LENGTH = len(ROW.format(0))

    def __init__(self, count):
        self.size = len(self.HEADER) + count * self.LENGTH
        self.place = 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.place = offset
        return offset

    def tell(self):
        return self.place

    def readinto(self, buffer):
        first = max(0, (self.place - len(self.HEADER)) // self.LENGTH)
        count = len(buffer) // self.LENGTH + 2
        rows = "".join(self.ROW.format(number) for number in range(first, first + count)).encode()
        start = self.place if self.place < len(self.HEADER) else len(self.HEADER) + first * self.LENGTH
        text = (self.HEADER[start:] if start < len(self.HEADER) else b"") + rows
        offset = self.place - start
        piece = text[offset : offset + min(len(buffer), self.size - self.place)]
        buffer[: len(piece)] = piece
        self.place += len(piece)
        return len(piece)


async def test_a_long_file_comes_in_batches_while_others_go_on(importing, contacts, operator):
    count = 3 * BATCH + 7
    told = []
    running = asyncio.create_task(importing.run(operator, io.BufferedReader(Rows(count)), progress=told.append))
    turns = 0
    while not running.done():
        await contacts.list(operator, limit=1)
        turns += 1
    done = await running

    assert (done.created, done.faults, done.duplicates) == (count, 0, 0)
    assert told == [BATCH, 2 * BATCH, 3 * BATCH, count]
    assert turns > len(told)
    assert len((await contacts.list(operator, search="Nom000042")).items) == 1
