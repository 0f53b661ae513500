"""Either the platform or the server of a calendar tells somebody, never both."""

from __future__ import annotations

import pytest

from xrm_platform.agenda.invitations.tellers import Teller, agents, left_to_server, teller

EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:x\r
BEGIN:VEVENT\r
UID:1\r
DTSTART:20260303T090000Z\r
ORGANIZER:mailto:com@acme.example\r
{attendees}\r
END:VEVENT\r
END:VCALENDAR\r
"""
ANNA = "anna@client.example"
PLAIN = f"ATTENDEE:mailto:{ANNA}"
MARKED = f"ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:{ANNA}"


def event(*attendees: str) -> str:
    return EVENT.format(attendees="\r\n".join(attendees))


@pytest.mark.parametrize(
    ("there", "schedules", "told_by"),
    [
        (None, True, Teller.PLATFORM),  # the server does not have the event yet, and will get it with the mark
        (event(MARKED), True, Teller.PLATFORM),  # the mark is how we wrote it
        (event(PLAIN), True, Teller.SERVER),  # the server knows this person without it: it writes
        (event(PLAIN), False, Teller.PLATFORM),  # a server that writes to nobody, or Google, asked not to
        (event("ATTENDEE:mailto:ben@client.example"), True, Teller.PLATFORM),  # it does not know this person yet
        (event(f"ATTENDEE;SCHEDULE-AGENT=NONE:mailto:{ANNA}"), True, Teller.PLATFORM),
        (event("ATTENDEE:mailto:Anna@CLIENT.example"), True, Teller.SERVER),
        ("<html>", True, Teller.PLATFORM),
    ],
)
def test_the_platform_tells_those_whom_no_server_tells(there, schedules, told_by):
    by_server = there is not None and ANNA in left_to_server(there)

    assert teller(agents(event(PLAIN))[ANNA], by_server=by_server, schedules=schedules) is told_by


@pytest.mark.parametrize("agent", ["NONE", "X-OTHER"])
def test_somebody_whom_nobody_is_to_tell_is_told_by_nobody(agent):
    ours = agents(event(f"ATTENDEE;SCHEDULE-AGENT={agent}:mailto:{ANNA}"))

    assert teller(ours[ANNA], by_server=False, schedules=False) is Teller.NOBODY


def test_one_occurrence_that_is_left_to_us_decides_for_the_series():
    text = event(PLAIN).replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260303T090000Z\r\nDTSTART:20260303T100000Z\r\n"
        f"{MARKED}\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )

    assert agents(text) == {ANNA: "CLIENT"}
