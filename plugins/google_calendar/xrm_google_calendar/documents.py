"""An iCalendar text taken apart: one event, with the occurrences that are unlike it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from icalendar import Calendar, Event

from xrm_platform.providers import Unsupported

from . import kept, own_zones, recurrence
from .fields import Fields, fields_of
from .properties import lines_of, moment_of, word
from .reading import FLOATING, event_of, plain_event, span_of_item
from .times import Span, instant, span_of

NOT_ICALENDAR = (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError)
"""What icalendar raises for texts that are none; not only `ValueError`, as generated and found texts show."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one item at Google's is to say: its fields, our private properties, and what could not be kept."""

    fields: Fields
    private: Mapping[str, str]
    lost: tuple[str, ...] = ()

    def same_as(self, other: Said) -> bool:
        return (self.fields, self.private) == (other.fields, other.private)


@dataclass(frozen=True, slots=True)
class Override:
    at: date
    said: Said


@dataclass(frozen=True, slots=True)
class Series:
    """An event with its `overrides`, by the instant of the occurrence, and the occurrences that are `cancelled`.

    An event that does not repeat has neither.
    """

    master: Said
    overrides: Mapping[str, Override] = field(default_factory=dict)
    cancelled: frozenset[str] = frozenset()

    @property
    def repeats(self) -> bool:
        return self.master.fields["recurrence"] is not None

    def same_as(self, other: Series) -> bool:
        """Whether both say the same of every occurrence."""
        mine = {at: override.said for at, override in self.overrides.items()}
        others = {at: override.said for at, override in other.overrides.items()}
        return (
            self.master.same_as(other.master)
            and mine.keys() == others.keys()
            and all(said.same_as(others[at]) for at, said in mine.items())
        )


@dataclass(frozen=True, slots=True)
class Document:
    """The VEVENTs of a text. `floating`: a zone has to be chosen for it, because it names none."""

    master: Event
    overrides: tuple[Event, ...]
    floating: bool


def read(text: str) -> Document:
    """Take a text apart. Raises `Unsupported` when it does not hold exactly one event."""
    try:
        calendar = Calendar.from_ical(text)
    except NOT_ICALENDAR as error:
        raise Unsupported("not_icalendar", detail=str(error)) from error
    events = [component for component in calendar.walk("VEVENT") if isinstance(component, Event)]
    own_zones.apply(calendar, events)
    if not events:
        raise Unsupported("no_event")
    if len({str(event.get("UID", "")) for event in events}) > 1:
        raise Unsupported("several_events")
    masters = [event for event in events if "RECURRENCE-ID" not in event]
    if len(events) == 1:
        masters = events
    if len(masters) != 1:
        raise Unsupported("several_events" if masters else "series_without_master")
    overrides = tuple(event for event in events if event is not masters[0])
    return Document(masters[0], overrides, any(_is_floating(event) for event in events))


def _is_floating(event: Event) -> bool:
    start = moment_of(event, "DTSTART")
    return isinstance(start, datetime) and start.tzinfo is None


def series_of(document: Document, zone: str) -> Series:
    """What Google is to say of the event; `zone` is that of times which name none.

    Raises `Unsupported` for what cannot be said at all.
    """
    span = span_of(document.master, zone)
    master = _said(document.master, span)
    cancelled = recurrence.cancelled(document.master, span) if master.fields["recurrence"] else set()
    overrides: dict[str, Override] = {}
    for event in document.overrides:
        at = _original(event, span)
        if word(event, "STATUS") == "CANCELLED":
            cancelled.add(instant(at))
        else:
            said = _said(event, span_of(event, span.zone))
            fields = {**said.fields, "recurrence": None}
            overrides[instant(at)] = Override(at, Said(fields, said.private, said.lost))
    if overrides and master.fields["recurrence"] is None:
        raise Unsupported("series_without_rule")
    return Series(master, overrides, frozenset(cancelled))


def _original(event: Event, span: Span) -> date:
    at = moment_of(event, "RECURRENCE-ID")
    if at is None:
        raise Unsupported("property_not_understood", name="RECURRENCE-ID")
    return span.like_it(at)


def said_by(item: Mapping[str, Any]) -> Said:
    """What an item says by now, in the terms of `Said`."""
    span = span_of_item(item)
    return _said(event_of(item, span, uid=""), span)


def _said(event: Event, span: Span) -> Said:
    fields = fields_of(event, span)
    lines = kept.lines_to_keep(event, plain_event(fields, span))
    floating = {FLOATING: span.zone} if span.floating else {}
    packed = kept.packed(lines)
    if packed is None:
        return Said(fields, floating, kept.names_of(lines))
    of_google = [name for name in event if name.startswith(kept.OF_GOOGLE)]
    return Said(fields, {**floating, **packed}, kept.names_of(lines_of(event, of_google)))


def to_insert(said: Said) -> dict[str, Any]:
    """The body that makes an item."""
    body = {name: _without_none(value) for name, value in said.fields.items() if value is not None}
    return {**body, "extendedProperties": {"private": dict(said.private)}} if said.private else body


def to_patch(before: Said, after: Said) -> dict[str, Any]:
    """The body that changes an item: only what differs; empty when nothing does."""
    body = {name: value for name, value in after.fields.items() if value != before.fields[name]}
    private = kept.change(before.private, after.private)
    return _patching(body, private)


def to_replace(said: Said) -> dict[str, Any]:
    """The body that makes an occurrence say this and nothing else of what we know; without reminders of its own it
    keeps those of its series."""
    body = {name: value for name, value in said.fields.items() if name != "reminders" or value is not None}
    return _patching(body, dict(said.private))


def _patching(body: dict[str, Any], private: Mapping[str, str | None]) -> dict[str, Any]:
    """No reminders of its own means none at all, once it had some."""
    if "reminders" in body and body["reminders"] is None:
        body["reminders"] = {"useDefault": False, "overrides": []}
    return {**body, "extendedProperties": {"private": private}} if private else body


def _without_none(value: Any) -> Any:
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value
