"""Looks at the calendar of a link itself: is it still there, what is it called now, can it be written."""

from __future__ import annotations

from typing import Any

from xrm_platform.people import audit
from xrm_platform.people.bases import operator_of
from xrm_platform.providers import NotFound

from . import queries
from .states import LinkState
from .work import Work

FOLLOWED = ("name", "color", "writable")


async def look(work: Work) -> None:
    """Follow a new name or colour, which is written to the audit.

    Raises `NotFound` (`calendar_gone`) when the calendar is not there, after noting so on the link.
    """
    link = work.link
    calendars = await work.driver.call("calendars", lambda driver: driver.calendars())
    found = next((calendar for calendar in calendars if calendar.id == link.calendar), None)
    if found is None:
        async with work.transaction() as session:
            await queries.update_link(session, base_id=link.base_id, link_id=link.id, values={"state": LinkState.GONE})
        raise NotFound("calendar_gone", calendar=link.row.name)
    values: dict[str, Any] = {
        name: getattr(found, name) for name in FOLLOWED if getattr(found, name) != getattr(link.row, name)
    }
    async with work.transaction() as session:
        await queries.update_link(
            session, base_id=link.base_id, link_id=link.id, values={**values, "looked_at": work.now()}
        )
        if values:
            audit.record(
                session,
                operator_of(link.base, "platform"),
                action="calendar_link.changed_there",
                subject="calendar_link",
                subject_id=link.id,
                changes={name: [getattr(link.row, name), value] for name, value in values.items()},
                at=work.now(),
            )
