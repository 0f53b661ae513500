"""Schemas of what is asked about bulk jobs, selections and credit."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.messaging.bulk.preparing import MOST_PEOPLE
from xrm_platform.messaging.bulk.selections import NAME_LIMIT, SEARCH_LIMIT
from xrm_platform.messaging.bulk.states import RowState
from xrm_platform.messaging.credit.credits import HIGHEST
from xrm_platform.messaging.requests import Category

from .bodies import CODE_LENGTH, TEXT_LENGTH, Body, choice, string
from .mailings import FIELDS
from .queries import PageQuery


class BulkNew(Body):
    """Whom it goes to is said in exactly one of `contacts`, `search`, `selection` and `file`."""

    sender = string(CODE_LENGTH, required=True, metadata={"description": "Code of the collaborator who sends."})
    channel = fields.String(validate=validate.OneOf(["mail", "sms"]), metadata={"description": "An SMS without it."})
    template = string(CODE_LENGTH, metadata={"description": "Id of the template that gives channel and texts."})
    subject = string(metadata={"description": "Of a mail. " + FIELDS})
    text = string(TEXT_LENGTH, metadata={"description": FIELDS})
    html = string(TEXT_LENGTH, allow_none=True, metadata={"description": "Of a mail; values are escaped. " + FIELDS})
    name = string(metadata={"description": "What the job is called in lists."})
    category = choice(Category)
    at = fields.AwareDateTime(allow_none=True, metadata={"description": "Not before this time; now without it."})
    account = string(CODE_LENGTH, allow_none=True, metadata={"description": "Else the one chosen for the sender."})
    contacts = fields.List(
        string(CODE_LENGTH), validate=validate.Length(max=MOST_PEOPLE), metadata={"description": "Ids of contacts."}
    )
    search = string(SEARCH_LIMIT, metadata={"description": "All contacts that it finds; an empty one finds all."})
    selection = string(NAME_LIMIT, metadata={"description": "Name of a saved selection."})
    file = fields.String(
        metadata={"description": "Base64 (RFC 4648 §4) of a CSV in any usual encoding.", "contentEncoding": "base64"}
    )
    address_column = string(
        metadata={"description": "The column with the numbers or mail addresses, if its header does not say so."}
    )


class BulkRowsQuery(PageQuery):
    state = fields.String(validate=validate.OneOf([state.value for state in RowState]))


class SelectionNew(Body):
    search = string(SEARCH_LIMIT, required=True, metadata={"description": "As in the list of contacts."})


class CreditNew(Body):
    warn_below = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(0, HIGHEST),
        metadata={"description": "Messages left below which administrators are warned; 0 for never."},
    )


class SignInNew(Body):
    settings = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "Settings of the provider, as far as they are known: those of the sign-in."},
    )
