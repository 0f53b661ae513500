"""What a calendar object that came by mail says (RFC 5546 §3.2.3, §3.2.7), and the event with an answer in it. Pure;
nothing that strangers send makes it raise anything but `NotAnAnswer`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from xrm_platform.agenda.ical.components import address_of
from xrm_platform.agenda.ical.editing import calendar_of, exception_of, occurrence_of
from xrm_platform.agenda.ical.lines import Block, Line, parse, text_of, with_param
from xrm_platform.agenda.ical.recurrence import Series, aligned, read_series
from xrm_platform.agenda.ical.values import Moment, key_of, text
from xrm_platform.agenda.ical.zones import Zones
from xrm_platform.people.contacts.folding import fold_mail

from .seen import WHOLE

METHODS = ("REPLY", "COUNTER")
STATUSES = ("accepted", "declined", "tentative", "delegated")
MAX_TEXT = 1_000_000
MAX_ANSWERS = 50
MAX_COMMENT = 2_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_UNSTORABLE = dict.fromkeys([0, *range(0xD800, 0xE000)])


class NotAnAnswer(ValueError):
    """A calendar object that answers nothing; `code` is why."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """One component. `attendees` are the folded addresses in it with their status; `occurrence` is what of a series it
    is about, `stamp` when it was written, `start` and `end` what a counter-proposal wants instead, as it is written."""

    kind: str
    uid: str
    attendees: tuple[tuple[str, str], ...]
    occurrence: Moment | None
    sequence: int
    stamp: datetime
    comment: str
    start: str | None
    end: str | None

    def status_of(self, folded: str) -> str | None:
        return next((status for address, status in self.attendees if address == folded), None)


def answers_in(ical: str) -> tuple[Answer, ...]:
    """Raises `NotAnAnswer`."""
    if len(ical) > MAX_TEXT:
        raise NotAnAnswer("too_large")
    blocks, _ = parse(ical.translate(_UNSTORABLE))
    calendar = next((one for one in blocks if one.name == "VCALENDAR"), None)
    if calendar is None:
        raise NotAnAnswer("no_calendar")
    method = calendar.value("METHOD").strip().upper()
    if method not in METHODS:
        raise NotAnAnswer("other_method")
    zones = Zones(calendar)
    found = [_answer(method, block, zones) for block in calendar.blocks if block.name == "VEVENT"][:MAX_ANSWERS]
    answers = tuple(one for one in found if one is not None)
    if not answers:
        raise NotAnAnswer("nothing_inside")
    return answers


def _answer(method: str, block: Block, zones: Zones) -> Answer | None:
    uid = text(block.value("UID")).strip()
    if not uid:
        return None
    named = block.line("RECURRENCE-ID")
    occurrence = None if named is None else _moment(named, zones)
    if named is not None and occurrence is None:
        return None
    stamp = _moment_named(block, "DTSTAMP", zones)
    counters = method == "COUNTER"
    return Answer(
        kind=method.lower(),
        uid=uid,
        attendees=tuple(_attendees(block)),
        occurrence=occurrence,
        sequence=_number(block.value("SEQUENCE")),
        stamp=NEVER if stamp is None else stamp.utc(UTC),
        comment=text(block.value("COMMENT"))[:MAX_COMMENT],
        start=_written(_moment_named(block, "DTSTART", zones)) if counters else None,
        end=_written(_moment_named(block, "DTEND", zones)) if counters else None,
    )


def _attendees(block: Block) -> Iterator[tuple[str, str]]:
    for found in block.all("ATTENDEE"):
        if address_of(found):
            yield fold_mail(address_of(found)), (found.param("PARTSTAT") or "needs-action").lower()


def _moment_named(block: Block, name: str, zones: Zones) -> Moment | None:
    found = block.line(name)
    return None if found is None else _moment(found, zones)


def _moment(found: Line, zones: Zones) -> Moment | None:
    try:
        return zones.moment(found)
    except ValueError:
        return None


def _written(moment: Moment | None) -> str | None:
    if moment is None:
        return None
    if moment.is_date:
        return moment.wall.date().isoformat()
    return moment.wall.replace(tzinfo=moment.tz).isoformat()


def _number(given: str) -> int:
    given = given.strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def key_in(series: Series, occurrence: Moment | None, home: tzinfo) -> str | None:
    """The key of the occurrence that an answer is about, `WHOLE` for the event; None when the event has none such."""
    if occurrence is None:
        return WHOLE
    key = key_of(aligned(occurrence, series))
    if any(key_of(aligned(read.item.recurrence_id, series)) == key for read in series.exceptions):
        return key
    if not series.repeats:
        start = series.head.item.start
        return WHOLE if series.master is not None and start is not None and key_of(start) == key else None
    return None if occurrence_of(series, key, home) is None else key


def status_in(ical: str, folded: str, key: str) -> str | None:
    """How somebody's status is now; None for who is not invited there."""
    series = read_series(calendar_of(ical))
    for block in (component_of(series, key), component_of(series, WHOLE)):
        found = None if block is None else _attendee(block, folded)
        if found is not None:
            return (found.param("PARTSTAT") or "needs-action").lower()
        if block is not None:
            return None
    return None


def with_answer(ical: str, folded: str, key: str, status: str, home: tzinfo) -> str:
    """The event with another PARTSTAT of one participant, and nothing else changed. An answer to the whole is one to
    the occurrences too that were not answered apart."""
    calendar = calendar_of(ical)
    series = read_series(calendar)
    component = component_of(series, key)
    if component is None:
        found = occurrence_of(series, key, home)
        if found is None:
            return ical
        return text_of(calendar.with_items([*calendar.items, _answered(exception_of(found, home), folded, status)]))
    changed = {id(component)}
    if key == WHOLE:
        changed |= {id(read.block) for read in series.exceptions if _is_open(read.block, folded)}
    items = [
        _answered(item, folded, status) if isinstance(item, Block) and id(item) in changed else item
        for item in calendar.items
    ]
    return text_of(calendar.with_items(items))


def component_of(series: Series, key: str) -> Block | None:
    """The component that describes an occurrence alone, or (`WHOLE`) the event."""
    if key == WHOLE:
        return None if series.master is None else series.master.block
    return next(
        (read.block for read in series.exceptions if key_of(aligned(read.item.recurrence_id, series)) == key), None
    )


def _attendee(block: Block, folded: str) -> Line | None:
    return next((found for found in block.all("ATTENDEE") if _is(found, folded)), None)


def _is(found: Line, folded: str) -> bool:
    return bool(address_of(found)) and fold_mail(address_of(found)) == folded


def _is_open(block: Block, folded: str) -> bool:
    found = _attendee(block, folded)
    return found is not None and (found.param("PARTSTAT") or "NEEDS-ACTION").upper() == "NEEDS-ACTION"


def _answered(block: Block, folded: str, status: str) -> Block:
    return block.with_items(
        [
            with_param(item, "PARTSTAT", status.upper())
            if isinstance(item, Line) and item.name == "ATTENDEE" and _is(item, folded)
            else item
            for item in block.items
        ]
    )
