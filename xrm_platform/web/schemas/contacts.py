"""Schemas of what is asked about contacts."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.people.contacts.given import LABEL_LIMIT, MOST_PHONES, NOTES_LIMIT
from xrm_platform.people.contacts.vcard import VERSIONS
from xrm_platform.people.contacts.views import ConsentChannel, ConsentState, Purpose

from .bodies import CODE_LENGTH, Body, string
from .queries import PageQuery

MOST_MERGED = 50
KEY_LENGTH = 400


class PhoneNew(Body):
    number = string(CODE_LENGTH, required=True, metadata={"description": "As people write it, or E.164."})
    label = string(LABEL_LIMIT, metadata={"description": "Free: mobile, office …"})


class MailAddressNew(Body):
    address = string(required=True)
    label = string(LABEL_LIMIT)


class ContactChange(Body):
    """What is left out stays as it is; phones and mail addresses are given whole, the preferred one first."""

    first_name = string()
    last_name = string()
    company = string()
    phones = fields.List(fields.Nested(PhoneNew), validate=validate.Length(max=MOST_PHONES))
    mails = fields.List(fields.Nested(MailAddressNew), validate=validate.Length(max=MOST_PHONES))
    country = string(CODE_LENGTH, allow_none=True, metadata={"description": "ISO 3166; the base's own without it."})
    language = string(CODE_LENGTH, allow_none=True)
    notes = string(NOTES_LIMIT)
    reference = string(allow_none=True, metadata={"description": "The host application's own name for the contact."})


class ContactNew(ContactChange):
    """At least a name, a company, a number or a mail address."""


class MergeNew(Body):
    others = fields.List(string(CODE_LENGTH), required=True, validate=validate.Length(min=1, max=MOST_MERGED))


class ConsentNew(Body):
    channel = fields.String(required=True, validate=validate.OneOf([channel.value for channel in ConsentChannel]))
    purpose = fields.String(required=True, validate=validate.OneOf([purpose.value for purpose in Purpose]))
    state = fields.String(required=True, validate=validate.OneOf([state.value for state in ConsentState]))
    source = string(metadata={"description": "Where it can be proved; needed when it is given."})
    wording = string(2000, metadata={"description": "What was agreed to."})
    at = fields.AwareDateTime(allow_none=True, metadata={"description": "When it was said; now without it."})


class ContactsQuery(PageQuery):
    after = string(KEY_LENGTH, metadata={"description": "The `next` of the page before."})
    search = string(
        200, metadata={"description": "Parts of name, company, reference, mail address, or number in any spelling."}
    )
    reference = string(metadata={"description": "The one contact that has this reference."})


class DuplicatesQuery(PageQuery):
    after = string(KEY_LENGTH, metadata={"description": "The `next` of the page before."})


class ImportQuery(Body):
    preview = fields.Boolean(load_default=False, metadata={"description": "Only say what would be done."})
    keep_duplicates = fields.Boolean(
        load_default=False, metadata={"description": "Bring in also what is probably there already."}
    )


class VcardQuery(Body):
    version = fields.String(load_default=VERSIONS[-1], validate=validate.OneOf(VERSIONS))
