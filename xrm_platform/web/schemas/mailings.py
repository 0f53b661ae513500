"""Schemas of what is asked of templates and of the limits of accounts."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.messaging.limits.limits import HIGHEST
from xrm_platform.messaging.templates.templates import NAME_LIMIT

from .bodies import CODE_LENGTH, TEXT_LENGTH, Body, string

FIELDS = "With fields in braces: `{first_name}`, `{first_name|you}`, `{sender}`, `{base}`."


class TemplateNew(Body):
    name = string(NAME_LIMIT, required=True)
    channel = fields.String(validate=validate.OneOf(["mail", "sms"]), metadata={"description": "A mail without it."})
    collaborator = string(
        CODE_LENGTH, allow_none=True, metadata={"description": "Who has it alone (code); the base has it without."}
    )
    subject = string(metadata={"description": FIELDS})
    text = string(TEXT_LENGTH, metadata={"description": FIELDS})
    html = string(TEXT_LENGTH, allow_none=True, metadata={"description": "Values are escaped in it. " + FIELDS})


class TemplateChange(Body):
    """What is left out stays as it is."""

    name = string(NAME_LIMIT)
    subject = string(metadata={"description": FIELDS})
    text = string(TEXT_LENGTH, metadata={"description": FIELDS})
    html = string(TEXT_LENGTH, allow_none=True, metadata={"description": "Values are escaped in it. " + FIELDS})


class PreviewQuery(Body):
    contact = string(CODE_LENGTH, required=True, metadata={"description": "Id of the contact who would get it."})
    sender = string(CODE_LENGTH, required=True, metadata={"description": "Code of the collaborator who would send."})


class LimitNew(Body):
    """What is left out is no limit."""

    hourly = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, HIGHEST))
    daily = fields.Integer(strict=True, allow_none=True, validate=validate.Range(1, HIGHEST))
