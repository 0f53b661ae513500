"""The address book over HTTP."""

from __future__ import annotations

import csv
import io

import pytest

MARIE = {
    "first_name": "Marie",
    "last_name": "Lefèvre",
    "phones": [{"number": "06 12 34 56 78", "label": "mobile"}, {"number": "01 42 68 53 00"}],
    "mails": [{"address": "marie@exemple.fr"}],
    "reference": "C-1001",
}
FILE = "Référence;Nom;Mobile\nC-1;Client bis;0623456789\nC-2;Nouveau;0634567890\n;Faux;12\n"


async def added(call, **changes):
    response = await call("POST", "/contacts", json=MARIE | changes)
    assert response.status == 201
    return await response.json()


async def test_a_contact_is_added_changed_found_and_deleted(as_user) -> None:
    call = as_user("chief")
    response = await call("POST", "/contacts", json=MARIE)
    made = await response.json()
    assert response.headers["Location"] == f"/api/v1/bases/ACME/contacts/{made['id']}"
    assert [phone["number"] for phone in made["phones"]] == ["+33612345678", "+33142685300"]
    changed = await (await call("PATCH", f"/contacts/{made['id']}", json={"company": "Acme", "phones": []})).json()
    assert (changed["company"], changed["phones"], changed["last_name"]) == ("Acme", [], "Lefèvre")
    found = await (await call("GET", "/contacts", params={"search": "LEFEVRE marie"})).json()
    assert found == {"items": [changed], "next": None}
    assert (await call("DELETE", f"/contacts/{made['id']}")).status == 204
    assert (await call("GET", f"/contacts/{made['id']}")).status == 404


async def test_a_host_application_finds_its_contact_by_reference(as_token) -> None:
    found = await (await as_token("read")("GET", "/contacts", params={"reference": "C-1"})).json()
    assert [contact["name"] for contact in found["items"]] == ["Client"]
    assert (await (await as_token("read")("GET", "/contacts", params={"reference": "C"})).json())["items"] == []


async def test_a_listing_comes_in_pages_by_name(as_user) -> None:
    call = as_user("marie")
    await added(call)
    first = await (await call("GET", "/contacts", params={"limit": 1})).json()
    second = await (await call("GET", "/contacts", params={"limit": 1, "after": first["next"]})).json()
    assert [page["items"][0]["last_name"] for page in (first, second)] == ["Client", "Lefèvre"]
    assert second["next"] is None


async def test_wrong_fields_are_named_in_the_callers_language(as_user) -> None:
    response = await as_user("marie")(
        "POST",
        "/contacts",
        json=MARIE | {"phones": [{"number": "12"}], "country": "XX"},
        headers={"Accept-Language": "en"},
    )
    assert response.status == 422
    errors = (await response.json())["errors"]
    assert set(errors) == {"phones.0", "country"}
    assert errors["phones.0"] == [
        "“12” is not a number that exists. Write it with its prefix, such as +33 6 12 34 56 78."
    ]


async def test_a_reference_in_use_is_a_conflict(as_user) -> None:
    response = await as_user("marie")("POST", "/contacts", json=MARIE | {"reference": "C-1"})
    assert (response.status, (await response.json())["code"]) == (409, "contact_reference_taken")


async def test_consent_is_recorded_with_its_proof(as_user, seed) -> None:
    call = as_user("marie")
    said = {"channel": "sms", "purpose": "marketing", "state": "given", "source": "salon", "at": "2026-01-01T10:00:00Z"}
    shown = await (await call("POST", f"/contacts/{seed.contact}/consents", json=said)).json()
    assert [(one["state"], one["source"], one["recorded_by"]) for one in shown["consents"]] == [
        ("given", "salon", "user:marie")
    ]
    older = await call("POST", f"/contacts/{seed.contact}/consents", json=said | {"at": "2025-01-01T10:00:00Z"})
    assert (older.status, (await older.json())["code"]) == (409, "consent_older")
    unproved = await call("POST", f"/contacts/{seed.contact}/consents", json=said | {"source": ""})
    assert unproved.status == 422


async def test_duplicates_are_listed_and_merged(as_user, seed) -> None:
    call = as_user("chief")
    other = await added(call, first_name="", last_name="client")
    (group,) = (await (await call("GET", "/contact-duplicates")).json())["items"]
    assert (group["reason"], [contact["id"] for contact in group["contacts"]]) == ("name", [seed.contact, other["id"]])
    merged = await (await call("POST", f"/contacts/{seed.contact}/merge", json={"others": [other["id"]]})).json()
    assert (merged["reference"], merged["former_references"], len(merged["phones"])) == ("C-1", ["C-1001"], 2)
    assert (await (await call("GET", "/contact-duplicates")).json())["items"] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
async def test_a_file_is_previewed_and_brought_in(as_token, encoding) -> None:
    call = as_token("admin")
    options = {"data": FILE.encode(encoding), "headers": {"Content-Type": "text/csv", "Accept-Language": "en"}}
    preview = await (await call("POST", "/contact-imports", params={"preview": "true"}, **options)).json()
    assert len((await (await call("GET", "/contacts")).json())["items"]) == 1
    done = await (await call("POST", "/contact-imports", **options)).json()
    assert done == preview
    result = done["result"]
    assert (result["created"], result["updated"], result["faults"]) == (1, 1, 1)
    assert [(row["line"], row["faults"][0]["code"]) for row in result["rows"]] == [(4, "number_impossible")]
    report = list(csv.reader(io.StringIO(done["report"].removeprefix("\ufeff"))))
    assert report[1][0] == "4"
    assert "is not a number that exists" in report[1][-1]
    names = [contact["name"] for contact in (await (await call("GET", "/contacts")).json())["items"]]
    assert names == ["Client bis", "Nouveau"]


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"Couleur\nrouge", "csv_column_missing"), (b"", "csv_empty"), (b"\x89PNG\r\n\x1a\n\0", "csv_encoding_unknown")],
)
async def test_a_file_that_is_no_list_of_contacts_is_refused(as_user, content, code) -> None:
    response = await as_user("chief")(
        "POST", "/contact-imports", data=content, headers={"Content-Type": "text/csv", "Accept-Language": "en"}
    )
    assert response.status == 422
    assert list((await response.json())["errors"]) == ["file"]


async def test_what_is_exported_opens_in_excel_and_comes_back(as_user) -> None:
    call = as_user("chief")
    await added(call, company="=1+1")
    response = await call("GET", "/contact-exports/csv", headers={"Accept-Language": "fr"})
    content = await response.read()
    assert (response.content_type, response.headers["Content-Disposition"]) == (
        "text/csv",
        'attachment; filename="contacts.csv"',
    )
    assert content.startswith("\ufeffNom;Prénom;Société;".encode())
    assert ";'=1+1;" in content.decode()
    assert ";+33 6 12 34 56 78;mobile;" in content.decode()
    back = await call("POST", "/contact-imports", data=content, headers={"Content-Type": "text/csv"})
    result = (await back.json())["result"]
    assert (result["unchanged"], result["faults"]) == (2, 0)


async def test_vcards_go_out_and_come_back(as_user) -> None:
    call = as_user("chief")
    await added(call)
    response = await call("GET", "/contact-exports/vcard", params={"version": "3.0"})
    content = await response.read()
    assert response.content_type == "text/vcard"
    assert content.count(b"BEGIN:VCARD\r\nVERSION:3.0\r\n") == 2
    back = await call("POST", "/contact-imports", data=content, headers={"Content-Type": "text/vcard"})
    result = (await back.json())["result"]
    assert (result["kind"], result["unchanged"]) == ("vcard", 2)
