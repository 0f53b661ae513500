"""Schemas of what is asked of the rules of sending."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from xrm_platform.messaging.rules.settings import Consent
from xrm_platform.messaging.rules.stop import StopKind

from .bodies import CODE_LENGTH, Body, string

MOST_ADDRESSES = 50


def _addresses() -> fields.List[Any]:
    return fields.List(string(1000), validate=validate.Length(max=MOST_ADDRESSES))


class RulesChange(Body):
    """What is left out stays as it is."""

    test_mode = fields.Boolean()
    test_mails = _addresses()
    test_numbers = _addresses()
    consent = fields.String(validate=validate.OneOf([member.value for member in Consent]))
    stop_mention = fields.Boolean()
    stop_template = string(CODE_LENGTH * 2)
    stop_number = string(CODE_LENGTH, allow_none=True)
    hours_start = string(5, metadata={"description": "Local time of the recipient, such as 09:30."})
    hours_end = string(5)
    days = fields.List(
        fields.Integer(strict=True, validate=validate.Range(1, 7)),
        validate=validate.Length(max=7),
        metadata={"description": "1 is Monday."},
    )
    holidays = fields.Boolean()
    keep_bodies_days = fields.Integer(strict=True, allow_none=True, validate=validate.Range(0, 100_000))


class OptOutNew(Body):
    channel = fields.String(required=True, validate=validate.OneOf(["mail", "sms"]))
    address = string(required=True, metadata={"description": "Mail address, or a number as people write it."})
    purpose = fields.String(validate=validate.OneOf([member.value for member in StopKind]))
    source = string(required=True, metadata={"description": "How it is known."})


class OptOutLift(Body):
    reason = string(required=True)


class PriceNew(Body):
    price = string(CODE_LENGTH, required=True, metadata={"description": "A decimal number as text, such as 0.045."})
    currency = string(CODE_LENGTH, metadata={"description": "ISO 4217; EUR without it."})
