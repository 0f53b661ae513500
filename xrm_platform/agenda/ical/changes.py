"""What an edit sets in a component: only the lines that it is about are written anew, in the place of the old ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from .components import KIND, REMINDER, Item, Participant, Reminder, address_of
from .lines import Block, Line, line
from .rules import Rule
from .values import Moment, escaped, time_params, utc_time, written_time
from .zones import known_zone

TEXTS = ("SUMMARY", "DESCRIPTION", "LOCATION")


@dataclass(frozen=True, slots=True)
class Changes:
    """What is None stays. `texts` are by property, plain, the empty one removes; `rule` with `sets_rule` None removes
    the recurrence."""

    texts: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    status: str | None = None
    private: bool | None = None
    busy: bool | None = None
    start: Moment | None = None
    length: timedelta | None = None
    rule: Rule | None = None
    sets_rule: bool = False
    participants: tuple[Participant, ...] | None = None
    organizer: Participant | None = None
    reminders: tuple[Reminder, ...] | None = None

    @property
    def reschedules(self) -> bool:
        """Whether those invited have to be asked again (RFC 5546 §2.1.4): SEQUENCE is raised."""
        return self.start is not None or self.length is not None or self.sets_rule or self.status == "cancelled"


def placed(block: Block, name: str, new: Sequence[Line]) -> Block:
    """With `new` where the first line of that name is, the others of it gone; a name that is new comes after the last
    line before any inner block."""
    items: list[Line | Block] = []
    done = False
    for item in block.items:
        if isinstance(item, Line) and item.name == name:
            items += [] if done else new
            done = True
        else:
            items.append(item)
    if not done:
        at = next((place for place, item in enumerate(items) if isinstance(item, Block)), len(items))
        items[at:at] = new
    return block.with_items(items)


def changed(block: Block, item: Item, changes: Changes, stamp: datetime, home: tzinfo) -> Block:
    """`block`, which says `item`, with `changes`; SEQUENCE where it must be raised, and the time of the edit."""
    for name in TEXTS:
        if name in changes.texts:
            block = _text(block, name, changes.texts[name])
    if changes.kind is not None:
        block = placed(block, KIND, [line(KIND, changes.kind.upper())])
    if changes.status is not None:
        block = placed(block, "STATUS", [line("STATUS", changes.status.upper())])
    if changes.private is not None and changes.private != item.private:
        block = placed(block, "CLASS", [line("CLASS", "PRIVATE" if changes.private else "PUBLIC")])
    if changes.busy is not None and changes.busy != item.busy:
        block = placed(block, "TRANSP", [line("TRANSP", "OPAQUE" if changes.busy else "TRANSPARENT")])
    if changes.start is not None or changes.length is not None:
        block = timed(block, item, changes.start or item.start, changes.length, home)
    if changes.sets_rule:
        block = placed(block, "RRULE", [] if changes.rule is None else [line("RRULE", str(changes.rule))])
    if changes.participants is not None:
        block = _participants(block, changes.participants)
    if changes.organizer is not None and changes.participants and block.line("ORGANIZER") is None:
        who = changes.organizer
        block = placed(block, "ORGANIZER", [line("ORGANIZER", f"mailto:{who.email}", CN=who.name)])
    if changes.reminders is not None:
        block = placed(block, REMINDER, [reminder_line(reminder) for reminder in changes.reminders])
    return stamped(block, item, stamp, reschedules=changes.reschedules)


def stamped(block: Block, item: Item, stamp: datetime, *, reschedules: bool) -> Block:
    if reschedules:
        block = placed(block, "SEQUENCE", [line("SEQUENCE", str(item.sequence + 1))])
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        block = placed(block, name, [line(name, utc_time(stamp))])
    return block


def _text(block: Block, name: str, plain: str) -> Block:
    """The language and other parameters of the old line go with its text: they spoke of that."""
    return placed(block, name, [line(name, escaped(plain))] if plain else [])


def timed(block: Block, item: Item, start: Moment | None, length: timedelta | None, home: tzinfo) -> Block:
    """With another start, another length, or both. How the end was written (DTEND, DUE, DURATION) stays."""
    if start is None:
        return block
    last = "DUE" if block.name == "VTODO" else "DTEND"
    if block.line("DTSTART") is not None or block.name != "VTODO":
        block = placed(block, "DTSTART", [_time("DTSTART", start)])
    elif length is None:
        return placed(block, last, [_time(last, start)])
    if block.name == "VJOURNAL":
        return block
    if length is None and block.line(last) is None:
        return block
    end = start.moved(item.length if length is None else length)
    old = item.start
    foreign = block.line(last)
    if old is not None and foreign is not None and foreign.param("TZID") not in ("", old.tzid) and start.tz is not None:
        # An end in another zone than the start (a flight) stays in its zone.
        zone = known_zone(foreign.param("TZID"))
        if zone is not None:
            end = Moment(end.wall, tzid=foreign.param("TZID"), tz=zone).of_instant(end.utc(home), home)
    return placed(placed(block, "DURATION", []), last, [_time(last, end)])


def _time(name: str, moment: Moment) -> Line:
    return line(name, written_time(moment), **time_params(moment))


def _participants(block: Block, wanted: Sequence[Participant]) -> Block:
    """Who stays keeps the line as it is, answers and all."""
    known = {_who(found): found for found in block.all("ATTENDEE")}
    new = []
    for participant in wanted:
        fresh = attendee_line(participant)
        new.append(known.get(_who(fresh), fresh))
    return placed(block, "ATTENDEE", new)


def _who(attendee: Line) -> str:
    return (address_of(attendee) or attendee.value).lower()


def attendee_line(participant: Participant) -> Line:
    """RSVP=TRUE, without which some mail programs show no buttons to answer with."""
    value = f"mailto:{participant.email}" if participant.email else f"urn:xrm:collaborator:{participant.collaborator}"
    return line(
        "ATTENDEE",
        value,
        CN=participant.name,
        ROLE=participant.role.upper(),
        PARTSTAT=participant.status.upper(),
        RSVP="TRUE",
        X_XRM_COLLABORATOR=participant.collaborator,
    )


def reminder_line(reminder: Reminder) -> Line:
    minutes = int(reminder.before.total_seconds()) // 60
    return line(
        REMINDER,
        f"-PT{minutes}M",
        X_CHANNEL=reminder.channel.upper(),
        X_TO=reminder.to.upper(),
        X_ADDRESS=reminder.address,
    )
