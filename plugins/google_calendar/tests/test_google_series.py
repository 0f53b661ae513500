"""Series through the driver: what people change here and at Google's, occurrence by occurrence."""

import pytest

from xrm_platform.providers import Conflict, OutcomeUnknown, RemoteEvent, Removed
from xrm_platform.testing.calendar_shapes import SHAPES, assert_same_event
from xrm_platform.testing.calendar_vendor import changed, events, retitled, vcalendar, vevent
from xrm_platform.testing.google_faults import Answer, Fault

CALENDAR = "com@example.com"
START = "DTSTART;TZID=Europe/Paris:20270310T100000"
RULE = "RRULE:FREQ=WEEKLY;COUNT=10;BYDAY=WE"


def weekly(*lines, others=()):
    return vcalendar(*vevent("weekly@example.com", "Weekly", RULE, *lines, start=START), *others)


def moved(original, to, title="Moved"):
    recurrence_id = f"RECURRENCE-ID;TZID=Europe/Paris:{original}"
    return vevent("weekly@example.com", title, recurrence_id, start=f"DTSTART;TZID=Europe/Paris:{to}")


def occurrence(google, ref, start):
    (found,) = google.calendar().instances(ref, start)
    return found


async def test_an_occurrence_is_moved_cancelled_and_brought_back_from_here(driver):
    plain, shifted = weekly(), weekly(others=moved("20270317T100000", "20270318T110000"))
    without = weekly("EXDATE;TZID=Europe/Paris:20270317T100000")
    event = await driver.create(CALENDAR, "key", plain)
    for text in (shifted, without, plain, without, shifted, plain):
        event = await driver.update(CALENDAR, event, text)
        assert_same_event(event.ical, text)
        (listed,) = events((await changed(driver, CALENDAR))[0]).values()
        assert (listed.etag, listed.ical) == (event.etag, event.ical)


async def test_an_occurrence_cancelled_at_google_comes_back_from_here(google, driver):
    event = await driver.create(CALENDAR, "key", weekly())
    google.remove(occurrence(google, event.ref, "2027-03-17T10:00:00+01:00")["id"])
    (event,) = await driver.fetch(CALENDAR, [event.ref])
    assert_same_event(event.ical, weekly("EXDATE;TZID=Europe/Paris:20270317T100000"))
    event = await driver.update(CALENDAR, event, weekly())
    assert_same_event(event.ical, weekly())
    assert occurrence(google, event.ref, "2027-03-17T10:00:00+01:00")["status"] == "confirmed"


async def test_an_occurrence_that_was_brought_back_follows_its_series(driver):
    event = await driver.create(CALENDAR, "key", weekly())
    for text in (weekly(others=moved("20270317T100000", "20270317T100000")), weekly()):
        event = await driver.update(CALENDAR, event, text)
    retold = retitled(weekly(), "Weekly", "Another title")
    event = await driver.update(CALENDAR, event, retold)
    assert_same_event(event.ical, retold)


@pytest.mark.parametrize("act", ["change", "cancel"])
async def test_an_occurrence_changed_at_google_brings_its_whole_series(google, driver, act):
    event = await driver.create(CALENDAR, "key", SHAPES["series"])
    _, cursor, _ = await changed(driver, CALENDAR)
    item = occurrence(google, event.ref, "2027-04-07T10:00:00+02:00")["id"]
    if act == "change":
        google.change(item, summary="By hand")
    else:
        google.remove(item)
    (found,) = (await changed(driver, CALENDAR, cursor))[0]
    assert isinstance(found, RemoteEvent)
    assert (found.ref, found.uid) == (event.ref, event.uid)
    assert found.etag != event.etag
    assert "elsewhere" in found.ical
    assert ("By hand" in found.ical) == (act == "change")


async def test_a_change_of_one_occurrence_at_google_makes_a_change_of_the_series_here_a_conflict(google, driver):
    event = await driver.create(CALENDAR, "key", SHAPES["series"])
    google.change(occurrence(google, event.ref, "2027-04-07T10:00:00+02:00")["id"], summary="By hand")
    with pytest.raises(Conflict):
        await driver.update(CALENDAR, event, retitled(event.ical, "Weekly", "Ours"))
    with pytest.raises(Conflict):
        await driver.delete(CALENDAR, event)


async def test_a_series_is_deleted_as_a_whole(google, driver):
    event = await driver.create(CALENDAR, "key", SHAPES["series"])
    _, cursor, _ = await changed(driver, CALENDAR)
    await driver.delete(CALENDAR, event)
    assert google.events == {}
    assert (await changed(driver, CALENDAR, cursor))[0] == [Removed(event.ref)]


async def test_series_and_their_exceptions_may_lie_on_different_pages(google, driver):
    google.listings.page = 1
    event = await driver.create(CALENDAR, "key", SHAPES["series"])
    google.put("Single")
    told, _, complete = await changed(driver, CALENDAR)
    assert complete
    assert {change.ref for change in told} == {event.ref, *(id_ for id_ in google.events if len(id_) == 26)}
    found = next(change for change in told if change.ref == event.ref)
    assert (found.etag, found.ical) == (event.etag, event.ical)


async def test_a_change_of_many_occurrences_on_many_pages_is_told_once(google, driver):
    event = await driver.create(CALENDAR, "key", weekly())
    _, cursor, _ = await changed(driver, CALENDAR)
    google.listings.page = 1
    for day in ("2027-03-10T10:00:00+01:00", "2027-03-17T10:00:00+01:00", "2027-03-24T10:00:00+01:00"):
        google.change(occurrence(google, event.ref, day)["id"], location="Salle 2")
    told, _, _ = await changed(driver, CALENDAR, cursor)
    assert [change.ref for change in told] == [event.ref]
    assert told[0].ical.count("RECURRENCE-ID") == 3


async def test_an_invitation_to_one_occurrence_is_an_event_of_its_own(google, driver):
    """Google gives a guest of one occurrence that item alone: its series is in nobody's reach."""
    _, cursor, _ = await changed(driver, CALENDAR)
    event = google.put("Series", recurrence=["RRULE:FREQ=DAILY;COUNT=5"])
    item = google.calendar().instances(event["id"], None)[2]
    google.change(item["id"], summary="Only this one")
    del google.calendar().events[event["id"]]
    for since in (None, cursor):
        (alone,) = (await changed(driver, CALENDAR, since))[0]
        assert isinstance(alone, RemoteEvent)
        assert alone.ref == item["id"]
        assert "Only this one" in alone.ical
        assert "RRULE" not in alone.ical


async def test_a_single_event_becomes_a_series_and_back(driver):
    single = vcalendar(*vevent("weekly@example.com", "Weekly", start=START))
    event = await driver.create(CALENDAR, "key", single)
    event = await driver.update(CALENDAR, event, weekly(others=moved("20270317T100000", "20270318T110000")))
    assert event.ical.count("BEGIN:VEVENT") == 2
    event = await driver.update(CALENDAR, event, single)
    assert_same_event(event.ical, single)


async def test_a_series_that_moves_takes_its_unchanged_occurrences_along(google, driver):
    event = await driver.create(CALENDAR, "key", weekly())
    later = weekly().replace(START, START.replace("T10", "T15"))
    event = await driver.update(CALENDAR, event, later)
    assert_same_event(event.ical, later)
    assert occurrence(google, event.ref, "2027-04-07T15:00:00+02:00")["start"]["dateTime"].startswith(
        "2027-04-07T15:00"
    )


async def test_an_override_of_no_occurrence_is_told_and_the_rest_is_written(google, driver):
    event = await driver.create(CALENDAR, "key", weekly(others=moved("20270318T100000", "20270319T110000")))
    assert event.unsaid == ("RECURRENCE-ID:20270318T090000Z",)
    assert_same_event(event.ical, weekly())


async def test_a_change_that_stopped_half_way_is_a_conflict_and_can_be_made_again(google, driver):
    event = await driver.create(CALENDAR, "key", weekly())
    after = weekly("LOCATION:Lyon", others=moved("20270317T100000", "20270318T110000"))
    google.faults.append(Fault(Answer.RESET, done=True, method="PATCH", on="_2027"))
    with pytest.raises(OutcomeUnknown):
        await driver.update(CALENDAR, event, after)
    finished = await driver.update(CALENDAR, event, after)
    assert_same_event(finished.ical, after)


async def test_only_what_differs_is_sent(google, driver):
    event = await driver.create(CALENDAR, "key", SHAPES["series"])
    google.requests.clear()
    await driver.update(CALENDAR, event, retitled(event.ical, "Weekly\\, elsewhere", "Here"))
    writes = [request for request in google.requests if request.method != "GET"]
    assert [(request.method, request.query) for request in writes] == [("PATCH", {"sendUpdates": "none"})]
    assert writes[0].received < 40
