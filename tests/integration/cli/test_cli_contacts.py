"""`xrm contacts`, run for real."""

from __future__ import annotations

import csv
import io

import pytest

MARIE = (
    *("contacts", "create", "--base", "ACME", "--first-name", "Marie", "--last-name", "Lefèvre", "--company", "Œuvre"),
    *("--phone", "mobile=06 12 34 56 78", "--phone", "0142685300", "--mail", "marie@exemple.fr", "--reference", "C1"),
)
FILE = (
    "Référence;Nom;Mobile;Fidélité\nC1;Lefebvre;0623456789;or\nC2;Nouveau;0634567890;\n"
    ";Faux;12;\n;nouveau;0634567890;\n"
)


@pytest.fixture
def marie(xrm):
    created = xrm(*MARIE, "--json")
    assert created.code == 0, created.err
    return created.json


def test_a_contact_is_created_shown_and_found(xrm, marie):
    assert [(phone["number"], phone["label"]) for phone in marie["phones"]] == [
        ("+33612345678", "mobile"),
        ("+33142685300", ""),
    ]
    assert xrm("contacts", "show", marie["id"], "--base", "ACME", "--json").json == marie
    for search in ("lefevre", "0033612345678", "OEUVRE marie"):
        assert xrm("contacts", "list", "--base", "ACME", "--search", search, "--json").items == [marie]
    assert xrm("contacts", "list", "--base", "ACME", "--reference", "C1", "--json").items == [marie]
    assert xrm("contacts", "list", "--base", "OTHER", "--json").items == []


def test_people_read_numbers_as_they_write_them(xrm, marie):
    assert "+33 6 12 34 56 78" in xrm("contacts", "list", "--base", "ACME").out
    assert "mobile" in xrm("contacts", "show", marie["id"], "--base", "ACME").out


def test_what_is_not_given_stays_and_an_empty_value_removes(xrm, marie):
    changed = xrm(
        *(
            "contacts",
            "set",
            marie["id"],
            "--base",
            "ACME",
            "--phone",
            "",
            "--reference",
            "",
            "--notes",
            "VIP",
            "--json",
        )
    ).json

    assert (changed["phones"], changed["reference"], changed["notes"]) == ([], None, "VIP")
    assert (changed["last_name"], changed["mails"]) == (marie["last_name"], marie["mails"])


def test_a_wrong_number_is_named_by_its_option(xrm):
    refused = xrm("contacts", "create", "--base", "ACME", "--phone", "0612345678", "--phone", "12")

    assert refused.line.startswith("Error: --phone (2): “12” is not a number")


def test_duplicates_are_listed_and_merged(xrm, marie):
    other = xrm("contacts", "create", "--base", "ACME", "--last-name", "M.", "--phone", "0612345678", "--json").json
    (group,) = xrm("contacts", "duplicates", "--base", "ACME", "--json").items
    merged = xrm("contacts", "merge", marie["id"], "--base", "ACME", "--other", other["id"], "--json").json

    assert (group["shared"], [contact["id"] for contact in group["contacts"]]) == (
        "+33612345678",
        [marie["id"], other["id"]],
    )
    assert merged["phones"] == marie["phones"]
    assert "Nothing to show." in xrm("contacts", "duplicates", "--base", "ACME").err
    assert xrm("contacts", "show", other["id"], "--base", "ACME").code == 1


def test_a_consent_is_recorded_and_needs_its_proof(xrm, marie):
    consent = ("contacts", "consent", marie["id"], "--base", "ACME", "--channel", "sms", "--state", "given")
    recorded = xrm(*consent, "--source", "salon", "--at", "2026-01-02T10:00", "--json").json

    assert [(said["state"], said["source"], said["at"]) for said in recorded["consents"]] == [
        ("given", "salon", "2026-01-02T09:00:00+00:00")
    ]
    assert "--source" in xrm(*consent).line


def test_a_contact_is_deleted(xrm, marie):
    assert marie["id"] in xrm("contacts", "delete", marie["id"], "--base", "ACME").out
    assert marie["id"] in xrm("contacts", "show", marie["id"], "--base", "ACME").line


def test_a_file_is_previewed_then_brought_in_with_a_report(xrm, marie, tmp_path):
    (tmp_path / "clients.csv").write_bytes(FILE.encode("cp1252"))
    given = ("contacts", "import", tmp_path / "clients.csv", "--base", "ACME")
    preview = xrm(*given, "--preview")
    before = xrm("contacts", "list", "--base", "ACME", "--json").items
    done = xrm(*given, "--report", tmp_path / "report.csv", "--json").json
    report = list(csv.reader(io.StringIO((tmp_path / "report.csv").read_text("utf-8-sig"))))

    assert preview.code == 0
    assert "“12” is not a number that exists" in preview.out
    assert "Fidélité" in preview.out
    assert before == [marie]
    assert (done["created"], done["updated"], done["duplicates"], done["faults"]) == (1, 1, 1, 1)
    assert [row[:2] for row in report[1:]] == [["4", "not brought in"], ["5", "duplicate"]]
    names = [contact["name"] for contact in xrm("contacts", "list", "--base", "ACME", "--json").items]
    assert names == ["Marie Lefebvre", "Nouveau"]


@pytest.mark.parametrize(("content", "word"), [("Couleur\nrouge\n", "Couleur"), ("", "empty")])
def test_a_file_that_is_no_list_of_contacts_is_refused_in_one_line(xrm, tmp_path, content, word):
    (tmp_path / "x.csv").write_text(content)

    assert word in xrm("contacts", "import", tmp_path / "x.csv", "--base", "ACME").line


def test_a_file_that_is_not_there_or_a_folder_is_refused(xrm, tmp_path):
    assert "nowhere" in xrm("contacts", "import", tmp_path / "nowhere", "--base", "ACME").line
    assert str(tmp_path) in xrm("contacts", "import", tmp_path, "--base", "ACME").line
    assert str(tmp_path) in xrm("contacts", "export", tmp_path, "--base", "ACME").line


@pytest.mark.parametrize(("kind", "name"), [("csv", "c.csv"), ("vcard", "c.vcf")])
def test_what_is_exported_is_brought_into_another_base(xrm, marie, tmp_path, kind, name):
    exported = xrm("contacts", "export", tmp_path / name, "--base", "ACME", "--format", kind)
    done = xrm("contacts", "import", tmp_path / name, "--base", "OTHER", "--json").json
    (there,) = xrm("contacts", "list", "--base", "OTHER", "--json").items

    assert exported.code == 0
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert done["created"] == 1
    assert {name: there[name] for name in ("name", "company", "phones", "mails", "reference")} == {
        name: marie[name] for name in ("name", "company", "phones", "mails", "reference")
    }


def test_a_refused_export_leaves_no_file(xrm, tmp_path):
    refused = xrm(
        "contacts", "export", tmp_path / "c.vcf", "--base", "ACME", "--format", "vcard", "--vcard-version", "9"
    )

    assert "4.0" in refused.line
    assert not (tmp_path / "c.vcf").exists()
    assert list(tmp_path.glob(".*.part")) == []
