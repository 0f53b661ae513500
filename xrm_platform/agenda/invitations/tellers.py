"""Who tells somebody outside about an event: the platform, or the server of a calendar that has it too. Never both.

A server with automatic scheduling (RFC 6638) writes to everybody whom an event names, except those who are marked
`SCHEDULE-AGENT=CLIENT`, which is how the people of the platform get there (plugin `ical`). Google is always asked to
write to nobody (`sendUpdates=none`). So the platform writes to all but those whom a server that schedules knows without
the mark. Pure.
"""

from __future__ import annotations

from xrm_platform.agenda.ical.components import address_of, items_of
from xrm_platform.agenda.ical.lines import Line, parse
from xrm_platform.people.contacts.folding import fold_mail

CLIENT, SERVER, NOBODY = "CLIENT", "SERVER", "NONE"


def agents(ical: str) -> dict[str, str]:
    """Who tells each participant of a text (RFC 6638 §7.1), by folded address: `CLIENT` as soon as one component says
    so, `SERVER` where none says anything. Of a text that is none: nobody."""
    found: dict[str, str] = {}
    blocks, _ = parse(ical)
    for calendar in blocks:
        for part in items_of(calendar) if calendar.name == "VCALENDAR" else ():
            for attendee in part.all("ATTENDEE"):
                if address_of(attendee):
                    folded = fold_mail(address_of(attendee))
                    found[folded] = _stronger(found.get(folded), _agent(attendee))
    return found


def _agent(attendee: Line) -> str:
    # What nobody knows counts as NONE (RFC 6638 §7.1).
    given = attendee.param("SCHEDULE-AGENT").upper() or SERVER
    return given if given in (CLIENT, SERVER) else NOBODY


def _stronger(one: str | None, other: str) -> str:
    order = (None, NOBODY, SERVER, CLIENT)
    return max(one, other, key=order.index) or other


def told_by_server(folded: str, there: dict[str, str], *, schedules: bool) -> bool:
    """Whether a server tells somebody. `there` are the `agents` of the text it has, before the change; `schedules`
    whether it writes to people at all."""
    return schedules and there.get(folded) == SERVER


def is_ours(folded: str, ours: dict[str, str], *, by_server: bool) -> bool:
    """Whether the platform tells somebody: no server does, and the event (`ours` are its `agents`) does not say that
    nobody is to."""
    return not by_server and ours.get(folded) != NOBODY
