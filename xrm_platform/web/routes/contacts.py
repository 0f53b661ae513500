"""The address book of a base: contacts, what they agreed to, duplicates, files in and out."""

from __future__ import annotations

import asyncio
import dataclasses
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from xrm_platform.people.contacts.given import ContactChanges, MailGiven, PhoneGiven
from xrm_platform.people.contacts.import_views import ImportView
from xrm_platform.people.contacts.report import report_csv
from xrm_platform.people.contacts.views import ContactView, DuplicatesView
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.schemas.answers import page_schema, view_schema
from xrm_platform.web.schemas.contacts import (
    ConsentNew,
    ContactChange,
    ContactNew,
    ContactsQuery,
    DuplicatesQuery,
    ImportQuery,
    MergeNew,
    VcardQuery,
)

BASE = "/bases/{base}"
CONTACTS = BASE + "/contacts"
CONTACT = CONTACTS + "/{id}"
FILE_TYPES = ("text/csv", "text/vcard", "application/octet-stream")
MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ImportAnswerView:
    """`result.rows` are the first 200; `report` is a CSV of all rows that were not simply brought in."""

    result: ImportView
    report: str


@endpoint(
    "GET",
    CONTACTS,
    "contacts",
    "List or search contacts",
    Need.READ,
    query=ContactsQuery,
    answer=page_schema(ContactView),
)
async def list_contacts(call: Call) -> Page[ContactView]:
    """By last name, or by company where there is no person. Capitals and accents make no difference."""
    return await call.xrm.contacts.list(call.actor, **call.query)


@endpoint(
    "POST",
    CONTACTS,
    "contacts",
    "Add a contact",
    Need.SEND,
    body=ContactNew,
    answer=view_schema(ContactView),
    status=201,
)
async def add_contact(call: Call) -> Answer:
    view = await call.xrm.contacts.create(call.actor, **changes_of(call.body))
    return Answer(view, headers={"Location": f"{call.request.path}/{view.id}"})


@endpoint("GET", CONTACT, "contacts", "Show a contact", Need.READ, answer=view_schema(ContactView))
async def show_contact(call: Call) -> ContactView:
    return await call.xrm.contacts.get(call.actor, call.path["id"])


@endpoint(
    "PATCH", CONTACT, "contacts", "Change a contact", Need.SEND, body=ContactChange, answer=view_schema(ContactView)
)
async def change_contact(call: Call) -> ContactView:
    return await call.xrm.contacts.change(call.actor, call.path["id"], changes_of(call.body))


@endpoint("DELETE", CONTACT, "contacts", "Delete a contact", Need.ADMIN, status=204)
async def delete_contact(call: Call) -> None:
    """Messages keep their text and where they went. The audit keeps that the contact was there, but not who it was."""
    await call.xrm.contacts.delete(call.actor, call.path["id"])


@endpoint(
    "POST",
    CONTACT + "/merge",
    "contacts",
    "Merge other contacts into this one",
    Need.ADMIN,
    body=MergeNew,
    answer=view_schema(ContactView),
)
async def merge_contacts(call: Call) -> ContactView:
    """What is filled in stays; numbers, addresses and notes are united, and of consents a withdrawal wins. References
    of the others lead to this contact from now on."""
    return await call.xrm.contacts.merge(call.actor, call.path["id"], call.body["others"])


@endpoint(
    "POST",
    CONTACT + "/consents",
    "contacts",
    "Record what a contact agreed to",
    Need.SEND,
    body=ConsentNew,
    answer=view_schema(ContactView),
)
async def record_consent(call: Call) -> ContactView:
    """By channel and purpose. Nothing overwrites what was said later than `at`."""
    return await call.xrm.contacts.record_consent(call.actor, call.path["id"], **call.body)


@endpoint(
    "GET",
    BASE + "/contact-duplicates",
    "contacts",
    "List contacts that may be one",
    Need.READ,
    query=DuplicatesQuery,
    answer=page_schema(DuplicatesView),
)
async def list_duplicates(call: Call) -> Page[DuplicatesView]:
    """Those that share a mail address, a name with its company, or a number."""
    return await call.xrm.contacts.duplicates(call.actor, **call.query)


@endpoint(
    "POST",
    BASE + "/contact-imports",
    "contacts",
    "Bring contacts in from a file",
    Need.ADMIN,
    query=ImportQuery,
    body_types=FILE_TYPES,
    body_limit=None,
    answer=view_schema(ImportAnswerView),
)
async def import_contacts(call: Call) -> ImportAnswerView:
    """CSV in any usual encoding, or vCard; which of them is told by the content. A known reference updates its contact;
    one bad row never stops the rest."""
    do = call.xrm.contact_import.preview if call.query["preview"] else call.xrm.contact_import.run
    done = await do(call.actor, io.BytesIO(call.content), keep_duplicates=call.query["keep_duplicates"])
    report = await asyncio.to_thread(report_csv, done, call.xrm.wording, language=call.language)
    return ImportAnswerView(dataclasses.replace(done, rows=done.rows[:MOST_ROWS]), report)


@endpoint(
    "GET",
    BASE + "/contact-exports/csv",
    "contacts",
    "Fetch all contacts as CSV",
    Need.ADMIN,
    answer_types=("text/csv",),
)
async def export_csv(call: Call) -> Answer:
    """As Excel opens it right, with headers in the caller's language; the import reads it back."""
    pieces = [piece async for piece in call.xrm.contact_export.csv(call.actor, language=call.language)]
    return _download(b"".join(pieces), "text/csv", "contacts.csv")


@endpoint(
    "GET",
    BASE + "/contact-exports/vcard",
    "contacts",
    "Fetch all contacts as vCard",
    Need.ADMIN,
    query=VcardQuery,
    answer_types=("text/vcard",),
)
async def export_vcard(call: Call) -> Answer:
    pieces = [piece async for piece in call.xrm.contact_export.vcard(call.actor, version=call.query["version"])]
    return _download(b"".join(pieces), "text/vcard", "contacts.vcf")


def changes_of(body: Mapping[str, Any]) -> ContactChanges:
    given = dict(body)
    if "phones" in given:
        given["phones"] = [PhoneGiven(**phone) for phone in given["phones"]]
    if "mails" in given:
        given["mails"] = [MailGiven(**mail) for mail in given["mails"]]
    return cast("ContactChanges", given)


def _download(content: bytes, content_type: str, name: str) -> Answer:
    return Answer(Binary(content, content_type), headers={"Content-Disposition": f'attachment; filename="{name}"'})
