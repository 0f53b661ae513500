"""Whatever a series becomes here, occurrence by occurrence, it becomes at Google's."""

from hypothesis import given, settings
from hypothesis import strategies as st
from xrm_google_calendar.driver import GoogleCalendar
from xrm_google_calendar.settings import GoogleCalendarSettings

from xrm_platform.testing.calendar_shapes import assert_same_event
from xrm_platform.testing.calendar_vendor import changed, vcalendar, vevent
from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor

CALENDAR = "com@example.com"
UID = "any@example.com"
DAYS = ("20270317", "20270324", "20270331", "20270407")  # the clocks change between the second and the third
PLAIN, CANCELLED = "plain", "cancelled"
ACTS = st.sampled_from([PLAIN, CANCELLED, "retitled", "moved", "moved far"])
STATES = st.tuples(st.sampled_from(["10", "15"]), st.sampled_from(["Weekly", "Other"]), st.tuples(*[ACTS] * len(DAYS)))


def at(day, hour, minute="00"):
    return f"TZID=Europe/Paris:{day}T{hour}{minute}00"


def text_of(state):
    """The series of a state: the hour at which it begins, its title, and what becomes of four of its occurrences."""
    hour, title, acts = state
    start = f"DTSTART;{at('20270310', hour)}"
    lines = [f"EXDATE;{at(day, hour)}" for day, act in zip(DAYS, acts, strict=True) if act == CANCELLED]
    overrides = [
        line
        for day, act in zip(DAYS, acts, strict=True)
        if act not in (PLAIN, CANCELLED)
        for line in vevent(
            UID,
            title if act == "moved" else f"{title} {act}",
            f"RECURRENCE-ID;{at(day, hour)}",
            start="DTSTART;"
            + {"retitled": at(day, hour), "moved": at(day, hour, "30"), "moved far": at("20270501", "08")}[act],
        )
    ]
    return vcalendar(*vevent(UID, title, "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=WE", *lines, start=start), *overrides)


@settings(max_examples=25, deadline=None)
@given(st.lists(STATES, min_size=2, max_size=5))
async def test_every_state_of_a_series_can_be_reached_from_every_other(states):
    async with GoogleServer() as google, driver_context() as context:
        driver = GoogleCalendar(GoogleCalendarSettings().load(GoogleVendor(google).settings()), context)
        event = await driver.create(CALENDAR, "key", text_of(states[0]))
        assert_same_event(event.ical, text_of(states[0]))
        for state in states[1:]:
            event = await driver.update(CALENDAR, event, text_of(state))
            assert_same_event(event.ical, text_of(state))
            assert await driver.update(CALENDAR, event, text_of(state)) == event
        (listed,) = (await changed(driver, CALENDAR))[0]
        assert listed == event
        assert google.invitations == []
