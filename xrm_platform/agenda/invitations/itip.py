"""Scheduling messages (RFC 5546): an event without what is its owner's own, as those who take part get it. Pure.

Only what is named here goes out. The description is the collaborator's, and stays inside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from xrm_platform.agenda.ical.changes import placed
from xrm_platform.agenda.ical.components import address_of
from xrm_platform.agenda.ical.editing import PRODID
from xrm_platform.agenda.ical.lines import Block, Line, block, line, text_of, with_param
from xrm_platform.agenda.ical.values import Moment, time_params, utc_time, written_time
from xrm_platform.people.contacts.folding import fold_mail

from .seen import outside_of

SHOWN = frozenset(
    {"UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED", "RECURRENCE-ID"}
    | {"DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "EXRULE"}
    | {"SUMMARY", "LOCATION", "GEO", "CONFERENCE", "STATUS", "TRANSP", "CLASS"}
    | {"ORGANIZER", "ATTENDEE"}
)
_PEOPLE = frozenset({"ORGANIZER", "ATTENDEE"})
_OWN_PARAMS = ("X-", "SCHEDULE-")
"""How parameters begin that are between us, or a server, and the owner (RFC 6638 §7)."""


def request(
    calendar: Block, parts: Sequence[Block], left_out: Iterable[Moment], inside: frozenset[str], stamp: datetime
) -> str:
    """A REQUEST (§3.2.2) of `parts`: a series with its exceptions, or occurrences. `left_out` of the series are those
    that are not to be attended without the series saying so."""
    asked = [_asked(part, inside, stamp) for part in parts]
    excluded = [line("EXDATE", written_time(one), **time_params(one)) for one in left_out]
    if excluded:
        asked[0] = placed(asked[0], "EXDATE", [*asked[0].all("EXDATE"), *excluded])
    return _message("REQUEST", calendar, asked)


def cancel(
    calendar: Block,
    parts: Sequence[Block],
    to: Collection[str],
    stamp: datetime,
    *,
    sequence: int,
    off: bool,
) -> str:
    """A CANCEL (§3.2.5) of `parts` for the folded addresses `to`. When it is `off` for all it says so; who is only no
    longer asked to come is not told that it will not take place."""
    return _message("CANCEL", calendar, [_cancelled(part, to, stamp, sequence, off=off) for part in parts])


def _message(method: str, calendar: Block, parts: Sequence[Block]) -> str:
    named = {found.param("TZID").strip() for part in parts for found in part.lines if found.param("TZID")}
    zones = [one for one in calendar.blocks if one.name == "VTIMEZONE" and one.value("TZID").strip() in named]
    head = [line("VERSION", "2.0"), line("PRODID", PRODID), line("CALSCALE", "GREGORIAN"), line("METHOD", method)]
    return text_of(block("VCALENDAR", [*head, *zones, *parts]))


def _asked(part: Block, inside: frozenset[str], stamp: datetime) -> Block:
    outside = outside_of(part, inside)
    items = []
    for found in _shown(part):
        asks = found.name == "ATTENDEE" and fold_mail(address_of(found)) in outside
        # Without RSVP=TRUE some mail programs show no buttons to answer with.
        items.append(with_param(found, "RSVP", "TRUE") if asks else found)
    return _stamped(block(part.name, items), stamp)


def _cancelled(part: Block, to: Collection[str], stamp: datetime, sequence: int, *, off: bool) -> Block:
    items = [
        found
        for found in _shown(part)
        if found.name != "STATUS" and (found.name != "ATTENDEE" or fold_mail(address_of(found)) in to)
    ]
    cancelled = placed(block(part.name, items), "SEQUENCE", [line("SEQUENCE", str(sequence))])
    return _stamped(placed(cancelled, "STATUS", [line("STATUS", "CANCELLED")]) if off else cancelled, stamp)


def _stamped(part: Block, stamp: datetime) -> Block:
    """DTSTAMP of a message is when it was made (RFC 5545 §3.8.7.2). SEQUENCE must be there to be compared."""
    if part.line("SEQUENCE") is None:
        part = placed(part, "SEQUENCE", [line("SEQUENCE", "0")])
    return placed(part, "DTSTAMP", [line("DTSTAMP", utc_time(stamp))])


def _shown(part: Block) -> Iterator[Line]:
    for found in part.lines:
        if found.name in _PEOPLE:
            if address_of(found):
                yield _without_own_params(found)
        elif found.name in SHOWN:
            yield found


def _without_own_params(found: Line) -> Line:
    for name, _ in found.params:
        if name.startswith(_OWN_PARAMS):
            found = with_param(found, name, None)
    return found
