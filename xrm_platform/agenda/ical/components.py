"""What a VEVENT, VTODO or VJOURNAL says, as far as an agenda asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .lines import Block, Line
from .rules import Rule, RuleError, followable, parse_rule
from .values import Moment, duration, listed, text
from .zones import Zones

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
KIND = "X-XRM-KIND"
REMINDER = "X-XRM-REMINDER"
MAX_REMINDERS = 5
"""Of one event."""

KINDS = ("appointment", "call", "task", "note")
_KIND_OF = {"VEVENT": "appointment", "VTODO": "task", "VJOURNAL": "note"}
STATUSES = ("confirmed", "tentative", "cancelled")
DAY = timedelta(days=1)
REMINDED = timedelta(days=60)
"""How long before an event one may be reminded."""


class Incomprehensible(ValueError):
    """A component without sense; `code` says why, `part` where."""

    def __init__(self, code: str, part: str = "") -> None:
        self.code = code
        self.part = part
        super().__init__(f"{code} {part}")


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody invited. `collaborator` is a code of the base, empty for people outside; `status` is PARTSTAT in lower
    case."""

    email: str
    name: str = ""
    collaborator: str = ""
    status: str = "needs-action"
    role: str = "req-participant"


@dataclass(frozen=True, slots=True)
class Reminder:
    """`before` the start; `channel` is mail or sms, `to` owner or contact, `address` whom else than the known one."""

    before: timedelta
    channel: str
    to: str = "owner"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One component: a whole event, the master of a series, or (with `recurrence_id`) one of its exceptions.

    `length` is how long it lasts by the clock on the wall; `start` is None for a task or a note without a day. A rule
    that cannot be followed is no reason to lose the event: it stays in the text, and `rule_fault` holds it.
    """

    component: str
    uid: str
    kind: str
    start: Moment | None
    length: timedelta
    summary: str
    location: str
    status: str
    busy: bool
    private: bool
    sequence: int
    rule: Rule | None
    rule_fault: str
    recurrence_id: Moment | None
    and_following: bool

    @property
    def end(self) -> Moment | None:
        return None if self.start is None else self.start.moved(self.length)


def is_exception(block: Block) -> bool:
    return block.line("RECURRENCE-ID") is not None


def is_private(block: Block) -> bool:
    return block.value("CLASS").strip().upper() in ("PRIVATE", "CONFIDENTIAL")


def items_of(calendar: Block) -> tuple[Block, ...]:
    """The components of a calendar that an agenda keeps."""
    return tuple(block for block in calendar.blocks if block.name in COMPONENTS)


def read_item(block: Block, zones: Zones) -> Item:
    """Raises `Incomprehensible`."""
    start, length = _times(block, zones)
    exception = block.line("RECURRENCE-ID")
    rules = block.all("RRULE")
    if rules and start is None:
        raise Incomprehensible("rule_without_start")
    rule, fault = _rule(rules[0]) if rules and exception is None else (None, "")
    kind = block.value(KIND).strip().lower()
    status = _status(block)
    return Item(
        component=block.name,
        uid=text(block.value("UID")).strip(),
        kind=kind if kind in KINDS else _KIND_OF[block.name],
        start=start,
        length=length,
        summary=text(block.value("SUMMARY")),
        location=text(block.value("LOCATION")),
        status=status,
        busy=block.name == "VEVENT" and block.value("TRANSP").strip().upper() != "TRANSPARENT",
        private=is_private(block),
        sequence=_sequence(block),
        rule=rule,
        rule_fault=fault,
        recurrence_id=None if exception is None else _moment(exception, zones),
        and_following=exception is not None and exception.param("RANGE").upper() == "THISANDFUTURE",
    )


def _rule(line: Line) -> tuple[Rule | None, str]:
    try:
        return followable(parse_rule(line.value)), ""
    except RuleError:
        return None, line.value[:80]


def _status(block: Block) -> str:
    status = block.value("STATUS").strip().lower()
    return status if status in STATUSES else "confirmed"


def _sequence(block: Block) -> int:
    given = block.value("SEQUENCE").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0


def _times(block: Block, zones: Zones) -> tuple[Moment | None, timedelta]:
    first = block.line("DTSTART")
    last = block.line("DUE" if block.name == "VTODO" else "DTEND")
    if first is None and block.name == "VEVENT":
        raise Incomprehensible("without_start")
    if first is None:
        return (None, timedelta()) if last is None else (_moment(last, zones), timedelta())
    start = _moment(first, zones)
    if last is not None:
        return start, max(_between(start, _moment(last, zones)), _shortest(start))
    given = block.line("DURATION")
    if given is None or block.name == "VJOURNAL":
        return start, _shortest(start)
    try:
        length = duration(given.value)
        start.wall + length
    except (ValueError, OverflowError) as error:
        raise Incomprehensible("duration_unreadable", given.value[:40]) from error
    if start.is_date:
        length = timedelta(days=-(-length // DAY))
    return start, max(length, _shortest(start))


def _shortest(start: Moment) -> timedelta:
    """What an event without an end lasts (§3.6.1): the day, or no time."""
    return DAY if start.is_date else timedelta()


def _between(start: Moment, end: Moment) -> timedelta:
    """How long by the clock on the wall of `start`."""
    if start.is_date or end.is_date or start.tz is end.tz or start.tz is None or end.tz is None:
        length = end.wall - start.wall
        return timedelta(days=-(-length // DAY)) if start.is_date else length
    return end.utc(start.tz).astimezone(start.tz).replace(tzinfo=None) - start.wall


def _moment(line: Line, zones: Zones) -> Moment:
    try:
        return zones.moment(line)
    except ValueError as error:
        raise Incomprehensible("time_unreadable", f"{line.name}:{line.value[:40]}") from error


def dates(block: Block, name: str, zones: Zones) -> tuple[Moment, ...]:
    """The values of RDATE or EXDATE; of a period its start. Those that cannot be read are left out."""
    found = []
    for line, value in listed(block.all(name)):
        try:
            found.append(zones.moment(line, value.partition("/")[0]))
        except ValueError:
            continue
    return tuple(found)


def participants_of(block: Block) -> tuple[Participant, ...]:
    return tuple(
        Participant(
            email=address_of(line),
            name=line.param("CN"),
            collaborator=line.param("X-XRM-COLLABORATOR"),
            status=(line.param("PARTSTAT") or "needs-action").lower(),
            role=(line.param("ROLE") or "req-participant").lower(),
        )
        for line in block.all("ATTENDEE")
    )


def address_of(line: Line) -> str:
    """The mail address of an ATTENDEE or ORGANIZER, empty when it is known by something else."""
    scheme, _, address = line.value.strip().partition(":")
    return address if scheme.lower() == "mailto" else ""


def reminders_of(block: Block) -> tuple[Reminder, ...]:
    """Our own reminders, as many as an event has. The VALARMs of others are theirs to ring."""
    found = []
    for line in block.all(REMINDER):
        try:
            before = -duration(line.value)
        except ValueError:
            continue
        channel, to = line.param("X-CHANNEL").lower(), line.param("X-TO").lower() or "owner"
        if channel in ("mail", "sms") and to in ("owner", "contact") and timedelta() <= before <= REMINDED:
            found.append(Reminder(before, channel, to, line.param("X-ADDRESS")))
    return tuple(found[:MAX_REMINDERS])
