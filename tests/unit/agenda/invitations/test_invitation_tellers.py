"""Either the platform or the server of a calendar tells somebody, never both."""

from __future__ import annotations

import pytest

from xrm_platform.agenda.invitations.tellers import agents, is_ours, told_by_server

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
    ("there", "schedules", "ours"),
    [
        (None, True, True),  # the server does not have the event yet, and will get it with the mark
        (event(MARKED), True, True),  # the mark is how we wrote it
        (event(PLAIN), True, False),  # the server knows this person without it: it writes
        (event(PLAIN), False, True),  # a server that writes to nobody, or Google, asked not to
        (event("ATTENDEE:mailto:ben@client.example"), True, True),  # it does not know this person yet
        (event("ATTENDEE;SCHEDULE-AGENT=NONE:mailto:" + ANNA), True, True),
        (event("ATTENDEE:mailto:Anna@CLIENT.example"), True, False),
        ("<html>", True, True),
    ],
)
def test_the_platform_tells_those_whom_no_server_tells(there, schedules, ours):
    known = {} if there is None else agents(there)
    by_server = told_by_server(ANNA, known, schedules=schedules)

    assert is_ours(ANNA, agents(event(PLAIN)), by_server=by_server) is ours


def test_somebody_whom_nobody_is_to_tell_is_told_by_nobody():
    ours = agents(event(f"ATTENDEE;SCHEDULE-AGENT=NONE:mailto:{ANNA}"))

    assert is_ours(ANNA, ours, by_server=False) is False
    assert agents(event(f"ATTENDEE;SCHEDULE-AGENT=X-OTHER:mailto:{ANNA}")) == ours


def test_one_occurrence_that_is_left_to_us_decides_for_the_series():
    text = event(PLAIN).replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID:20260303T090000Z\r\nDTSTART:20260303T100000Z\r\n"
        f"{MARKED}\r\nEND:VEVENT\r\nEND:VCALENDAR",
    )

    assert agents(text) == {ANNA: "CLIENT"}
