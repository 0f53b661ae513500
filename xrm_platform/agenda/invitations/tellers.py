"""Who tells somebody outside about an event: the platform, or the server of a calendar that has it too. Never both.

A server with automatic scheduling (RFC 6638) writes to everybody whom an event names, except those who are marked
`SCHEDULE-AGENT=CLIENT`, which is how the people of the platform get there (plugin `ical`). Google is always asked to
write to nobody (`sendUpdates=none`). So the platform writes to all but those whom a server that schedules knows without
the mark. Pure.
"""

from __future__ import annotations

from enum import StrEnum

from xrm_platform.agenda.ical.components import address_of, items_of
from xrm_platform.agenda.ical.lines import Line, parse
from xrm_platform.people.contacts.folding import fold_mail

CLIENT, SERVER, NOBODY = "CLIENT", "SERVER", "NONE"


class Teller(StrEnum):
    PLATFORM = "platform"
    SERVER = "server"
    NOBODY = "nobody"


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


def left_to_server(there: str) -> frozenset[str]:
    """Whom the server that has the text `there` tells, if it is one that writes to people; folded addresses."""
    return frozenset(folded for folded, agent in agents(there).items() if agent == SERVER)


def teller(agent: str | None, *, by_server: bool, schedules: bool) -> Teller:
    """Who tells somebody of whom the event here says `agent`. `by_server`: a server has an event, as it was before the
    change, that leaves them to it; `schedules`: it writes to people at all."""
    if by_server and schedules:
        return Teller.SERVER
    return Teller.NOBODY if agent == NOBODY else Teller.PLATFORM
