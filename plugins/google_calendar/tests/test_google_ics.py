"""Files that other people wrote: none may break the mapping, and what Google cannot say has a reason."""

from collections import Counter
from pathlib import Path

import pytest
from icalendar import Calendar
from xrm_google_calendar import documents
from xrm_google_calendar.plugin import GOOGLE_CALENDAR

from xrm_platform.providers import RemoteEvent, Unsupported
from xrm_platform.testing.translations import assert_explained

FOLDER = Path(__file__).parents[4] / "shared" / "ics"
MOST = 8  # of one calendar: some files hold thousands of the same kind
FILES = sorted(FOLDER.rglob("*.ics"))

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILES, reason="the collection of files is not here"),
    pytest.mark.filterwarnings("ignore::icalendar.error.GloballyUniqueTZIDGuessed"),
]


def calendars_of(raw):
    try:
        return Calendar.from_ical(raw.decode("utf-8", "replace"), multiple=True)
    except documents.NOT_ICALENDAR:
        return []  # not iCalendar at all: some files are wrong on purpose


def events_of(file):
    """Each event of a file as a text of its own, with the zones it may use."""
    for calendar in calendars_of(file.read_bytes()):
        zones = [line for zone in calendar.walk("VTIMEZONE") for line in zone.content_lines() if line]
        families = {}
        for event in calendar.walk("VEVENT"):
            families.setdefault(str(event.get("UID")), []).append(event)
        for family in list(families.values())[:MOST]:
            lines = [line for event in family for line in event.content_lines() if line]
            yield "\r\n".join(("BEGIN:VCALENDAR", *map(str, zones), *map(str, lines), "END:VCALENDAR", ""))


def test_every_event_is_taken_to_google_and_back_or_has_a_reason(side):
    outcomes = Counter()
    for file in FILES:
        for text in events_of(file):
            try:
                document = documents.read(text)
                series = documents.series_of(document, "Europe/Paris")
            except Unsupported as error:
                assert_explained(GOOGLE_CALENDAR, error.code, error.params)
                outcomes[error.code] += 1
                continue
            if series.master.fields["status"] == "cancelled":
                outcomes["cancelled"] += 1
                continue
            assert_comes_back(side, file, text, series)
            outcomes["said"] += 1
    assert outcomes["said"] > 10 * (outcomes.total() - outcomes["said"]), outcomes


def assert_comes_back(side, file, text, series):
    calendar, ref = side.put(text)
    back = side.told(calendar, ref)
    assert isinstance(back, RemoteEvent), file
    again = documents.series_of(documents.read(back.ical), "Europe/Paris")
    assert again.master.same_as(series.master), file
    if not series.overrides:
        assert again.cancelled == series.cancelled, file
