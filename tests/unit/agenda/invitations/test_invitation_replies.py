"""Whatever strangers send, it is an answer or none, and an event with it in it is the event."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.ical.editing import calendar_of
from xrm_platform.agenda.ical.files import decoded, read_file
from xrm_platform.agenda.ical.recurrence import read_series
from xrm_platform.agenda.invitations.replies import NotAnAnswer, answers_in, key_in, status_in, with_answer

PARIS = ZoneInfo("Europe/Paris")
ANNA = "anna@client.example"
CORPUS = Path(__file__).parents[5] / "shared" / "ics"
LINES = st.sampled_from(
    [
        "BEGIN:VCALENDAR",
        "METHOD:REPLY",
        "METHOD:COUNTER",
        "BEGIN:VEVENT",
        "UID:1",
        "DTSTAMP:20260302T090000Z",
        "DTSTAMP:99991231T235959Z",
        "SEQUENCE:-1",
        "SEQUENCE:²",
        "RECURRENCE-ID;TZID=../../etc/passwd:20260305T090000",
        "RECURRENCE-ID;VALUE=DATE:00010101",
        "DTSTART;TZID=America/New_York:20260308T023000",
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{ANNA}",
        "ATTENDEE;PARTSTAT=:MAILTO:",
        "ATTENDEE:mailto:é@\ud800.example",
        "COMMENT:\0 a\\n",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
)
EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260301T080000Z\r\n"
    "DTSTART;TZID=Europe/Paris:20260305T090000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nX-OWN:kept\r\n"
    'ATTENDEE;CN="A; B";PARTSTAT=NEEDS-ACTION:mailto:Anna@client.example\r\n'
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def looked_at(text: str) -> None:
    try:
        answers = answers_in(text)
    except NotAnAnswer:
        return
    series = read_series(calendar_of(EVENT))
    for answer in answers:
        assert answer.uid
        key_in(series, answer.occurrence, PARIS)


@given(st.lists(LINES | st.text(max_size=30), max_size=25))
def test_whatever_comes_is_an_answer_or_none(lines):
    looked_at("\r\n".join(lines))
    looked_at(
        "\r\n".join(["BEGIN:VCALENDAR", "METHOD:REPLY", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR"])
    )


@pytest.mark.skipif(not CORPUS.is_dir(), reason="real files are not here")
def test_files_of_other_programs_are_answers_or_none():
    for file in sorted(CORPUS.rglob("*.ics")):
        text, _ = decoded(file.read_bytes()[:200_000])
        looked_at(text.replace("BEGIN:VCALENDAR", "BEGIN:VCALENDAR\r\nMETHOD:REPLY", 1))


def test_an_answer_changes_one_word_of_one_line():
    after = with_answer(EVENT, ANNA, "", "declined", PARIS)

    assert after == EVENT.replace("NEEDS-ACTION", "DECLINED")
    assert (status_in(EVENT, ANNA, ""), status_in(after, ANNA, "")) == ("needs-action", "declined")
    assert status_in(EVENT, "eve@evil.example", "") is None


def test_an_answer_to_one_occurrence_describes_that_one_apart():
    after = with_answer(EVENT, ANNA, "20260312T080000Z", "declined", PARIS)

    assert after.startswith(EVENT.removesuffix("END:VCALENDAR\r\n"))
    assert len(read_file(after.encode()).events) == 1
    assert (status_in(after, ANNA, "20260312T080000Z"), status_in(after, ANNA, "")) == ("declined", "needs-action")
    assert status_in(after, ANNA, "20260305T080000Z") == "needs-action"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("20260312T080000Z", "20260312T080000Z"),
        ("TZID=Europe/Paris:20260312T090000", "20260312T080000Z"),
        ("VALUE=DATE:20260312", "20260312T080000Z"),
        ("20260313T080000Z", None),
    ],
)
def test_an_occurrence_is_known_however_its_day_is_written(written, key):
    separator = ";" if "=" in written else ":"
    (answer,) = answers_in(
        f"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID:1\r\nRECURRENCE-ID{separator}{written}\r\nEND:VEVENT\r\n"
        "END:VCALENDAR"
    )

    assert key_in(read_series(calendar_of(EVENT)), answer.occurrence, PARIS) == key
    assert (answer.sequence, answer.stamp) == (0, datetime(1970, 1, 1, tzinfo=UTC))
