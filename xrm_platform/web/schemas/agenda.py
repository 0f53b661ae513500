"""Schemas of the agenda: what is asked for and in which range."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.agenda.ical.components import KINDS, STATUSES
from xrm_platform.agenda.requests import Part

from .bodies import CODE_LENGTH, Body, string
from .queries import PageQuery

KEY_LENGTH = 40
DESCRIPTION_LENGTH = 100_000
MOST_PARTICIPANTS = 200
MOST_REMINDERS = 5
_WHEN = "A date (`2026-12-01`: whole days), or a time of ISO 8601; without an offset it is of `zone`, or of the base."


class ReminderNew(Body):
    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(0, 60 * 24 * 60))
    channel = fields.String(validate=validate.OneOf(("mail", "sms")))
    to = fields.String(validate=validate.OneOf(("owner", "contact")))
    address = string(allow_none=True, metadata={"description": "Of the contact; else mail goes to the participants."})


class _Event(Body):
    end = string(KEY_LENGTH, metadata={"description": "Exclusive: for whole days the day after the last one."})
    kind = fields.String(validate=validate.OneOf(KINDS))
    zone = string(100, metadata={"description": "IANA name, such as Europe/Paris."})
    location = string(500)
    description = string(DESCRIPTION_LENGTH)
    recurrence = string(
        500, allow_none=True, metadata={"description": "A rule of RFC 5545, such as FREQ=WEEKLY;BYDAY=MO;COUNT=10."}
    )
    participants = fields.List(
        string(),
        validate=validate.Length(max=MOST_PARTICIPANTS),
        metadata={"description": "Codes of collaborators, and addresses `a@b.fr` or `Name <a@b.fr>`."},
    )
    reminders = fields.List(fields.Nested(ReminderNew), validate=validate.Length(max=MOST_REMINDERS))
    status = fields.String(validate=validate.OneOf(STATUSES))
    private = fields.Boolean()
    busy = fields.Boolean()


class EventNew(_Event):
    owner = string(CODE_LENGTH, required=True, metadata={"description": "Code of the collaborator whose event it is."})
    summary = string(500, required=True)
    start = string(KEY_LENGTH, required=True, metadata={"description": _WHEN})
    busy = fields.Boolean(allow_none=True)


class WhichPart(Body):
    """Which part of a series is meant. With an `occurrence` (a key of the listing) alone it is that one."""

    part = fields.String(validate=validate.OneOf([part.value for part in Part]))
    occurrence = string(KEY_LENGTH)
    rev = fields.Integer(
        strict=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The event's `rev` as it was read: refused when somebody changed it meanwhile."},
    )


class WhichPartQuery(WhichPart):
    rev = fields.Integer(validate=validate.Range(1, 2**31 - 1))


class EventChange(_Event, WhichPart):
    """What is left out stays as it is; a new `start` without `end` keeps how long the event lasts."""

    summary = string(500)
    start = string(KEY_LENGTH, metadata={"description": _WHEN})


class EventMove(WhichPart):
    start = string(KEY_LENGTH, required=True, metadata={"description": _WHEN})
    end = string(KEY_LENGTH)


class EventsQuery(PageQuery):
    owner = string(CODE_LENGTH, metadata={"description": "Code of a collaborator; else all that one may see."})


class _Range(Body):
    since = fields.AwareDateTime(data_key="from", required=True, metadata={"description": "With an offset."})
    until = fields.AwareDateTime(data_key="to", required=True, metadata={"description": "Exclusive."})


class OccurrencesQuery(_Range):
    owner = string(CODE_LENGTH, metadata={"description": "Code of a collaborator; else all that one may see."})
    team = string(CODE_LENGTH, metadata={"description": "Code of a manager: theirs and of all below."})


class FreeSlotsQuery(_Range):
    people = string(320, required=True, metadata={"description": "Codes of collaborators, separated by commas."})
    minutes = fields.Integer(load_default=60, validate=validate.Range(5, 24 * 60))


class OwnerQuery(Body):
    owner = string(CODE_LENGTH, required=True)


class FeedNew(Body):
    owner = string(CODE_LENGTH, required=True, metadata={"description": "Whose agenda the address shows."})


class AgendaPreferencesChange(Body):
    """What is left out stays as it is."""

    tell_owner = fields.Boolean()
    invites = fields.Boolean(metadata={"description": "Whether events invite people outside by mail."})


class InvitationsAgain(Body):
    to = fields.List(
        string(320),
        validate=validate.Length(max=MOST_PARTICIPANTS),
        metadata={"description": "Addresses of people who were invited; else all whom it did not reach."},
    )


class InvitingChange(Body):
    invites = fields.Boolean(required=True)
