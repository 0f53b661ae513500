"""What makes a mail an invitation, kept among its files."""

from __future__ import annotations

from collections.abc import Sequence

from xrm_platform.messaging import tables
from xrm_platform.messaging.requests import AttachmentGiven
from xrm_platform.providers import CalendarPart

SCHEDULING = "text/calendar; method="
"""How the content type of it begins. A file that somebody attaches cannot have it: its type has no parameters."""


def calendar_file(part: CalendarPart) -> AttachmentGiven:
    """A calendar part as it is kept."""
    return AttachmentGiven("invite.ics", part.text.encode(), SCHEDULING + part.method)


def is_calendar_part(row: tables.Attachment) -> bool:
    return row.content_type.startswith(SCHEDULING)


def calendar_part(attachments: Sequence[tuple[tables.Attachment, bytes]]) -> CalendarPart | None:
    """The calendar part among the files of a mail."""
    for row, content in attachments:
        if is_calendar_part(row):
            return CalendarPart(row.content_type.removeprefix(SCHEDULING), content.decode())
    return None
