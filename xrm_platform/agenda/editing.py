"""An edit of a stored event: which part of a series it is about, and what the text becomes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from uuid import uuid4

from xrm_platform.problems import Conflicting, Invalid, Missing

from .ical.changes import Changes
from .ical.components import Item, Participant
from .ical.editing import edit_occurrence, edit_series, occurrence_of, split
from .ical.recurrence import Series
from .ical.values import key_of
from .requests import Part
from .tables import Event


@dataclass(frozen=True, slots=True)
class Target:
    """What of an event is meant: `key` is the occurrence, empty for the whole."""

    part: Part
    key: str = ""

    @classmethod
    def of(cls, series: Series, part: Part | None, occurrence: str | None) -> Target:
        """Raises `Invalid` for an occurrence that is needed and not given. The one occurrence of an event that does not
        repeat is the event, and what follows the first is all."""
        if part is None:
            part = Part.SERIES if occurrence is None else Part.THIS
        if part is Part.SERIES:
            return cls(part)
        if not occurrence:
            raise Invalid.field("occurrence", "required")
        start = series.head.item.start
        is_first = start is not None and key_of(start) == occurrence
        if series.master is not None and is_first and (part is Part.FOLLOWING or not series.repeats):
            return cls(Part.SERIES)
        return cls(part, occurrence)


@dataclass(frozen=True, slots=True)
class Edit:
    changes: Changes
    now: datetime
    home: tzinfo


def item_at(series: Series, target: Target, home: tzinfo) -> Item:
    """What the event says now where it is to be changed. Raises `Missing`."""
    if target.part is Part.SERIES:
        return series.head.item
    found = occurrence_of(series, target.key, home)
    if found is None:
        raise Missing("unknown_occurrence", occurrence=target.key[:40])
    if target.part is Part.THIS or series.master is None:
        return replace(found.item, start=found.start, rule=None)
    return replace(series.master.item, start=found.original)


async def edited(text: str, target: Target, edit: Edit) -> tuple[str, str | None]:
    """The text of the event, and of the event that is split off it. Raises `Incomprehensible`."""
    return await asyncio.to_thread(_edited, text, target, edit)


def _edited(text: str, target: Target, edit: Edit) -> tuple[str, str | None]:
    if target.part is Part.SERIES:
        return edit_series(text, edit.changes, edit.now, edit.home), None
    if target.part is Part.THIS:
        return edit_occurrence(text, target.key, edit.changes, edit.now, edit.home), None
    first, second = split(text, target.key, str(uuid4()), edit.now, edit.home)
    return first, edit_series(second, edit.changes, edit.now, edit.home)


def require_rev(event: Event, rev: int | None) -> None:
    if rev is not None and rev != event.rev:
        raise Conflicting("event_changed_meanwhile", rev=event.rev)


def with_organizer(changes: Changes, owner: Participant | None) -> Changes:
    """Who invites is the owner, whoever writes the event; an organiser that is there already is kept."""
    return replace(changes, organizer=owner) if changes.participants and owner is not None else changes
