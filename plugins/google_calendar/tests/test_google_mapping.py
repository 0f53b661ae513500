"""How single things are said at Google's, and what cannot be."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event
from xrm_google_calendar import documents, kept, recurrence, zones
from xrm_google_calendar.documents import series_of, to_patch
from xrm_google_calendar.times import Span

from xrm_platform.providers import Unsupported
from xrm_platform.testing.calendar_shapes import CUSTOM_ZONE, SHAPES, assert_same_event
from xrm_platform.testing.calendar_vendor import vcalendar, vevent

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def said(text):
    return series_of(documents.read(text), "Europe/Paris")


def event_of(told_event):
    (event,) = Calendar.from_ical(told_event.ical).walk("VEVENT")
    return event


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_comes_back(side, shape):
    assert_same_event(side.there_and_back(SHAPES[shape]).ical, SHAPES[shape])


def test_a_zone_of_its_own_is_named_by_how_its_clocks_go():
    fields = said(SHAPES["custom_zone"]).master.fields
    assert fields["start"]["timeZone"] == "Europe/Paris"


@pytest.mark.parametrize(
    ("tzid", "name"),
    [
        ("Romance Standard Time", "Europe/Paris"),
        ("/mozilla.org/20070129_1/Europe/Berlin", "Europe/Berlin"),
        ("US-Eastern", "US/Eastern"),
        ("Etc/UTC", "UTC"),
        ("Nowhere/Land", None),
    ],
)
def test_zones_are_known_by_many_names(tzid, name):
    assert zones.by_name(tzid) == name


def test_a_series_keeps_its_hour_when_the_clocks_change(side):
    text = vcalendar(
        *vevent(
            "dst@example.com", "Weekly", "RRULE:FREQ=WEEKLY;COUNT=4", start="DTSTART;TZID=Europe/Paris:20270317T100000"
        )
    )
    calendar, ref = side.put(text)
    hours = [datetime.fromisoformat(one["start"]["dateTime"]).hour for one in calendar.instances(ref, None)]
    assert hours == [10, 10, 10, 10]


def test_an_end_of_a_series_is_said_in_utc_and_a_day_is_the_whole_day():
    series = said(
        vcalendar(
            *vevent(
                "until@example.com",
                "Daily",
                "RRULE:FREQ=DAILY;UNTIL=20270312",
                start="DTSTART;TZID=Europe/Paris:20270310T100000",
            )
        )
    )
    assert series.master.fields["recurrence"] == ["RRULE:FREQ=DAILY;UNTIL=20270312T225959Z"]


def test_exceptions_of_any_form_are_said_in_utc_once():
    text = vcalendar(
        *vevent(
            "exdate@example.com",
            "Daily",
            "RRULE:FREQ=DAILY;COUNT=9",
            "EXDATE;TZID=Europe/Paris:20270311T100000,20270312T100000",
            "EXDATE:20270311T090000Z",
            "EXDATE;VALUE=DATE:20270313",
            start="DTSTART;TZID=Europe/Paris:20270310T100000",
        )
    )
    assert said(text).master.fields["recurrence"][1] == "EXDATE:20270311T090000Z,20270312T090000Z,20270313T090000Z"


def test_a_cancelled_occurrence_of_google_is_an_exception_of_the_series(side):
    calendar, ref = side.put(SHAPES["series"])
    at = calendar.instances(ref, "2027-04-07T10:00:00+02:00")[0]
    calendar.delete(at["id"], NOW, if_match=None)
    (master, *_) = Calendar.from_ical(side.told(calendar, ref).ical).walk("VEVENT")
    assert "20270407T100000" in str([line for line in master.content_lines() if str(line).startswith("EXDATE")])


def test_an_exception_that_says_what_its_series_says_is_none(side):
    calendar, ref = side.put(SHAPES["series"])
    occurrence = calendar.instances(ref, "2027-04-07T10:00:00+02:00")[0]
    calendar.change(occurrence["id"], {"summary": "Other"}, NOW, if_match=None)
    calendar.change(occurrence["id"], {"summary": "Weekly"}, NOW, if_match=None)
    assert_same_event(side.told(calendar, ref).ical, SHAPES["series"])


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("this_and_future", ("RECURRENCE-ID;RANGE=THISANDFUTURE:20270310T090000Z",)),
        ("period", ("RRULE:FREQ=DAILY;COUNT=2", "RDATE;VALUE=PERIOD:20270311T090000Z/PT2H")),
        ("property_not_understood", ("RRULE:FREQ=NEVER",)),
        ("ends_before_start", ("DTEND:20270309T090000Z",)),
    ],
)
def test_what_google_cannot_say_is_refused_with_its_reason(code, lines):
    with pytest.raises(Unsupported) as caught:
        said(vcalendar(*vevent("odd@example.com", "Odd", *lines)))
    assert caught.value.code == code


def test_several_events_in_one_text_are_refused():
    with pytest.raises(Unsupported) as caught:
        said(vcalendar(*vevent("a@example.com", "A"), *vevent("b@example.com", "B")))
    assert caught.value.code == "several_events"


def test_more_than_google_keeps_is_named():
    text = vcalendar(
        *vevent(
            "big@example.com", "Big", *(f"X-XRM-{n}:{n:x}{hash(str(n)) & (2**400):x}" for n in range(2)), "COMMENT:ok"
        )
    )
    assert said(text).master.lost == ()
    noise = "".join(chr(33 + (n * n * 7919) % 90) for n in range(60_000))
    big = vcalendar(*vevent("big@example.com", "Big", f"X-XRM-NOISE:{noise}"))
    assert kept.packed([noise]) is None or said(big).master.lost == ()


def test_a_kept_text_that_somebody_spoiled_is_passed_over():
    item = {"extendedProperties": {"private": {f"{kept.PREFIX}0": "not base64!"}}}
    assert kept.unpacked(item) is None


def test_what_was_kept_gives_way_to_what_was_changed_at_google(side):
    text = vcalendar(*vevent("kept@example.com", "Kept", "SUMMARY;LANGUAGE=fr:Kept", "X-XRM-KIND:call"))
    text = text.replace("SUMMARY:Kept\r\n", "")
    calendar, ref = side.put(text)
    assert "SUMMARY;LANGUAGE=fr:Kept" in side.told(calendar, ref).ical
    calendar.change(ref, {"summary": "Changed"}, NOW, if_match=None)
    assert "SUMMARY:Changed" in side.told(calendar, ref).ical
    assert "X-XRM-KIND:call" in side.told(calendar, ref).ical


def test_floating_times_stay_floating_until_somebody_names_a_zone(side):
    calendar, ref = side.put(SHAPES["floating"])
    assert event_of(side.told(calendar, ref))["DTSTART"].dt == datetime.fromisoformat("2027-03-10T09:00")
    moved = {"start": {"dateTime": "2027-03-10T11:00:00+01:00", "timeZone": "Europe/Paris"}}
    ends = {"end": {"dateTime": "2027-03-10T12:00:00+01:00", "timeZone": "Europe/Paris"}}
    calendar.change(ref, {**moved, **ends}, NOW, if_match=None)
    assert event_of(side.told(calendar, ref))["DTSTART"].dt == datetime.fromisoformat("2027-03-10T11:00")
    there = {"dateTime": "2027-03-10T11:00:00Z", "timeZone": "UTC"}
    calendar.change(ref, {"start": there, "end": there}, NOW, if_match=None)
    assert event_of(side.told(calendar, ref))["DTSTART"].dt == datetime(2027, 3, 10, 11, tzinfo=UTC)


def test_a_day_without_an_end_lasts_a_day():
    text = vcalendar("BEGIN:VEVENT", "UID:d@example.com", "DTSTART;VALUE=DATE:20270401", "SUMMARY:Day", "END:VEVENT")
    assert said(text).master.fields["end"]["date"] == "2027-04-02"


def test_a_change_between_a_day_and_an_hour_takes_the_other_form_away():
    day = said(SHAPES["all_day"]).master
    hour = said(SHAPES["timed"]).master
    assert to_patch(day, hour)["start"] == {"date": None, "dateTime": "2027-03-10T09:00:00+00:00", "timeZone": "UTC"}
    assert to_patch(hour, day)["start"] == {"date": "2027-04-01", "dateTime": None, "timeZone": None}


def test_reminders_that_were_taken_away_are_none_and_not_those_of_the_calendar():
    alarm = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Ring", "TRIGGER:-PT10M", "END:VALARM")
    before = said(vcalendar(*vevent("alarm@example.com", "Alarm", *alarm))).master
    after = said(vcalendar(*vevent("alarm@example.com", "Alarm"))).master
    assert before.fields["reminders"] == {"useDefault": False, "overrides": [{"method": "popup", "minutes": 10}]}
    assert to_patch(before, after)["reminders"] == {"useDefault": False, "overrides": []}


def test_guests_without_a_mail_address_are_kept_beside(side):
    text = vcalendar(
        *vevent("guests@example.com", "Guests", "ATTENDEE;CN=Zoé:invalid:nomail", "ATTENDEE:MAILTO:Ann@Example.com")
    )
    assert [guest["email"] for guest in said(text).master.fields["attendees"]] == ["ann@example.com"]
    assert "invalid:nomail" in side.there_and_back(text).ical


def test_conference_and_attachments_are_shown_and_never_sent(side):
    calendar, ref = side.put(SHAPES["timed"])
    conference = {"entryPoints": [{"entryPointType": "video", "uri": "https://meet.google.com/abc"}]}
    calendar.change(ref, {"conferenceData": conference}, NOW, if_match=None)
    ical = side.told(calendar, ref).ical
    assert "X-GOOGLE-CONFERENCE:https://meet.google.com/abc" in ical
    assert to_patch(said(SHAPES["timed"]).master, said(ical).master) == {}
    assert said(ical).master.lost == ("X-GOOGLE-CONFERENCE",)


def test_a_zone_that_is_used_is_defined(side):
    calendar = Calendar.from_ical(side.there_and_back(SHAPES["series"]).ical)
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Paris"]


def test_a_series_in_a_zone_that_is_nobody_elses_is_refused():
    odd = tuple(line.replace("+0100", "+0117").replace("+0200", "+0217") for line in CUSTOM_ZONE)
    start = "DTSTART;TZID=Customized Time Zone:20270710T090000"
    with pytest.raises(Unsupported) as caught:
        said(vcalendar(*odd, *vevent("odd@example.com", "Odd", "RRULE:FREQ=DAILY;COUNT=2", start=start)))
    assert caught.value.code == "unknown_time_zone"
    single = said(vcalendar(*odd, *vevent("odd@example.com", "Odd", start=start))).master.fields
    assert single["start"] == {"date": None, "dateTime": "2027-07-10T06:43:00+00:00", "timeZone": "UTC"}


def test_dates_without_a_rule_make_a_series_too(side):
    text = vcalendar(*vevent("rdate@example.com", "Dates", "RDATE:20270312T090000Z,20270311T090000Z"))
    assert said(text).master.fields["recurrence"] == ["RDATE:20270311T090000Z,20270312T090000Z"]
    assert_same_event(side.there_and_back(text).ical, text)


def test_lines_of_google_with_a_zone_are_read():
    event = Event()
    paris = ZoneInfo("Europe/Paris")
    at = datetime(2027, 3, 10, 10, tzinfo=paris)
    lines = ["RRULE:FREQ=DAILY", "EXDATE;TZID=America/New_York:20270311T040000", "EXDATE;VALUE=DATE:20270312"]
    recurrence.from_google(lines, [], event, Span(at, at, "Europe/Paris", "Europe/Paris"))
    assert [one.dt for one in event["EXDATE"].dts] == [at + timedelta(days=1), at + timedelta(days=2)]


def test_all_day_exceptions_are_dates():
    assert said(SHAPES["all_day_series"]).master.fields["recurrence"] == [
        "RRULE:FREQ=YEARLY;COUNT=5",
        "EXDATE;VALUE=DATE:20280401",
    ]
    assert said(SHAPES["all_day_series"]).cancelled == {f"{date(2028, 4, 1):%Y%m%d}"}
