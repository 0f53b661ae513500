"""What the driver costs at Google's: requests and bytes, counted by the simulator."""

import pytest
from xrm_google_calendar.writing import event_id

from xrm_platform.testing.calendar_shapes import SHAPES
from xrm_platform.testing.calendar_vendor import an_event, changed, retitled
from xrm_platform.testing.google_event_rules import EVENT_ID

CALENDAR = "com@example.com"


@pytest.fixture
async def filled(google, driver):
    """A calendar of 5,000 events, and the cursor after their first download."""
    for number in range(5000):
        google.put(f"Event {number}")
    google.requests.clear()
    told, cursor, _ = await changed(driver, CALENDAR)
    assert len(told) == 5000
    return cursor


@pytest.mark.slow
async def test_five_thousand_events_come_in_two_requests_and_no_change_in_a_small_one(google, driver, filled):
    assert [request.path.rpartition("/")[2] for request in google.requests] == ["token", "events", "events"]
    google.requests.clear()
    assert (await changed(driver, CALENDAR, filled))[0] == []
    (request,) = google.requests
    assert request.received + request.answered < 2000
    google.requests.clear()
    for id_ in list(google.events)[:10]:
        google.change(id_, summary="Changed")
    assert len((await changed(driver, CALENDAR, filled))[0]) == 10
    assert len(google.requests) == 1


async def test_a_single_event_costs_one_request_to_write(google, driver):
    await driver.calendars()
    google.requests.clear()
    made = await driver.create(CALENDAR, "key", an_event(title="Before"))
    updated = await driver.update(CALENDAR, made, retitled(made.ical, "Before", "After"))
    await driver.delete(CALENDAR, updated)
    assert [request.method for request in google.requests] == ["POST", "PATCH", "DELETE"]


async def test_the_zone_of_a_calendar_is_asked_for_once(google, driver):
    google.requests.clear()
    for number in range(3):
        await driver.create(CALENDAR, f"key-{number}", SHAPES["floating"])
    assert [request.method for request in google.requests].count("GET") == 1
    assert {event["start"]["timeZone"] for event in google.events.values()} == {"Europe/Paris"}


def test_an_id_follows_from_its_key_and_is_one_that_google_takes():
    ids = [event_id(key) for key in ("key", "key", "other", "é" * 500, "")]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 4
    assert all(EVENT_ID.fullmatch(id_) for id_ in ids)
