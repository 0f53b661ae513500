"""Schemas of calendars that agendas are linked to."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.agenda.sync.plan import Direction

from .bodies import CODE_LENGTH, Body, string
from .queries import PageQuery

_COLOR = validate.Regexp(r"\A#[0-9A-Fa-f]{6}\Z")


class _Link(Body):
    color = fields.String(validate=_COLOR, metadata={"description": "#RRGGBB"})
    direction = fields.String(validate=validate.OneOf([one.value for one in Direction]))
    auto_sync = fields.Boolean(metadata={"description": "Whether it is synchronised by itself."})
    poll_minutes = fields.Integer(strict=True, validate=validate.Range(1, 7 * 24 * 60))


class CalendarLinkNew(_Link):
    owner = string(CODE_LENGTH, required=True, metadata={"description": "Code of the collaborator."})
    account = string(64, metadata={"description": "Without it the account that the owner uses."})
    calendar = string(1000, metadata={"description": "Id or name of a calendar of the account."})
    create = string(200, metadata={"description": "Name of a calendar to be made."})


class CalendarLinkChange(_Link):
    name = string(200, metadata={"description": "Of the calendar, there too."})


class CalendarLinksQuery(PageQuery):
    owner = string(CODE_LENGTH, metadata={"description": "Code of a collaborator."})


class CalendarsQuery(Body):
    owner = string(CODE_LENGTH, required=True, metadata={"description": "Code of a collaborator."})
    account = string(64, metadata={"description": "Without it the account that the owner uses."})


class ConflictsQuery(PageQuery):
    owner = string(CODE_LENGTH, required=True, metadata={"description": "Code of a collaborator."})
    link = string(64)
    open_only = fields.Boolean(load_default=True)


class ConflictResolution(Body):
    keep = fields.String(required=True, validate=validate.OneOf(("mine", "theirs")))


class DeletionsReleased(Body):
    delete = fields.Boolean(
        required=True, metadata={"description": "False brings the events back where they are gone."}
    )
