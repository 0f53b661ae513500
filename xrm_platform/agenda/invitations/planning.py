"""From an event before and after a change to the messages that tell those outside. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from xrm_platform.agenda.ical.components import Participant
from xrm_platform.agenda.ical.editing import exception_of, occurrence_of
from xrm_platform.agenda.ical.lines import Block
from xrm_platform.agenda.ical.recurrence import Read, expand

from . import itip
from .owing import owed
from .seen import WHOLE, Seen

FAR = timedelta(days=732)
"""How far ahead is looked for an occurrence of a series that is still to come."""


class What(StrEnum):
    """What a message tells."""

    INVITED = "invited"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    UNINVITED = "uninvited"


@dataclass(frozen=True, slots=True)
class SchedulingMessage:
    """One text for all who are told the same. `to` is by folded address; `keys` are those of the occurrences that it is
    about, empty for an event as a whole; `past`: all of it is over."""

    what: What
    keys: tuple[str, ...]
    to: Mapping[str, Participant]
    sequence: int
    text: str
    past: bool

    @property
    def method(self) -> str:
        return "REQUEST" if self.what in (What.INVITED, What.CHANGED) else "CANCEL"


@dataclass(frozen=True, slots=True)
class _Group:
    """What the same message is sent for. `part_of` is which occurrences of a series its text has to tell apart."""

    what: What
    keys: tuple[str, ...]
    part_of: tuple[tuple[str, bool], ...] = ()


def messages(before: Seen | None, after: Seen | None, now: datetime) -> tuple[SchedulingMessage, ...]:
    """What is to be sent after an event became `after` (None: it was deleted) from `before` (None: it is new)."""
    groups: dict[_Group, dict[str, Participant]] = {}
    people = {**(before.outside if before else {}), **(after.outside if after else {})}
    originals = {**(before.originals if before else {}), **(after.originals if after else {})}
    for folded, participant in people.items():
        stood = before.standing(folded) if before else {}
        stands = after.standing(folded) if after else {}
        owes = owed(stood, stands, originals)
        if owes.off:
            what = What.UNINVITED if after is not None and _goes_on(after, owes.off) else What.CANCELLED
            groups.setdefault(_Group(what, owes.off), {})[folded] = participant
        if owes.asked:
            what = What.CHANGED if any(stood.get(key) for key in (WHOLE, *owes.asked)) else What.INVITED
            part_of = tuple(sorted((key, told is not None) for key, told in stands.items()))
            group = _Group(what, owes.asked, part_of if WHOLE in owes.asked else ())
            groups.setdefault(group, {})[folded] = participant
    return tuple(_message(group, to, before, after, now) for group, to in groups.items())


def _goes_on(after: Seen, keys: Sequence[str]) -> bool:
    """Whether what is off for somebody takes place all the same, without them."""
    found = [after.parts.get(key) for key in keys]
    return all(read is not None and read.item.status != "cancelled" for read in found)


def _message(
    group: _Group, to: Mapping[str, Participant], before: Seen | None, after: Seen | None, now: datetime
) -> SchedulingMessage:
    keys = () if WHOLE in group.keys else group.keys
    past = all(is_past(side, keys, now) for side in (before, after) if side is not None)
    if group.what in (What.INVITED, What.CHANGED):
        assert after is not None  # noqa: S101  nobody is asked to what is deleted
        sequence, text = _request(after, group, now)
    else:
        sequence, text = _cancel(before or after, after, group, to, now)
    return SchedulingMessage(group.what, keys, to, sequence, text, past)


def _request(after: Seen, group: _Group, now: datetime) -> tuple[int, str]:
    if WHOLE not in group.keys:
        parts = [after.parts[key] for key in group.keys]
        text = itip.request(after.calendar, [read.block for read in parts], (), after.inside, now)
        return max(read.item.sequence for read in parts), text
    told = dict(group.part_of)
    parts = [read for key, read in after.parts.items() if told.get(key)]
    # Who is not part of an occurrence of the series, or for whom it is off, reads that it is not there.
    missing = [after.originals[key] for key, read in after.parts.items() if key != WHOLE and not told.get(key)]
    text = itip.request(after.calendar, [read.block for read in parts], missing, after.inside, now)
    return after.parts[WHOLE].item.sequence, text


def _cancel(
    told: Seen | None, after: Seen | None, group: _Group, to: Mapping[str, Participant], now: datetime
) -> tuple[int, str]:
    """Of what they knew, as it is called for them to find it."""
    assert told is not None  # noqa: S101  nobody is told that something is off which never was
    keys = (WHOLE,) if WHOLE in group.keys else group.keys
    sequence = _sequence(told, after, keys)
    parts = [_known(told, key) for key in keys]
    off = group.what is What.CANCELLED
    return sequence, itip.cancel(told.calendar, parts, to.keys(), now, sequence=sequence, off=off)


def _sequence(told: Seen, after: Seen | None, keys: Sequence[str]) -> int:
    """A deleted event has no text that counts the change; an occurrence that was taken out is counted by its series."""
    if after is None:
        return max(_nearest(told, key).item.sequence for key in keys) + 1
    return max(_nearest(after, key).item.sequence for key in keys)


def _nearest(seen: Seen, key: str) -> Read:
    return seen.parts.get(key) or seen.parts.get(WHOLE) or seen.series.head


def _known(seen: Seen, key: str) -> Block:
    read = seen.parts.get(key)
    if read is not None:
        return read.block
    found = occurrence_of(seen.series, key, seen.home)
    return seen.series.head.block if found is None else exception_of(found, seen.home)


def is_past(seen: Seen, keys: Sequence[str], now: datetime) -> bool:
    """Whether an event, or these occurrences of it, are over."""
    if keys:
        found = [occurrence_of(seen.series, key, seen.home) for key in keys]
        return not any(one is not None and one.ends_at > now for one in found)
    start = seen.series.head.item.start
    if start is not None and start.utc(seen.home) > now:
        return False
    return not any(one.ends_at > now for one in expand(seen.series, now, now + FAR, seen.home).occurrences)
