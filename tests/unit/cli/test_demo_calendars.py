"""How the demo reads what each calendar holds: a change that did not arrive is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from xrm_platform.cli.demo.calendars import Seen, moved_to_another_place, seen_at_google, seen_in_caldav

VISIT = Seen(
    "Visite chez Mme Dupré",
    "12 rue de l’Été, Orléans",
    datetime(2026, 12, 1, 9, tzinfo=UTC),
    datetime(2026, 12, 1, 10, tzinfo=UTC),
)
TEXT = "\r\n".join(
    (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//x//EN", "BEGIN:VEVENT", "UID:1@x.example"),
        *("DTSTAMP:20261101T000000Z", "SUMMARY:Visite chez Mme Dupré", "LOCATION:12 rue de l’Été\\, Orléans"),
        *("DTSTART:20261201T090000Z", "DTEND:20261201T100000Z", "X-OURS:kept", "END:VEVENT", "END:VCALENDAR", ""),
    )
)
ITEM = {
    "summary": VISIT.title,
    "location": VISIT.place,
    "start": {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "Europe/Paris"},
    "end": {"dateTime": "2026-12-01T10:00:00Z"},
}


def test_the_same_event_is_the_same_on_both_sides():
    assert seen_in_caldav([TEXT]) == seen_at_google([ITEM]) == (VISIT,)


@pytest.mark.parametrize(
    ("before", "after"), [("Dupré", "Dupont"), ("Orléans", "Blois"), ("T090000Z", "T080000Z"), ("T100000Z", "T110000Z")]
)
def test_whatever_differs_is_seen(before, after):
    assert seen_in_caldav([TEXT.replace(before, after)]) != (VISIT,)


def test_an_event_that_is_there_twice_is_seen_twice():
    assert seen_in_caldav([TEXT, TEXT]) == (VISIT, VISIT)


def test_a_phone_changes_the_place_and_nothing_else():
    changed = moved_to_another_place(TEXT, "Café Zoé")

    assert seen_in_caldav([changed]) == (replace(VISIT, place="Café Zoé"),)
    assert "X-OURS:kept" in changed
