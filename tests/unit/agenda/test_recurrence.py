"""Occurrences, held against recurring-ical-events, and bounds that no rule escapes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import example, given, settings
from hypothesis import strategies as st

from xrm_platform.agenda.ical.editing import calendar_of
from xrm_platform.agenda.ical.recurrence import MAX_FOLLOWED, MAX_OCCURRENCES, expand, read_series
from xrm_platform.agenda.ical.rules import RuleError, instants, parse_rule

PARIS = ZoneInfo("Europe/Paris")
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")


wall = datetime.fromisoformat
"""A time without zone."""


def calendar(*lines, start="DTSTART;TZID=Europe/Paris:20260302T090000", more=()):
    event = ["BEGIN:VEVENT", "UID:1", start, *lines, "END:VEVENT"]
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *event, *more, "END:VCALENDAR", ""])


def starts(text, home=PARIS, window=(FROM, TO)):
    return [one.starts_at for one in expand(read_series(calendar_of(text)), *window, home).occurrences]


def oracle(text, home=PARIS):
    """What recurring-ical-events says: start and end of each occurrence, in UTC. Where the clocks leave out the start
    of one, it lets it end before it begins."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text), skip_bad_series=False).between(FROM, TO)
    times = [(instant(event.start, home), instant(event.end, home)) for event in found]
    return sorted((start, max(start, end)) for start, end in times)


def instant(value, home):
    if not isinstance(value, datetime):
        value = wall(value.isoformat())
    return (value if value.tzinfo else value.replace(tzinfo=home)).astimezone(UTC)


def ours(text, home=PARIS):
    found = expand(read_series(calendar_of(text)), FROM, TO, home).occurrences
    return sorted((one.starts_at, one.ends_at) for one in found if one.ends_at > FROM or one.starts_at >= FROM)


def within(occurrences):
    """Without those at the ends of the window, where dates have no zone for the one and the owner's for the other."""
    aside = timedelta(days=4)
    return [(start, end) for start, end in occurrences if FROM + aside <= start < TO - aside]


@st.composite
def rules(draw):
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 4))}")
    if freq == "WEEKLY" and draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(["MO", "TU", "SA", "SU"]), min_size=1, max_size=3, unique=True))
        parts.append("BYDAY=" + ",".join(days))
    if freq == "MONTHLY" and draw(st.booleans()):
        parts.append(draw(st.sampled_from(["BYDAY=-1FR", "BYDAY=2MO", "BYMONTHDAY=31", "BYMONTHDAY=-1,15"])))
    if freq == "YEARLY" and draw(st.booleans()):
        parts.append(draw(st.sampled_from(["BYMONTH=3,10;BYDAY=-1SU", "BYMONTH=2;BYMONTHDAY=29", "BYYEARDAY=100"])))
    end = draw(st.sampled_from(["", "COUNT=7", "COUNT=40", "UNTIL=20261101T083000Z"]))
    return ";".join([*parts, end] if end else parts)


@st.composite
def events(draw):
    """A series in a zone, by the day or floating; some dates excluded, some moved, one added."""
    day = wall("2026-01-01T00:00") + timedelta(days=draw(st.integers(0, 120)))
    first = day + timedelta(minutes=30 * draw(st.integers(0, 47)))
    rule = draw(rules())
    kind = draw(st.sampled_from([*ZONES, "date"]))
    if kind == "date":
        rule = rule.replace("UNTIL=20261101T083000Z", "UNTIL=20261101")
        start, form = f"DTSTART;VALUE=DATE:{day:%Y%m%d}", lambda time: f";VALUE=DATE:{time:%Y%m%d}"
        first, length = day, timedelta(days=draw(st.integers(1, 3)))
        end = f"DTEND{form(day + length)}"
    else:
        start, form = f"DTSTART;TZID={kind}:{first:%Y%m%dT%H%M%S}", lambda time: f";TZID={kind}:{time:%Y%m%dT%H%M%S}"
        length = timedelta(minutes=draw(st.sampled_from([30, 90, 600])))
        end = f"DTEND{form(first + length)}"
    lines, more = [end, f"RRULE:{rule}"], []
    known = [time for time in instants(parse_rule(rule), first, last_year=2027, limit=30) if time > first]
    chosen = draw(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else []
    for place, time in enumerate(chosen):
        if place % 2:
            lines.append(f"EXDATE{form(time)}")
        else:
            moved = time + timedelta(days=draw(st.integers(-3, 3)), hours=0 if kind == "date" else 2)
            more += ["BEGIN:VEVENT", "UID:1", f"RECURRENCE-ID{form(time)}", f"DTSTART{form(moved)}"]
            more += [f"DTEND{form(moved + length)}", "END:VEVENT"]
    return calendar(*lines, start=start, more=more)


@settings(max_examples=150)
@given(events())
@example(
    calendar(
        "DTEND;TZID=Europe/Paris:20260105T030000", "RRULE:FREQ=DAILY", start="DTSTART;TZID=Europe/Paris:20260105T023000"
    )
)
def test_occurrences_are_those_of_recurring_ical_events(text):
    assert within(ours(text)) == within(oracle(text))


def test_a_series_keeps_its_hour_when_the_clocks_change():
    text = calendar("DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=6")

    assert [start.hour for start in starts(text)] == [8, 8, 8, 8, 7, 7]


def test_a_time_that_the_clocks_leave_out_is_taken_with_the_offset_before():
    text = calendar("RRULE:FREQ=DAILY;COUNT=3", start="DTSTART;TZID=Europe/Paris:20260328T023000")

    assert [start.strftime("%d %H:%M") for start in starts(text)] == ["28 01:30", "29 01:30", "30 00:30"]


def test_floating_times_are_of_the_owners_home():
    text = calendar(start="DTSTART:20260302T090000")

    assert starts(text, ZoneInfo("America/New_York")) == [datetime(2026, 3, 2, 14, tzinfo=UTC)]


def test_a_zone_that_the_file_defines_is_the_files_own():
    zone = [
        *("BEGIN:VTIMEZONE", "TZID:Customized Time Zone", "BEGIN:STANDARD", "DTSTART:16010101T030000"),
        *("TZOFFSETFROM:+0700", "TZOFFSETTO:+0500", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD"),
        *("BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0500", "TZOFFSETTO:+0700"),
        *("RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE"),
    ]
    start = "DTSTART;TZID=Customized Time Zone:20260302T090000"
    other = calendar(start=start, more=[line.replace("+0700", "-0100").replace("+0500", "-0200") for line in zone])

    assert starts(calendar("RRULE:FREQ=MONTHLY;COUNT=2", start=start, more=zone)) == [
        datetime(2026, 3, 2, 4, tzinfo=UTC),
        datetime(2026, 4, 2, 2, tzinfo=UTC),
    ]
    assert starts(other) == [datetime(2026, 3, 2, 11, tzinfo=UTC)]


def test_all_that_follow_go_with_an_exception_for_them():
    more = [
        *("BEGIN:VEVENT", "UID:1", "RECURRENCE-ID;TZID=Europe/Paris;RANGE=THISANDFUTURE:20260304T090000"),
        *("DTSTART;TZID=Europe/Paris:20260304T110000", "END:VEVENT"),
    ]
    text = calendar("RRULE:FREQ=DAILY;COUNT=4", more=more)

    assert [start.hour for start in starts(text)] == [8, 8, 10, 10]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYHOUR=9;BYMINUTE=0;BYSECOND=0",
        "FREQ=SECONDLY;INTERVAL=7;BYHOUR=3",
        "FREQ=HOURLY;INTERVAL=5;BYHOUR=3;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYWEEKNO=53;BYSETPOS=300",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
    ],
)
def test_no_rule_goes_on_for_ever(rule):
    first = wall("1970-01-01T09:00")

    walls = list(instants(parse_rule(rule), first, last_year=2030, limit=MAX_FOLLOWED))

    assert len(walls) <= MAX_FOLLOWED
    assert all(one.year <= 2030 for one in walls)


def test_dateutil_asks_for_the_weeks_of_a_rule_once_a_year_which_is_where_it_is_stopped():
    """Ten years without a match, then one: with a last year before it nothing is found, and nothing waited for."""
    rule = parse_rule("FREQ=DAILY;INTERVAL=1461;BYMONTH=2;BYMONTHDAY=30")

    assert list(instants(rule, wall("2000-02-29T00:00"), last_year=9000, limit=1)) == []
    assert list(instants(parse_rule("FREQ=YEARLY;INTERVAL=10"), wall("2000-02-01T00:00"), last_year=2015, limit=9)) == [
        wall("2000-02-01T00:00"),
        wall("2010-02-01T00:00"),
    ]


def test_a_bomb_is_cut_and_says_so():
    found = expand(read_series(calendar_of(calendar("RRULE:FREQ=MINUTELY"))), FROM, TO, PARIS)

    assert (len(found.occurrences), found.cut) == (MAX_OCCURRENCES, True)


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY;BYSETPOS=3", "FREQ=DAILY;INTERVAL=0", "FREQ=FORTNIGHTLY", "FREQ", ""])
def test_a_rule_that_cannot_be_followed_does_not_lose_the_event(rule):
    with pytest.raises(RuleError):
        list(instants(parse_rule(rule), wall("2026-03-02T00:00"), last_year=2030, limit=10))

    series = read_series(calendar_of(calendar(f"RRULE:{rule}")))
    assert series.head.item.rule is None
    assert starts(calendar(f"RRULE:{rule}")) == [datetime(2026, 3, 2, 8, tzinfo=UTC)]


@given(st.text(st.sampled_from("FREQ=DAILYWKOUNT;BHS0123456789-,MOTUINTERVAL")))
def test_no_rule_is_too_odd_to_be_refused(text):
    try:
        rule = parse_rule(text)
    except RuleError:
        return
    assert parse_rule(str(rule)) == rule
