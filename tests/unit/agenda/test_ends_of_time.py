"""Times near the ends of the calendar, which files hold by mistake or on purpose, stop nobody."""

import contextlib
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from xrm_platform.agenda.drawing import prepare
from xrm_platform.agenda.ical.changes import Changes
from xrm_platform.agenda.ical.components import Incomprehensible
from xrm_platform.agenda.ical.editing import edit_series, split
from xrm_platform.agenda.ical.values import Moment
from xrm_platform.agenda.sync.said import fingerprint
from xrm_platform.problems import Invalid, Missing

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ZONES = [ZoneInfo("Europe/Paris"), ZoneInfo("America/Los_Angeles")]
SERIES = "DTSTART;TZID={zone}:20260302T090000\nRRULE:FREQ=DAILY;COUNT=4"


def event(lines):
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:1\nSUMMARY:Visite\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n"


@pytest.mark.parametrize("home", ZONES, ids=str)
@pytest.mark.parametrize(
    "lines",
    [
        "DTSTART;TZID={zone}:20260302T090000\nRRULE:FREQ=DAILY;UNTIL=99991231T235959Z",
        "DTSTART;TZID={zone}:20260302T090000\nRRULE:FREQ=DAILY;UNTIL=99991231",
        "DTSTART;TZID={zone}:20260302T090000\nRRULE:FREQ=DAILY;UNTIL=00010101T000000",
        SERIES + "\nRDATE;TZID={zone}:99991231T235959",
        SERIES + "\nRDATE:00010101T000000Z\nEXDATE;TZID={zone}:00010101T000000",
        SERIES + "\nEXDATE:99991231T235959Z\nEXDATE;VALUE=DATE:99991231",
        SERIES + "\nX-XRM-REMINDER;X-CHANNEL=MAIL:-P9999999W\nX-XRM-REMINDER;X-CHANNEL=MAIL:P9999999W",
        "DTSTART:10000101T000000Z\nDTEND:99970101T000000Z\nRRULE:FREQ=YEARLY;INTERVAL=2;UNTIL=99970101T000000Z",
    ],
)
def test_an_event_that_reaches_for_the_end_of_time_is_drawn_compared_moved_and_cut(home, lines):
    text = event(lines.format(zone=home.key))

    drawn = prepare(text, home, NOW)
    assert fingerprint(text)
    start = drawn.series.head.item.start
    moved = Moment(datetime(2026, 3, 3, 10), tzid=home.key, tz=home)  # noqa: DTZ001
    with contextlib.suppress(Incomprehensible):
        assert prepare(edit_series(text, Changes(start=moved), NOW, home), home, NOW)
    if drawn.series.repeats and len(drawn.occurrences) > 2 and start.wall.year > 2000:
        assert split(text, drawn.occurrences[2]["key"], "2", NOW, home)


@pytest.mark.parametrize("key", ["99991231", "00010101T000000Z", "9999", "99980101T000000Z"])
async def test_an_occurrence_at_the_end_of_time_is_missing(xrm, admin, add, key):
    made = await add(recurrence="FREQ=DAILY")
    with pytest.raises(Missing):
        await xrm.agenda.cancel(admin, made.id, occurrence=key)


@pytest.mark.parametrize("until", ["99991231", "99991231T235959Z", "20991231T235959"])
async def test_a_series_without_a_real_end_is_made(xrm, admin, add, until):
    assert (await add(zone="America/Los_Angeles", recurrence=f"FREQ=DAILY;UNTIL={until}")).recurrence


@pytest.mark.parametrize("day", [date(1, 1, 1), date(9999, 12, 31)])
@pytest.mark.parametrize("span", ["day", "week", "month"])
async def test_a_view_of_the_end_of_time_is_refused(xrm, admin, span, day):
    with pytest.raises(Invalid):
        await xrm.schedule.view(admin, span, day, owner="COM")
