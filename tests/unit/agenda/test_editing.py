"""Edits change what they are about and leave every other line of the stored text as it was."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.ical.changes import Changes
from xrm_platform.agenda.ical.components import Incomprehensible, Participant, Reminder, participants_of, reminders_of
from xrm_platform.agenda.ical.editing import (
    calendar_of,
    composed,
    drop_occurrence,
    edit_occurrence,
    edit_series,
    split,
)
from xrm_platform.agenda.ical.lines import Block, Line
from xrm_platform.agenda.ical.recurrence import expand, read_series
from xrm_platform.agenda.ical.rules import parse_rule
from xrm_platform.agenda.ical.values import Moment

PARIS = ZoneInfo("Europe/Paris")
STAMP = datetime(2026, 2, 1, 12, tzinfo=UTC)
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
ODD = (
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="A; b":geo:48.85,2.35',
    "conference;VALUE=URI:https://meet.example/1",
    "ATTENDEE;CN=Ann;PARTSTAT=ACCEPTED;X-NUM-GUESTS=0:mailto:ann@x.example",
    "DESCRIPTION;LANGUAGE=fr:Une très longue description\\, qui est plié",
    " e au milieu d’un mot",
    "X-ODD:b",
    "CATEGORIES:A,B",
    "X-ODD:a",
)
TOUCHED = {"DTSTAMP", "LAST-MODIFIED", "SEQUENCE"}


def paris(text):
    return Moment(datetime.fromisoformat(text), tzid="Europe/Paris", tz=PARIS)


def event(*lines, more=()):
    whole = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somebody//Else//EN", "X-CALENDAR:kept", "BEGIN:VEVENT", "UID:1"),
        *("DTSTAMP:20250101T000000Z", "DTSTART;TZID=Europe/Paris:20260302T090000"),
        *("DTEND;TZID=Europe/Paris:20260302T100000", "SUMMARY;LANGUAGE=fr:Visite", *lines),
        *("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT5M", "X-RING:loud", "END:VALARM", "END:VEVENT", *more),
        *("END:VCALENDAR", ""),
    ]
    return "\r\n".join(whole)


def written(block):
    for item in block.items:
        yield item.written if isinstance(item, Line) else tuple(written(item))


def main(text):
    return next(read.block for read in [read_series(calendar_of(text)).head])


def starts(text):
    found = expand(read_series(calendar_of(text)), FROM, TO, PARIS).occurrences
    return [(one.start.wall.strftime("%m-%d %H:%M"), one.item.summary, one.item.status) for one in found]


def days(text):
    return [start[:5] for start, _, _ in starts(text)]


SERIES = event("RRULE:FREQ=DAILY;COUNT=5", *ODD)
KEY = "20260304T080000Z"  # 9 o'clock in Paris


@st.composite
def edits(draw):
    """Changes, and the properties that they are about."""
    made, about = {}, set(TOUCHED)
    if draw(st.booleans()):
        made["texts"] = {"SUMMARY": draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))}
        about.add("SUMMARY")
    if draw(st.booleans()):
        made["start"] = paris(f"2026-03-{draw(st.integers(1, 28)):02}T11:30")
        about |= {"DTSTART", "DTEND"}
    if draw(st.booleans()):
        made["length"] = timedelta(minutes=draw(st.integers(0, 600)))
        about |= {"DTEND", "DURATION"}
    if draw(st.booleans()):
        made["private"] = True
        about.add("CLASS")
    if draw(st.booleans()):
        made["reminders"] = (Reminder(timedelta(minutes=15), "sms"),)
        about.add("X-XRM-REMINDER")
    return Changes(**made), about


@given(edits(), st.permutations(ODD[:3] + ODD[5:]))
def test_whatever_is_changed_every_other_line_stays_as_it_was(edit, odd):
    changes, about = edit
    before = event(*odd, *ODD[3:5])

    after = edit_series(before, changes, STAMP, PARIS)

    def others(text):
        return [
            item.written if isinstance(item, Line) else tuple(written(item))
            for item in main(text).items
            if isinstance(item, Block) or item.name not in about
        ]

    assert others(after) == others(before)
    assert "X-CALENDAR:kept\r\n" in after
    icalendar.Calendar.from_ical(after)


@given(edits(), st.sampled_from(["20260302T080000Z", KEY, "20260306T080000Z"]))
def test_an_edit_of_one_occurrence_leaves_the_series_as_it_was(edit, key):
    after = edit_occurrence(SERIES, key, edit[0], STAMP, PARIS)

    assert list(written(main(after))) == list(written(main(SERIES)))
    assert len(starts(after)) == 5
    exception = read_series(calendar_of(after)).exceptions[0].block
    kept = [line for line in written(exception) if str(line).startswith(("X-", "conference", "ATTENDEE", "CATEG"))]
    assert len([line for line in kept if "XRM" not in line]) == 6
    assert exception.line("RRULE") is None


def test_sequence_is_raised_by_a_new_time_and_not_by_a_new_text():
    text = event("SEQUENCE:3")

    renamed = edit_series(text, Changes(texts={"SUMMARY": "Else"}), STAMP, PARIS)
    moved = edit_series(text, Changes(start=paris("2026-03-02T10:00")), STAMP, PARIS)

    assert (main(renamed).value("SEQUENCE"), main(moved).value("SEQUENCE")) == ("3", "4")


def test_a_move_keeps_the_duration_however_it_is_written():
    by_duration = event().replace("DTEND;TZID=Europe/Paris:20260302T100000", "DURATION:PT1H")

    moved = main(edit_series(by_duration, Changes(start=paris("2026-03-05T10:00")), STAMP, PARIS))

    assert (moved.value("DTSTART"), moved.value("DURATION"), moved.line("DTEND")) == ("20260305T100000", "PT1H", None)


def test_an_end_in_another_zone_stays_in_that_zone():
    flight = event().replace("DTEND;TZID=Europe/Paris:20260302T100000", "DTEND;TZID=Europe/London:20260302T091500")

    moved = main(edit_series(flight, Changes(start=paris("2026-03-02T12:00")), STAMP, PARIS))

    end = moved.line("DTEND")
    assert (end.param("TZID"), end.value) == ("Europe/London", "20260302T121500")


def test_a_moved_series_takes_its_exclusions_exceptions_and_end_along():
    more = [
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260304T090000", "SUMMARY:Other text"),
        *("DTSTART;TZID=Europe/Paris:20260304T090000", "DTEND;TZID=Europe/Paris:20260304T100000", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260305T090000", "SUMMARY:Was moved"),
        *("DTSTART;TZID=Europe/Paris:20260305T200000", "DTEND;TZID=Europe/Paris:20260305T210000", "END:VEVENT"),
    ]
    text = event("RRULE:FREQ=DAILY;UNTIL=20260306T080000Z", "EXDATE;TZID=Europe/Paris:20260303T090000", more=more)

    moved = edit_series(text, Changes(start=paris("2026-03-09T14:00")), STAMP, PARIS)

    assert [start[:2] for start in starts(moved)] == [
        ("03-05 20:00", "Was moved"),
        ("03-09 14:00", "Visite"),
        ("03-11 14:00", "Other text"),
        ("03-13 14:00", "Visite"),
    ]


def test_a_weekly_series_moved_to_another_day_turns_its_days():
    text = event("RRULE:FREQ=WEEKLY;BYDAY=MO,FR;COUNT=4")

    moved = edit_series(text, Changes(start=paris("2026-03-03T09:00")), STAMP, PARIS)

    assert main(moved).value("RRULE") == "FREQ=WEEKLY;BYDAY=TU,SA;COUNT=4"


def test_days_of_a_rule_that_cannot_move_are_asked_for():
    text = event("RRULE:FREQ=MONTHLY;BYDAY=1MO")

    with pytest.raises(Incomprehensible) as caught:
        edit_series(text, Changes(start=paris("2026-03-03T09:00")), STAMP, PARIS)

    assert caught.value.code == "rule_needs_new_days"


def test_a_cancelled_occurrence_stays_to_be_seen_and_a_dropped_one_is_gone():
    cancelled = edit_occurrence(SERIES, KEY, Changes(status="cancelled"), STAMP, PARIS)
    dropped = drop_occurrence(cancelled, KEY, STAMP, PARIS)

    assert [status for _, _, status in starts(cancelled)] == ["confirmed", "confirmed", "cancelled", *["confirmed"] * 2]
    assert days(dropped) == ["03-02", "03-03", "03-05", "03-06"]


@pytest.mark.parametrize("rule", ["FREQ=DAILY;COUNT=5", "FREQ=DAILY;UNTIL=20260306T080000Z"])
def test_this_and_following_become_a_series_of_their_own(rule):
    more = [
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260303T090000", "SUMMARY:Early"),
        *("DTSTART;TZID=Europe/Paris:20260303T100000", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260305T090000", "SUMMARY:Late"),
        *("DTSTART;TZID=Europe/Paris:20260305T100000", "END:VEVENT"),
    ]
    text = event(f"RRULE:{rule}", *ODD, more=more)

    first, second = split(text, KEY, "new-uid", STAMP, PARIS)

    assert [start[:2] for start in starts(first)] == [("03-02 09:00", "Visite"), ("03-03 10:00", "Early")]
    assert [start[:2] for start in starts(second)] == [
        ("03-04 09:00", "Visite"),
        ("03-05 10:00", "Late"),
        ("03-06 09:00", "Visite"),
    ]
    assert {block.value("UID") for block in calendar_of(second).blocks if block.name == "VEVENT"} == {"new-uid"}
    assert all(line in second for line in ODD[5:])


@given(st.integers(0, 9), st.lists(st.integers(0, 9), max_size=3, unique=True))
def test_both_halves_of_a_split_are_the_whole(at, excluded):
    exdates = [f"EXDATE;TZID=Europe/Paris:202603{2 + day:02}T090000" for day in excluded]
    text = event("RRULE:FREQ=DAILY;COUNT=10", *exdates)
    keys = [one.key for one in expand(read_series(calendar_of(text)), FROM, TO, PARIS).occurrences]
    if at == 0 or at >= len(keys):
        return

    first, second = split(text, keys[at], "2", STAMP, PARIS)

    assert days(first) + days(second) == days(text)


def test_a_new_event_is_read_by_others_as_it_was_meant():
    changes = Changes(
        texts={"SUMMARY": "Réunion; à 9 h, salle\\2", "DESCRIPTION": "a\nb"},
        kind="call",
        start=paris("2026-03-02T09:00"),
        length=timedelta(hours=1),
        rule=parse_rule("FREQ=WEEKLY"),
        sets_rule=True,
        participants=(Participant("bob@x.example", 'Bob "B"; x'), Participant("", "Direction", "DIR")),
        organizer=Participant("com@acme.example", "Léa"),
        reminders=(Reminder(timedelta(hours=24), "sms", "contact", "+33612345678"),),
    )

    text = composed("u1", changes, STAMP, PARIS)

    (found,) = icalendar.Calendar.from_ical(text).events
    assert (str(found["SUMMARY"]), str(found["DESCRIPTION"])) == ("Réunion; à 9 h, salle\\2", "a\nb")
    assert found.start == datetime(2026, 3, 2, 9, tzinfo=PARIS)
    assert main(text).value("SEQUENCE") == "0"
    assert [(one.email, one.collaborator) for one in participants_of(main(text))] == [
        ("bob@x.example", ""),
        ("", "DIR"),
    ]
    assert reminders_of(main(text)) == changes.reminders


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Europe/Paris",
            "America/New_York",
            "Asia/Kolkata",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "America/Sao_Paulo",
        ),
        *("Asia/Gaza", "Pacific/Chatham", "Europe/Dublin", "America/St_Johns", "UTC"),
    ],
)
def test_the_zone_that_is_written_says_what_the_zone_is(name):
    """Held against the zone through the definition alone, under a name that nothing else knows."""
    start = Moment(datetime.fromisoformat("2026-03-02T09:00"), tzid=name, tz=ZoneInfo(name))
    text = composed("u", Changes(start=start), STAMP, PARIS).replace(name, "Nowhere/Zone")
    if name == "UTC":
        assert "VTIMEZONE" not in text
        return

    zone = read_series(calendar_of(text)).head.item.start.tz

    day = datetime(2026, 1, 1, tzinfo=UTC)
    for hours in range(0, 24 * 365 * 2, 7):
        instant = day + timedelta(hours=hours)
        assert instant.astimezone(zone).utcoffset() == instant.astimezone(ZoneInfo(name)).utcoffset(), instant


def test_participants_who_stay_keep_their_answer():
    wanted = (Participant("ANN@x.example"), Participant("bob@x.example", "Bob"))

    after = main(edit_series(event(*ODD), Changes(participants=wanted), STAMP, PARIS))

    assert after.all("ATTENDEE")[0].written == ODD[2]
    assert participants_of(after)[1].status == "needs-action"


@pytest.mark.parametrize(("rule", "kept"), [("FREQ=DAILY", 1), ("FREQ=DAILY;COUNT=9", 1), ("FREQ=DAILY;COUNT=2", 0)])
def test_an_exception_of_a_day_that_is_left_out_as_well_goes_only_with_its_day(rule, kept):
    apart = ("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris:20260305T090000")
    text = event(
        *("RRULE:FREQ=DAILY", "EXDATE;TZID=Europe/Paris:20260305T090000"),
        more=(*apart, "DTSTART;TZID=Europe/Paris:20260305T150000", "END:VEVENT"),
    )
    edited = edit_series(text, Changes(rule=parse_rule(rule), sets_rule=True), STAMP, PARIS)
    assert len(read_series(calendar_of(edited)).exceptions) == kept


def test_without_a_rule_added_dates_are_gone_too():
    text = event("RDATE;TZID=Europe/Paris:20260305T090000")
    edited = edit_series(text, Changes(rule=None, sets_rule=True), STAMP, PARIS)
    assert not read_series(calendar_of(edited)).repeats


def test_all_from_an_exception_on_keep_their_zone_though_it_is_named_in_utc():
    apart = ("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID:20260316T080000Z", "DTSTART:20260316T140000Z", "END:VEVENT")
    text = event("RRULE:FREQ=WEEKLY;COUNT=5", more=apart)
    _, second = split(text, "20260316T080000Z", "2", STAMP, PARIS)
    assert "DTSTART;TZID=Europe/Paris:20260316T090000" in second
    found = expand(read_series(calendar_of(second)), FROM, TO, PARIS).occurrences
    assert [one.starts_at.hour for one in found] == [14, 8, 7]
