"""Agendas: events, when they take place, files, and private addresses of a whole agenda."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from xrm_platform.agenda.invitations.views import EventInvitationsView
from xrm_platform.agenda.requests import EventChanges, EventGiven, Part, ReminderGiven
from xrm_platform.agenda.times import when
from xrm_platform.agenda.views import (
    AgendaEventView,
    AgendaImportNoteView,
    AgendaImportView,
    AgendaPreferencesView,
    FeedView,
    OccurrenceView,
    OverlapView,
    SlotView,
)
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.feeds import LEFT_OUT
from xrm_platform.web.schemas.agenda import (
    AgendaPreferencesChange,
    EventChange,
    EventMove,
    EventNew,
    EventsQuery,
    FeedNew,
    FreeSlotsQuery,
    InvitationsAgain,
    InvitingChange,
    OccurrencesQuery,
    OwnerQuery,
    WhichPart,
    WhichPartQuery,
)
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema

BASE = "/bases/{base}"
EVENTS = BASE + "/events"
EVENT = EVENTS + "/{id}"
AGENDA = BASE + "/agendas/{code}"
FEEDS = BASE + "/feeds"
PREFERENCES = BASE + "/agenda-preferences"
CALENDAR = ("text/calendar",)
EVENT_SCHEMA = view_schema(AgendaEventView)


@dataclass(frozen=True, slots=True)
class NewFeedView:
    """`url` is what a phone subscribes to. It is shown this once."""

    feed: FeedView
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AgendaImportSaidView:
    """What became of a file; `sentences` say each note in the caller's language."""

    result: AgendaImportView
    sentences: tuple[str, ...]


@endpoint("GET", EVENTS, "agenda", "List events", Need.READ, query=EventsQuery, answer=page_schema(AgendaEventView))
async def list_events(call: Call) -> Page[AgendaEventView]:
    """In the order in which they were made. Private events of others are hidden: only their time is told."""
    return await call.xrm.agenda.list(call.actor, **call.query)


@endpoint("POST", EVENTS, "agenda", "Add an event", Need.SEND, body=EventNew, answer=EVENT_SCHEMA, status=201)
async def add_event(call: Call) -> Answer:
    """By its owner, or a manager of the owner."""
    view = await call.xrm.agenda.add(call.actor, EventGiven(**_given(call.body)))
    return Answer(view, headers={"Location": f"{call.request.path}/{view.id}"})


@endpoint("GET", EVENT, "agenda", "Show an event", Need.READ, answer=EVENT_SCHEMA)
async def show_event(call: Call) -> AgendaEventView:
    return await call.xrm.agenda.get(call.actor, call.path["id"])


@endpoint("PATCH", EVENT, "agenda", "Change an event", Need.SEND, body=EventChange, answer=EVENT_SCHEMA)
async def change_event(call: Call) -> AgendaEventView:
    """An event, one occurrence of a series, or one and all that follow: these become an event of their own, which is
    the answer."""
    given = _given(call.body)
    part: dict[str, Any] = {name: given.pop(name) for name in ("part", "occurrence", "rev") if name in given}
    return await call.xrm.agenda.change(call.actor, call.path["id"], cast("EventChanges", given), **_part(part))


@endpoint("DELETE", EVENT, "agenda", "Delete an event", Need.SEND, query=WhichPartQuery, status=204)
async def delete_event(call: Call) -> None:
    """The event, one occurrence, or one and all that follow."""
    await call.xrm.agenda.delete(call.actor, call.path["id"], **_part(call.query))


@endpoint("POST", EVENT + "/move", "agenda", "Move an event", Need.SEND, body=EventMove, answer=EVENT_SCHEMA)
async def move_event(call: Call) -> AgendaEventView:
    """To another time. Without `end` it lasts as long as before."""
    given = _given(call.body)
    start, end = given.pop("start"), given.pop("end", None)
    return await call.xrm.agenda.move(call.actor, call.path["id"], start, end, **_part(given))


@endpoint(
    "POST",
    EVENT + "/cancel",
    "agenda",
    "Cancel an event",
    Need.SEND,
    body=WhichPart,
    answer=EVENT_SCHEMA,
)
async def cancel_event(call: Call) -> AgendaEventView:
    """It stays to be seen as cancelled."""
    return await call.xrm.agenda.cancel(call.actor, call.path["id"], **_part(call.body))


@endpoint("GET", EVENT + "/ical", "agenda", "Fetch an event as iCalendar", Need.READ, answer_types=CALENDAR)
async def show_event_ical(call: Call) -> Binary:
    return Binary((await call.xrm.agenda.ical(call.actor, call.path["id"])).encode(), CALENDAR[0])


@endpoint("GET", EVENT + "/overlaps", "agenda", "What an event overlaps", Need.READ, answer=list_schema(OverlapView))
async def list_overlaps(call: Call) -> dict[str, tuple[OverlapView, ...]]:
    """Where its owner would be busy twice, from now on."""
    return {"items": await call.xrm.schedule.overlaps(call.actor, call.path["id"])}


@endpoint(
    "GET",
    EVENT + "/invitations",
    "agenda",
    "What people outside were told of an event",
    Need.READ,
    answer=view_schema(EventInvitationsView),
)
async def show_invitations(call: Call) -> EventInvitationsView:
    """And what they answered; the last hundred of each, newest first."""
    return await call.xrm.invitations.of(call.actor, call.path["id"])


@endpoint(
    "POST",
    EVENT + "/invitations",
    "agenda",
    "Send again what did not reach people outside",
    Need.SEND,
    body=InvitationsAgain,
    answer=view_schema(EventInvitationsView),
)
async def send_invitations_again(call: Call) -> EventInvitationsView:
    """What could not be sent, did not arrive, or was not sent because invitations were off; with `to`, what these
    people were told last, whatever became of it. 409 when there is nothing to send."""
    return await call.xrm.invitations_again.send(call.actor, call.path["id"], call.body.get("to", ()))


@endpoint(
    "GET",
    BASE + "/occurrences",
    "agenda",
    "What takes place when",
    Need.READ,
    query=OccurrencesQuery,
    answer=list_schema(OccurrenceView),
)
async def list_occurrences(call: Call) -> dict[str, tuple[OccurrenceView, ...]]:
    """All that touches the range, by start: of a collaborator, of a team, or of all whose agenda one sees."""
    return {"items": await call.xrm.schedule.range(call.actor, **call.query)}


@endpoint(
    "GET",
    BASE + "/free-slots",
    "agenda",
    "When several people are free",
    Need.READ,
    query=FreeSlotsQuery,
    answer=list_schema(SlotView),
)
async def list_free_slots(call: Call) -> dict[str, tuple[SlotView, ...]]:
    """From Monday to Friday, 8 to 19 o'clock. Tells when, never why."""
    people = [code.strip() for code in call.query["people"].split(",") if code.strip()]
    slots = await call.xrm.schedule.free_slots(
        call.actor, people, call.query["since"], call.query["until"], minutes=call.query["minutes"]
    )
    return {"items": slots}


@endpoint("GET", AGENDA, "agenda", "Export an agenda", Need.READ, answer_types=CALENDAR)
async def export_agenda(call: Call) -> Answer:
    """As one .ics file of at most 50,000 events; the header `XRM-Events-Left-Out` says how many more there are. Private
    events of others hold their times only."""
    word = call.xrm.wording.say("agenda", "busy", language=call.language)
    agenda = await call.xrm.agenda_files.dump(call.actor, call.path["code"], busy_word=word)
    return Answer(Binary(agenda.text.encode(), CALENDAR[0]), headers={LEFT_OUT: str(agenda.left_out)})


@endpoint(
    "POST",
    AGENDA,
    "agenda",
    "Import into an agenda",
    Need.SEND,
    body_types=CALENDAR,
    body_limit=None,
    answer=view_schema(AgendaImportSaidView),
)
async def import_agenda(call: Call) -> AgendaImportSaidView:
    """An .ics file. What is there already (the same UID) is brought up to date; everything that is not kept is said,
    with its line and why. Nobody is invited."""
    result = await call.xrm.agenda_files.load(call.actor, call.path["code"], call.content)
    return AgendaImportSaidView(result, tuple(_sentence(call, note) for note in result.notes))


@endpoint(
    "GET", FEEDS, "agenda", "List addresses of an agenda", Need.READ, query=OwnerQuery, answer=list_schema(FeedView)
)
async def list_feeds(call: Call) -> dict[str, tuple[FeedView, ...]]:
    """Revoked ones too. The addresses themselves are not shown again."""
    return {"items": await call.xrm.feeds.list(call.actor, call.query["owner"])}


@endpoint(
    "POST",
    FEEDS,
    "agenda",
    "Make an address of an agenda",
    Need.SEND,
    body=FeedNew,
    answer=view_schema(NewFeedView),
    status=201,
)
async def make_feed(call: Call) -> NewFeedView:
    """Private and read-only, to be subscribed to by a phone. Private events tell their times only."""
    return NewFeedView(*await call.xrm.feeds.create(call.actor, call.body["owner"]))


@endpoint("DELETE", FEEDS + "/{id}", "agenda", "Revoke an address of an agenda", Need.SEND, status=204)
async def revoke_feed(call: Call) -> None:
    await call.xrm.feeds.revoke(call.actor, call.path["id"])


@endpoint(
    "GET", PREFERENCES, "agenda", "Show preferences of agendas", Need.READ, answer=view_schema(AgendaPreferencesView)
)
async def show_agenda_preferences(call: Call) -> AgendaPreferencesView:
    return await call.xrm.agenda_settings.get(call.actor)


@endpoint(
    "PATCH",
    PREFERENCES,
    "agenda",
    "Change preferences of agendas",
    Need.ADMIN,
    body=AgendaPreferencesChange,
    answer=view_schema(AgendaPreferencesView),
)
async def change_agenda_preferences(call: Call) -> AgendaPreferencesView:
    settings = call.xrm.agenda_settings
    if "tell_owner" in call.body:
        await settings.set_tell_owner(call.actor, tell=call.body["tell_owner"])
    if "invites" in call.body:
        await settings.set_inviting(call.actor, invites=call.body["invites"])
    return await settings.get(call.actor)


@endpoint(
    "PATCH",
    AGENDA + "/preferences",
    "agenda",
    "Change the preferences of one agenda",
    Need.SEND,
    body=InvitingChange,
    answer=view_schema(AgendaPreferencesView),
)
async def change_inviting(call: Call) -> AgendaPreferencesView:
    """Whether the events of this agenda invite people outside, if the base lets them. The owner sets it, managers and
    administrators too."""
    return await call.xrm.agenda_settings.set_inviting(
        call.actor, invites=call.body["invites"], owner=call.path["code"]
    )


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with times and tuples in the place of texts and lists."""
    given = dict(body)
    for name in ("start", "end"):
        if name in given:
            given[name] = when(given[name], name)
    if "participants" in given:
        given["participants"] = tuple(given["participants"])
    if "reminders" in given:
        given["reminders"] = tuple(ReminderGiven(**reminder) for reminder in given["reminders"])
    return given


def _part(given: Mapping[str, Any]) -> dict[str, Any]:
    part = given.get("part")
    return {**given, "part": None if part is None else Part(part)}


def _sentence(call: Call, note: AgendaImportNoteView) -> str:
    words = {"about": note.about, **note.params}
    return call.xrm.wording.say("imports", note.code, words, language=call.language)
