"""The fields of a Google event and the properties of a VEVENT that say the same, group by group.

Each group can be written in both directions. What a group cannot say of a VEVENT is found by writing it there and back;
`kept` then keeps the properties beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from icalendar import Event

from xrm_platform.providers import Unsupported

from . import colors, people, recurrence, reminders, times
from .properties import text, word
from .times import Span

Item = Mapping[str, Any]
Fields = dict[str, Any]

VISIBILITY = {"PUBLIC": "public", "PRIVATE": "private", "CONFIDENTIAL": "confidential"}
CLASS = {visibility: name for name, visibility in VISIBILITY.items()}


@dataclass(frozen=True, slots=True)
class Group:
    """`write` gives the fields that the properties `names` say; `read` adds to an event what an item says of them.

    The span is when the event is. `exact` groups come back with their meaning, so that their form need not be kept.
    """

    names: tuple[str, ...]
    write: Callable[[Event, Span], Fields]
    read: Callable[[Item, Event, Span], None]
    exact: bool = False


def _text_group(name: str, field: str) -> Group:
    def read(item: Item, event: Event, _: Span) -> None:
        if item.get(field):
            event.add(name, str(item[field]))

    return Group((name,), lambda event, _: {field: text(event, name)}, read)


def _write_times(event: Event, span: Span) -> Fields:
    del event
    return {"start": times.to_google(span.start, span.zone), "end": times.to_google(span.end, span.end_zone)}


def _read_times(item: Item, event: Event, span: Span) -> None:
    del item
    event.add("DTSTART", span.written(span.start))
    event.add("DTEND", span.written(span.end))


def _read_recurrence(item: Item, event: Event, span: Span) -> None:
    recurrence.from_google(item.get("recurrence") or [], item.get(CANCELLED_AT, ()), event, span)


def _write_status(event: Event, _: Span) -> Fields:
    match word(event, "STATUS"):
        case "TENTATIVE":
            return {"status": "tentative"}
        case "CANCELLED":
            return {"status": "cancelled"}
    return {"status": "confirmed"}


def _read_status(item: Item, event: Event, _: Span) -> None:
    status = item.get("status", "confirmed")
    if status != "confirmed":
        event.add("STATUS", str(status).upper())


def _write_transparency(event: Event, _: Span) -> Fields:
    return {"transparency": "transparent" if word(event, "TRANSP") == "TRANSPARENT" else "opaque"}


def _read_transparency(item: Item, event: Event, _: Span) -> None:
    if item.get("transparency") == "transparent":
        event.add("TRANSP", "TRANSPARENT")


def _write_visibility(event: Event, _: Span) -> Fields:
    """RFC 5545 §3.8.1.3: a class that is not known is taken for private."""
    written = word(event, "CLASS")
    return {"visibility": VISIBILITY.get(written, "private") if written else "default"}


def _read_visibility(item: Item, event: Event, _: Span) -> None:
    if item.get("visibility") in CLASS:
        event.add("CLASS", CLASS[item["visibility"]])


def _read_color(item: Item, event: Event, _: Span) -> None:
    name = colors.from_google(item.get("colorId"))
    if name:
        event.add("COLOR", name)


CANCELLED_AT = "\x00cancelled at"
"""Under this name, which cannot be Google's, an item carries the occurrences that are cancelled one by one."""

TIMES = Group(("DTSTART", "DTEND", "DURATION"), _write_times, _read_times, exact=True)
RECURRENCE = Group(
    (*recurrence.RULES, *recurrence.DATES),
    lambda event, span: {"recurrence": recurrence.to_google(event, span)},
    _read_recurrence,
    exact=True,
)
ALARMS = Group(
    ("VALARM",),
    lambda event, span: {"reminders": reminders.to_google(event, span)},
    lambda item, event, _: reminders.from_google(item, event),
)
GROUPS: Sequence[Group] = (
    TIMES,
    RECURRENCE,
    _text_group("SUMMARY", "summary"),
    _text_group("DESCRIPTION", "description"),
    _text_group("LOCATION", "location"),
    Group(("STATUS",), _write_status, _read_status, exact=True),
    Group(("TRANSP",), _write_transparency, _read_transparency, exact=True),
    Group(("CLASS",), _write_visibility, _read_visibility),
    Group(("COLOR",), lambda event, _: {"colorId": colors.to_google(text(event, "COLOR"))}, _read_color),
    Group(
        ("ATTENDEE",),
        lambda event, _: {"attendees": people.to_google(event)},
        lambda item, event, _: people.from_google(item, event),
    ),
    ALARMS,
)


def fields_of(event: Event, span: Span) -> Fields:
    """Every field that `event` says something of; what it does not say is None.

    Raises `Unsupported` for what must not be passed over: a property that cannot be read, or a rule of periods.
    """
    if "RANGE" in getattr(event.get("RECURRENCE-ID"), "params", {}):
        raise Unsupported("this_and_future")
    fields: Fields = {}
    for group in GROUPS:
        fields.update(group.write(event, span))
    return fields
