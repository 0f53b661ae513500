"""Everything that may go wrong between the driver and Google, against the simulator."""

import asyncio
from datetime import timedelta

import pytest
from xrm_google_calendar import exchange
from xrm_google_calendar.plugin import GOOGLE_CALENDAR

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    Conflict,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    TransientError,
    Unsupported,
)
from xrm_platform.testing import google_faults as faults
from xrm_platform.testing.calendar_vendor import an_event, changed, retitled, vcalendar, vevent
from xrm_platform.testing.google_faults import Answer, Fault
from xrm_platform.testing.translations import assert_explained

CALENDAR = "com@example.com"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(exchange, "TIMEOUT", exchange.ClientTimeout(total=0.2))


async def error_of(answer):
    with pytest.raises(ProviderError) as caught:
        await answer
    assert_explained(GOOGLE_CALENDAR, caught.value.code, caught.value.params)
    return caught.value


@pytest.mark.parametrize(
    ("fault", "reading", "writing", "made"),
    [
        (faults.TIMEOUT_BEFORE_COMMIT, TransientError, OutcomeUnknown, 0),
        (faults.TIMEOUT_AFTER_COMMIT, TransientError, OutcomeUnknown, 1),
        (faults.RESET_BEFORE_COMMIT, None, OutcomeUnknown, 0),
        (faults.RESET_AFTER_COMMIT, None, OutcomeUnknown, 1),
        (faults.TRUNCATED_ANSWER, BadResponse, OutcomeUnknown, 1),
        (faults.HTML_ANSWER, BadResponse, OutcomeUnknown, 0),
        (faults.HTML_ERROR_PAGE, TransientError, OutcomeUnknown, 0),
        (faults.BACKEND_ERROR, TransientError, OutcomeUnknown, 0),
        (faults.UNAVAILABLE, TransientError, TransientError, 0),
        (faults.RATE_LIMIT, RateLimited, RateLimited, 0),
        (faults.USER_RATE_LIMIT, RateLimited, RateLimited, 0),
        (faults.TOO_MANY_REQUESTS, RateLimited, RateLimited, 0),
        (faults.USAGE_LIMIT, QuotaExhausted, QuotaExhausted, 0),
        (Fault(Answer.SLOW, seconds=5, on="/calendar/v3/"), TransientError, OutcomeUnknown, 1),
    ],
)
async def test_a_fault_is_told_for_what_it_is_and_a_second_attempt_makes_one_event(
    google, driver, impatient, fault, reading, writing, made
):
    await driver.calendars()  # signed in
    google.faults.append(fault)
    if reading is None:
        assert await driver.calendars()  # aiohttp itself asks again for what only reads
    else:
        assert type(await error_of(driver.calendars())) is reading
    google.faults.append(fault)
    assert type(await error_of(driver.create(CALENDAR, "key", an_event()))) is writing
    assert len(google.events) == made
    await driver.create(CALENDAR, "key", an_event())
    assert len(google.events) == 1


@pytest.mark.parametrize("fault", [faults.RESET_AFTER_COMMIT, faults.TIMEOUT_AFTER_COMMIT, faults.TRUNCATED_ANSWER])
async def test_a_change_whose_answer_was_lost_is_recognised(google, driver, impatient, fault):
    made = await driver.create(CALENDAR, "key", an_event(title="Before"))
    after = retitled(made.ical, "Before", "After")
    google.faults.append(fault)
    assert isinstance(await error_of(driver.update(CALENDAR, made, after)), OutcomeUnknown)
    again = await driver.update(CALENDAR, made, after)
    assert "SUMMARY:After" in again.ical
    assert again.etag == google.events[made.ref]["etag"]


async def test_google_says_how_long_to_wait(google, driver):
    google.faults.append(Fault(status=429, reason="rateLimitExceeded", retry_after="7", on="/calendar/v3/"))
    assert (await error_of(driver.calendars())).retry_after == timedelta(seconds=7)
    google.faults.append(faults.USER_RATE_LIMIT)
    assert (await error_of(driver.calendars())).retry_after == timedelta(seconds=64)


async def test_an_expired_token_in_the_middle_of_a_listing_is_tried_again_later(google, driver):
    google.put("One")
    _, cursor, _ = await changed(driver, CALENDAR)
    google.put("Two")
    google.put("Three")
    google.listings.page = 1
    google.faults.append(Fault(Answer.SLOW, on="/events"))  # lets the first page pass
    google.faults.append(faults.SYNC_TOKEN_EXPIRED)
    with pytest.raises(TransientError):
        await changed(driver, CALENDAR, cursor)
    assert len((await changed(driver, CALENDAR, cursor))[0]) == 2


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "{}",
        '{"items": null, "nextSyncToken": "x"}',
        '{"items": [{"summary": "no id"}], "nextSyncToken": "x"}',
        '{"items": []}',
        '{"items": [], "nextPageToken": 7}',
    ],
)
async def test_a_listing_that_is_none_is_never_an_empty_one(google, driver, body):
    google.put("Here")
    _, cursor, _ = await changed(driver, CALENDAR)
    for since in (None, cursor):
        google.faults.append(Fault(status=200, body=body, content_type="application/json", on="/events"))
        assert isinstance(await error_of(changed(driver, CALENDAR, since)), BadResponse)


async def test_a_listing_that_turns_in_circles_ends(google, driver):
    page = '{"items": [], "nextPageToken": "again"}'
    google.faults += [Fault(status=200, body=page, content_type="application/json", on="/events")] * 5
    assert isinstance(await error_of(changed(driver, CALENDAR)), BadResponse)
    assert len(google.faults) == 3


async def test_an_event_that_google_refuses_is_refused_with_its_words(google, driver):
    google.faults.append(Fault(status=400, reason="invalid", on="/events"))
    error = await error_of(driver.create(CALENDAR, "key", an_event()))
    assert (type(error), error.code, error.detail) == (PermanentError, "event_refused", "invalid: HTTP 400")


async def test_somebody_elses_event_is_read_only(google, driver):
    event = google.put("Theirs")
    google.events[event["id"]]["organizer"] = {"email": "boss@example.com", "self": False}
    (found,) = await driver.fetch(CALENDAR, [event["id"]])
    assert "ORGANIZER:mailto:boss@example.com" in found.ical
    error = await error_of(driver.update(CALENDAR, found, retitled(found.ical, "Theirs", "Ours")))
    assert error.code == "not_the_organizer"


async def test_a_calendar_that_may_only_be_read_says_so(google, driver):
    google.calendar().access_role = "reader"
    assert not (await driver.calendars())[0].writable
    assert (await driver.check())[-1].code == "calendar_read_only"
    assert (await error_of(driver.create(CALENDAR, "key", an_event()))).code == "read_only"


async def test_an_event_deleted_at_google_is_not_made_again_by_its_key(google, driver):
    made = await driver.create(CALENDAR, "key", an_event())
    google.remove(made.ref)
    error = await error_of(driver.create(CALENDAR, "key", an_event()))
    assert (type(error), error.code) == (Conflict, "deleted_meanwhile")


async def test_a_cancelled_event_is_not_written(google, driver):
    text = vcalendar(*vevent("c@example.com", "Cancelled", "STATUS:CANCELLED"))
    made = await driver.create(CALENDAR, "key", an_event())
    for asked in (driver.create(CALENDAR, "other", text), driver.update(CALENDAR, made, text)):
        error = await error_of(asked)
        assert (type(error), error.code) == (Unsupported, "cancelled_event")
    assert list(google.events) == [made.ref]


async def test_nobody_is_ever_invited(google, driver):
    text = vcalendar(*vevent("g@example.com", "Guests", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@example.com"))
    made = await driver.create(CALENDAR, "key", text)
    updated = await driver.update(CALENDAR, made, retitled(made.ical, "Guests", "Changed"))
    assert google.events[made.ref]["attendees"][0]["responseStatus"] == "accepted"
    await driver.delete(CALENDAR, updated)
    assert google.invitations == []


async def test_the_check_stops_at_the_first_step_that_fails(google, driver):
    google.faults.append(Fault(status=403, reason="accessNotConfigured", on="/calendar/v3/"))
    ticks = await driver.check()
    assert [(tick.step, tick.code) for tick in ticks if tick.code] == [("signed_in", "not_set_up")]
    google.remove_calendar("primary")
    assert [tick.code for tick in await driver.check()][-1] == "calendar_not_found"


async def test_the_platform_may_cut_a_call_off(google, driver):
    await driver.calendars()
    google.faults.append(faults.TIMEOUT_BEFORE_COMMIT)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(driver.calendars(), 0.05)
    assert await driver.calendars()
    assert not isinstance(await driver.calendars(), AuthError)
