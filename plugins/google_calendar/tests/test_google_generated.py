"""Generated events, taken to Google and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Alarm, Calendar, Event
from icalendar.prop.recur.recur import vRecur
from xrm_google_calendar import documents, kept, reading
from xrm_google_calendar.documents import series_of, to_patch

from xrm_platform.providers import RemoteEvent, Unreadable, Unsupported
from xrm_platform.testing.calendar_shapes import assert_same_event

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ZONES = ["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)
LETTERS = st.text("abcdefghij", min_size=1, max_size=8)


def said(text):
    return series_of(documents.read(text), "Europe/Paris")


def event_of(told_event):
    (event,) = Calendar.from_ical(told_event.ical).walk("VEVENT")
    return event


@st.composite
def moments(draw):
    kind = draw(st.sampled_from(["date", "floating", "zoned", "zoned"]))
    at = draw(st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2037-12-31"))).replace(
        second=0, microsecond=0
    )
    if kind == "date":
        return at.date(), timedelta(days=draw(st.integers(1, 5)))
    lasts = timedelta(minutes=draw(st.integers(0, 3000)))
    if kind == "floating":
        return at, lasts
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return at.replace(tzinfo=UTC).astimezone(zone), lasts


def ended(start, lasts):
    return (
        start + lasts
        if getattr(start, "tzinfo", None) is None
        else (start.astimezone(UTC) + lasts).astimezone(start.tzinfo)
    )


@st.composite
def plain_events(draw):
    event = Event()
    start, lasts = draw(moments())
    event.add("UID", "generated@example.com")
    event.add("DTSTAMP", NOW)
    event.add("DTSTART", start)
    event.add("DTEND", ended(start, lasts))
    for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "X-XRM-NOTE", "CONTACT"):
        if draw(st.booleans()):
            event.add(name, draw(TEXT))
    for name, words in (
        ("STATUS", ["CONFIRMED", "TENTATIVE"]),
        ("TRANSP", ["OPAQUE", "TRANSPARENT"]),
        ("CLASS", ["PUBLIC", "PRIVATE", "CONFIDENTIAL", "X-SECRET"]),
        ("COLOR", ["red", "blue", "papayawhip"]),
    ):
        if draw(st.booleans()):
            event.add(name, draw(st.sampled_from(words)))
    for name in draw(st.lists(LETTERS, max_size=3, unique=True)):
        parameters = {"PARTSTAT": draw(st.sampled_from(["ACCEPTED", "DELEGATED", "NEEDS-ACTION"])), "RSVP": "TRUE"}
        event.add("ATTENDEE", f"mailto:{name}@example.com", parameters=parameters)
    for minutes in draw(st.lists(st.integers(-100, 50_000), max_size=7, unique=True)):
        alarm = Alarm()
        alarm.add("ACTION", draw(st.sampled_from(["DISPLAY", "EMAIL", "AUDIO"])))
        alarm.add("DESCRIPTION", "Ring")
        alarm.add("TRIGGER", -timedelta(minutes=minutes))
        event.add_component(alarm)
    return event


@st.composite
def calendars(draw):
    """An event, or a series with occurrences that are moved or left out."""
    event = draw(plain_events())
    calendar = Calendar()
    calendar.add_component(event)
    if draw(st.booleans()):
        return calendar.to_ical().decode()
    start = event["DTSTART"].dt
    event.add("RRULE", vRecur({"FREQ": draw(st.sampled_from(["DAILY", "WEEKLY"])), "COUNT": 12}))
    step = timedelta(days=1 if event["RRULE"]["FREQ"] == "DAILY" else 7)
    dropped, moved = draw(st.integers(1, 4)), draw(st.integers(5, 9))
    if draw(st.booleans()):
        event.add("EXDATE", start + dropped * step)
    if draw(st.booleans()):
        other = Event()
        other.add("UID", "generated@example.com")
        other.add("DTSTAMP", NOW)
        other.add("RECURRENCE-ID", start + moved * step)
        other.add("DTSTART", start + moved * step + timedelta(days=1))
        other.add("SUMMARY", draw(TEXT))
        calendar.add_component(other)
    return calendar.to_ical().decode()


@settings(max_examples=60, deadline=None)
@given(calendars())
def test_what_goes_to_google_comes_back_with_its_meaning(side, text):
    back = side.there_and_back(text)
    assert isinstance(back, RemoteEvent)
    assert_same_event(back.ical, text)
    assert documents.series_of(documents.read(back.ical), "Europe/Paris").same_as(said(text))


@settings(max_examples=60, deadline=None)
@given(calendars())
def test_what_came_back_is_no_change(side, text):
    back = side.there_and_back(text)
    assert to_patch(said(text).master, said(back.ical).master) == {}


@settings(max_examples=60, deadline=None)
@given(plain_events())
def test_nothing_of_an_event_is_dropped(side, event):
    calendar = Calendar()
    calendar.add_component(event)
    back = event_of(side.there_and_back(calendar.to_ical().decode()))
    exact = {"DTSTAMP", "UID", "DTSTART", "DTEND", "STATUS", "TRANSP", "ATTENDEE"}
    for name in set(event) - exact:
        assert kept.lines_of(back, [name]) == kept.lines_of(event, [name]) or not str(event[name])
    assert set(kept.lines_of(event, ["ATTENDEE"])) == set(kept.lines_of(back, ["ATTENDEE"]))
    assert sorted(map(str, map(kept.block, back.walk("VALARM")))) == sorted(
        map(str, map(kept.block, event.walk("VALARM")))
    )


@settings(deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_any_text_is_an_event_or_is_refused(raw):
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    with pytest.raises(Unsupported):
        documents.read(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELD = st.sampled_from(
    [
        "start",
        "end",
        "recurrence",
        "attendees",
        "reminders",
        "extendedProperties",
        "organizer",
        "conferenceData",
        "updated",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(FIELD, JSON, max_size=4))
def test_an_item_that_makes_no_sense_is_told_as_unreadable_or_read(fields):
    times = {"dateTime": "2027-03-10T09:00:00Z"}
    change = reading.told({"id": "abcde", "etag": '"1"', "start": times, "end": times, **fields})
    assert isinstance(change, RemoteEvent | Unreadable)
    assert change.ref == "abcde"
