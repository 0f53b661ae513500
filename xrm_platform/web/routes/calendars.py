"""Calendars elsewhere that agendas are kept equal with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from xrm_platform.agenda.sync.views import (
    CalendarView,
    ConflictView,
    LinkChanges,
    LinkView,
    ParkedView,
    PreviewView,
    RunView,
)
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.calendars import (
    CalendarLinkChange,
    CalendarLinkNew,
    CalendarLinksQuery,
    CalendarsQuery,
    ConflictResolution,
    ConflictsQuery,
    DeletionsReleased,
)
from xrm_platform.web.schemas.queries import PageQuery

BASE = "/bases/{base}"
LINKS = BASE + "/calendar-links"
LINK = LINKS + "/{id}"
CONFLICTS = BASE + "/sync-conflicts"
TAG = "calendars"


@dataclass(frozen=True, slots=True)
class CalendarListView:
    items: tuple[CalendarView, ...]


@dataclass(frozen=True, slots=True)
class ReleasedDeletionsView:
    """How many events were waiting."""

    events: int


@endpoint(
    "GET",
    BASE + "/calendars",
    TAG,
    "List the calendars of an account",
    Need.READ,
    query=CalendarsQuery,
    answer=list_schema(CalendarView),
)
async def list_calendars(call: Call) -> CalendarListView:
    """Asked of the provider now: 422 says what it answered when it refuses."""
    return CalendarListView(await call.xrm.calendar_links.available(call.actor, **call.query))


@endpoint(
    "POST",
    LINKS,
    TAG,
    "Link an agenda to a calendar",
    Need.SEND,
    body=CalendarLinkNew,
    answer=view_schema(LinkView),
    status=201,
)
async def link_calendar(call: Call) -> Answer:
    """Nothing is read or written before the first synchronisation is asked for; look at the preview first. A calendar
    that is linked already is refused (409)."""
    view = await call.xrm.calendar_links.link(call.actor, **call.body)
    address = call.request.app.router["show_calendar_link"].url_for(base=call.path["base"], id=view.id)
    return Answer(view, headers={"Location": str(address)})


@endpoint("GET", LINKS, TAG, "List links", Need.READ, query=CalendarLinksQuery, answer=page_schema(LinkView))
async def list_calendar_links(call: Call) -> Page[LinkView]:
    return await call.xrm.calendar_links.list(call.actor, **call.query)


@endpoint("GET", LINK, TAG, "Show a link and its health", Need.READ, answer=view_schema(LinkView))
async def show_calendar_link(call: Call) -> LinkView:
    return await call.xrm.calendar_links.get(call.actor, call.path["id"])


@endpoint("PATCH", LINK, TAG, "Change a link", Need.SEND, body=CalendarLinkChange, answer=view_schema(LinkView))
async def change_calendar_link(call: Call) -> LinkView:
    """Name and colour are given to the calendar itself too, where its provider can."""
    return await call.xrm.calendar_links.change(call.actor, call.path["id"], cast("LinkChanges", call.body))


@endpoint("DELETE", LINK, TAG, "End a link", Need.SEND, status=204)
async def unlink_calendar(call: Call) -> None:
    """The events stay on both sides as they are."""
    await call.xrm.calendar_links.unlink(call.actor, call.path["id"])


@endpoint(
    "POST", LINK + "/preview", TAG, "See what a synchronisation would do", Need.SEND, answer=view_schema(PreviewView)
)
async def preview_sync(call: Call) -> PreviewView:
    """On both sides. Nothing is written anywhere, and nobody is invited by it."""
    return await call.xrm.calendar_runs.preview(call.actor, call.path["id"])


@endpoint("POST", LINK + "/sync", TAG, "Synchronise now", Need.SEND, answer=view_schema(RunView))
async def sync_calendar(call: Call) -> RunView:
    """The first time this starts the link. What failed is in the answer."""
    return await call.xrm.calendar_runs.sync(call.actor, call.path["id"])


@endpoint("POST", LINK + "/undo", TAG, "Undo the last synchronisation", Need.SEND, answer=view_schema(RunView))
async def undo_sync(call: Call) -> RunView:
    """On both sides, as far as nobody changed it since. The link no longer synchronises by itself then."""
    return await call.xrm.calendar_runs.undo(call.actor, call.path["id"])


@endpoint(
    "POST",
    LINK + "/deletions",
    TAG,
    "Decide on deletions that wait",
    Need.SEND,
    body=DeletionsReleased,
    answer=view_schema(ReleasedDeletionsView),
)
async def release_deletions(call: Call) -> ReleasedDeletionsView:
    """More deletions at once than usual wait: let them happen, or have the events back."""
    released = await call.xrm.calendar_runs.release(call.actor, call.path["id"], delete=call.body["delete"])
    return ReleasedDeletionsView(released)


@endpoint(
    "GET",
    LINK + "/parked",
    TAG,
    "List events that cannot be synchronised",
    Need.READ,
    query=PageQuery,
    answer=page_schema(ParkedView),
)
async def list_parked(call: Call) -> Page[ParkedView]:
    """Until either side changes them; `reason` says why."""
    return await call.xrm.calendar_runs.parked(call.actor, call.path["id"], **call.query)


@endpoint("GET", CONFLICTS, TAG, "List conflicts", Need.READ, query=ConflictsQuery, answer=page_schema(ConflictView))
async def list_conflicts(call: Call) -> Page[ConflictView]:
    """Newest first: both sides changed the same, and one gave way."""
    return await call.xrm.calendar_conflicts.list(call.actor, **call.query)


@endpoint(
    "POST",
    CONFLICTS + "/{id}/resolve",
    TAG,
    "Decide a conflict",
    Need.SEND,
    body=ConflictResolution,
    answer=view_schema(ConflictView),
)
async def resolve_conflict(call: Call) -> ConflictView:
    return await call.xrm.calendar_conflicts.resolve(call.actor, call.path["id"], call.body["keep"])
