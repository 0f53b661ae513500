"""Reading iCalendar text (RFC 5545) as far as a provider has to: which events are in it, under which UID, and whether
their times can be understood. The text itself stays as it is; what it means is the platform's to say. Pure.

Written by hand because subscriptions are long and a calendar is read whole: this takes about a tenth of the time of a
full parser, which the platform puts to work afterwards anyway.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, time

STAMPS = frozenset({"DTSTAMP", "CREATED", "LAST-MODIFIED"})
"""What says when a text was written, not what it says. Subscriptions stamp each answer with the time of the request."""

FREQUENCIES = frozenset({"SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"})

DEEPEST = 8
"""Components within components; RFC 5545 knows three levels."""

_NAME = re.compile(r"[A-Za-z0-9-]+")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?")
_QUOTED = re.compile(r'"[^"]*"')


class UnreadableError(Exception):
    """A text cannot be understood. `reason` is a code of the section `errors` of the translations."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class Component:
    """A component and what is in it, as unfolded lines. `whole` says whether its END came."""

    name: str
    lines: list[str] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)
    whole: bool = False

    def value(self, name: str) -> str | None:
        """The value of the first property of this name, as written."""
        return next(iter(self.values(name)), None)

    def values(self, name: str) -> list[str]:
        """The values of all properties of this name, as written."""
        return [value for line in self.lines if (value := value_if(line, name)) is not None]

    def text(self) -> Iterator[str]:
        """All its lines, with BEGIN and END, those of its children after its own."""
        yield f"BEGIN:{self.name}"
        yield from self.lines
        for child in self.children:
            yield from child.text()
        yield f"END:{self.name}"


def unfolded(text: str) -> Iterator[str]:
    """Content lines (§3.1), however they are ended. Blank ones are passed over."""
    held: list[str] = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in {" ", "\t"} and held:
            held.append(line[1:])
            continue
        if held:
            yield "".join(held)
        held = [line] if line.strip() else []
    if held:
        yield "".join(held)


def name_of(line: str) -> str:
    """The name of the property of a content line, in capitals; empty if it is none."""
    found = _NAME.match(line)
    if found is None or line[found.end() : found.end() + 1] not in {":", ";"}:
        return ""
    return found[0].upper()


def value_if(line: str, name: str) -> str | None:
    """The value of a content line, if it is of this property."""
    if name_of(line) != name:
        return None
    masked = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line)  # a colon in a quoted parameter ends nothing
    return line[masked.index(":") + 1 :] if ":" in masked else None


def calendars_in(text: str) -> list[Component]:
    """The VCALENDARs of a text. Raises `UnreadableError` if there is none, or if the text ends too early."""
    found: list[Component] = []
    open_: list[Component] = []
    for line in unfolded(text.removeprefix("\ufeff")):
        name = name_of(line)
        if name == "BEGIN":
            child = Component(line.partition(":")[2].strip().upper())
            if not open_ and child.name != "VCALENDAR":
                raise UnreadableError("not_icalendar")
            if len(open_) >= DEEPEST:
                raise UnreadableError("too_deep")
            (open_[-1].children if open_ else found).append(child)
            open_.append(child)
        elif name == "END" and open_:
            ended = line.partition(":")[2].strip().upper()
            if ended != open_[-1].name:
                raise UnreadableError("ends_too_early" if open_[-1].name.startswith(ended) else "not_icalendar")
            open_.pop().whole = True
        elif open_:
            open_[-1].lines.append(line)
        else:
            raise UnreadableError("not_icalendar")
    if not found:
        raise UnreadableError("not_icalendar")
    if open_:
        raise UnreadableError("ends_too_early")
    return found


def uid_of(text: str) -> str:
    """The UID of the one event of a text, with all its overrides. Raises `UnreadableError` with what is wrong."""
    events = [child for calendar in calendars_in(text) for child in calendar.children if child.name == "VEVENT"]
    return judged(events)


def judged(events: Sequence[Component]) -> str:
    """The UID of these VEVENTs, which are one event. Raises `UnreadableError` if they are none that can be shown."""
    if not events:
        raise UnreadableError("no_event")
    uids = {event.value("UID") or "" for event in events}
    if not all(uid.strip() for uid in uids):
        raise UnreadableError("no_uid")
    if len(uids) > 1:
        raise UnreadableError("several_events")
    for event in events:
        _judge(event)
    masters = [event for event in events if event.value("RECURRENCE-ID") is None]
    if len(masters) > 1:
        raise UnreadableError("several_events")
    return uids.pop()


def _judge(event: Component) -> None:
    if any(len(event.values(name)) > 1 for name in ("UID", "DTSTART", "DTEND", "RECURRENCE-ID")):
        raise UnreadableError("said_twice")
    start = event.value("DTSTART")
    if start is None:
        raise UnreadableError("no_start")
    moments = [start, *event.values("DTEND"), *event.values("RECURRENCE-ID")]
    if not all(is_moment(each) for each in moments):
        raise UnreadableError("bad_time")
    if not all(_is_rule(each) for each in event.values("RRULE")):
        raise UnreadableError("bad_rule")


def is_moment(value: str) -> bool:
    """Whether `value` is a DATE or a DATE-TIME (§3.3.4, §3.3.5) that exists."""
    found = _MOMENT.fullmatch(value.strip())
    if found is None:
        return False
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        date(year, month, day), time(hour, minute, min(second, 59))
    except ValueError:
        return False
    return second <= 60


def _is_rule(value: str) -> bool:
    parts = dict(part.partition("=")[::2] for part in value.strip().upper().split(";") if part)
    return parts.get("FREQ", "") in FREQUENCIES


def essence(lines: Iterable[str]) -> str:
    """A short text that is the same when two events say the same: without stamps, in any order of lines."""
    kept = sorted(line.rstrip() for line in lines if name_of(line) not in STAMPS)
    return hashlib.sha256("\n".join(kept).encode(errors="surrogatepass")).hexdigest()[:32]


def says_the_same(one: str, other: str) -> bool:
    """Whether two texts hold the same events, word for word, but for stamps, order and time zones written out."""
    try:
        return _essences(one) == _essences(other)
    except UnreadableError:
        return False


def _essences(text: str) -> list[str]:
    events = (child for calendar in calendars_in(text) for child in calendar.children if child.name == "VEVENT")
    return sorted(essence(event.text()) for event in events)


def by_uid(events: Iterable[Component]) -> dict[str, list[Component]]:
    """VEVENTs that belong together, in the order in which their UIDs come first. One without UID is alone, under its
    essence, so that it has the same name at the next reading."""
    groups: defaultdict[str, list[Component]] = defaultdict(list)
    for event in events:
        uid = event.value("UID")
        if not uid or not uid.strip():
            uid = essence(event.text())
            event.lines.insert(0, f"UID:{uid}")
        groups[uid].append(event)
    return dict(groups)


def written(lines: Iterable[str]) -> str:
    """Lines as a text that may be stored and sent: folded at 75 octets, ended by CRLF (§3.1)."""
    return "".join(f"{folded(line)}\r\n" for line in lines)


def folded(line: str) -> str:
    """`line` in pieces of 75 octets at most, none of which parts a character."""
    octets = line.encode(errors="replace")
    if len(octets) <= 75:
        return line
    pieces, start, room = [], 0, 75
    while start < len(octets):
        end = min(start + room, len(octets))
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(octets[start:end].decode())
        start, room = end, 74
    return "\r\n ".join(pieces)
