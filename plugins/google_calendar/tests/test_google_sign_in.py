"""Consent, tokens and service accounts against the simulator."""

import asyncio
import json
import logging
from datetime import timedelta

import aiohttp
import pytest
from xrm_google_calendar.driver import GoogleCalendar
from xrm_google_calendar.plugin import GOOGLE_CALENDAR
from xrm_google_calendar.settings import GoogleCalendarSettings
from yarl import URL

from xrm_platform.providers import AuthError, Capability, RateLimited, TransientError
from xrm_platform.testing.calendar_vendor import an_event, vcalendar, vevent
from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.google_faults import Answer, Fault
from xrm_platform.testing.translations import assert_explained

VERIFIER = "a-verifier-of-more-than-forty-three-characters-long"
BACK = "https://xrm.example.com/oauth/back"


def built(settings, context):
    return GoogleCalendar(GoogleCalendarSettings().load(settings), context)


def without_token(vendor):
    return {name: value for name, value in vendor.settings().items() if name != "refresh_token"}


def by_service_account(google, *delegated_for, **changes):
    info = {**google.service_account(*delegated_for).info, **changes}
    return {
        "account": google.email,
        "service_account": json.dumps(info),
        "url": google.url,
        "token_url": google.token_url,
    }


def token_requests(google):
    return [request for request in google.requests if request.path == "/token"]


async def consented(driver, state="state", verifier=VERIFIER):
    """What the browser brings back after the person allowed access."""
    async with aiohttp.ClientSession() as browser:
        url = driver.authorize_url(state, BACK, verifier)
        async with browser.get(url, allow_redirects=False) as answer:
            return URL(answer.headers["Location"])


async def test_a_consent_opens_the_calendars_and_is_remembered(google, vendor, context):
    driver = built(without_token(vendor), context)
    with pytest.raises(AuthError) as caught:
        await driver.calendars()
    assert caught.value.code == "consent_needed"
    back = await consented(driver)
    assert back.query["state"] == "state"
    assert back.with_query(None) == URL(BACK)
    await driver.redeem(back.query["code"], BACK, VERIFIER)
    assert [calendar.name for calendar in await driver.calendars()] == ["Agenda"]
    google.sign_in.end_access()
    assert await built(without_token(vendor), context).calendars()


async def test_the_consent_page_is_asked_for_a_lasting_access_of_this_person(vendor, context):
    assert Capability.OAUTH in GOOGLE_CALENDAR.capabilities
    query = URL(built(without_token(vendor), context).authorize_url("s&t", BACK, VERIFIER)).query
    assert (query["state"], query["redirect_uri"], query["login_hint"]) == ("s&t", BACK, "com@example.com")
    assert (query["access_type"], query["prompt"], query["code_challenge_method"]) == ("offline", "consent", "S256")
    assert VERIFIER not in str(query)


@pytest.mark.parametrize(
    ("code", "redirect", "verifier"),
    [("4/other", BACK, VERIFIER), (None, "https://evil.example.com/", VERIFIER), (None, BACK, "another verifier")],
)
async def test_a_code_is_worth_nothing_to_somebody_else(vendor, context, code, redirect, verifier):
    driver = built(without_token(vendor), context)
    given = (await consented(driver)).query["code"]
    with pytest.raises(AuthError) as caught:
        await driver.redeem(code or given, redirect, verifier)
    assert_explained(GOOGLE_CALENDAR, caught.value.code, caught.value.params)
    assert await context.tokens.load() == {}


async def test_the_consent_of_another_person_is_refused_and_that_of_before_stays(google, vendor, context):
    driver = built(without_token(vendor), context)
    await driver.redeem((await consented(driver)).query["code"], BACK, VERIFIER)
    before = await context.tokens.load()

    google.email = "somebody.else@example.com"
    google.add_person(google.email, "Theirs")
    code = (await consented(driver)).query["code"]
    with pytest.raises(AuthError) as caught:
        await driver.redeem(code, BACK, VERIFIER)

    params = {"account": "com@example.com", "given": "somebody.else@example.com"}
    assert (caught.value.code, caught.value.params) == ("consent_of_other_account", params)
    assert_explained(GOOGLE_CALENDAR, caught.value.code, caught.value.params)
    assert await context.tokens.load() == before
    assert [calendar.name for calendar in await driver.calendars()] == ["Agenda"]


@pytest.mark.parametrize(
    ("settings", "same"),
    [("Com@Example.com", True), ("c.o.m@gmail.com", True), ("c.o.m@example.com", False)],
)
async def test_an_address_is_compared_as_google_does(google, context, vendor, settings, same):
    if settings.endswith("gmail.com"):
        google.email = "com@googlemail.com"
        google.add_person(google.email, "Agenda")
    driver = built({**without_token(vendor), "account": settings}, context)
    code = (await consented(driver)).query["code"]
    if same:
        await driver.redeem(code, BACK, VERIFIER)
    else:
        with pytest.raises(AuthError, match="consent_of_other_account"):
            await driver.redeem(code, BACK, VERIFIER)


async def test_many_calls_at_once_fetch_one_token(google, driver):
    await asyncio.gather(*(driver.calendars() for _ in range(20)))
    assert len(token_requests(google)) == 1
    google.sign_in.end_access()
    await asyncio.gather(*(driver.calendars() for _ in range(20)))
    assert len(token_requests(google)) == 2


async def test_a_token_outlives_the_driver_and_is_replaced_before_its_end(google, vendor):
    async with driver_context(google.time) as context:
        settings = vendor.settings()
        await built(settings, context).calendars()
        await built(settings, context).calendars()
        assert len(token_requests(google)) == 1
        google.advance(timedelta(minutes=57))
        await built(settings, context).calendars()
        assert len(token_requests(google)) == 2


async def test_a_write_with_a_token_taken_back_early_is_done_once(google, driver):
    await driver.calendars()
    google.sign_in.end_access()
    await driver.create("com@example.com", "key", an_event())
    assert len(google.events) == 1


async def test_access_that_was_taken_back_has_to_be_allowed_again(google, driver):
    await driver.calendars()
    google.sign_in.revoke(google.email)
    with pytest.raises(AuthError) as caught:
        await driver.calendars()
    assert caught.value.code == "reconnect_needed"


async def test_a_wrong_client_is_told_from_a_consent_taken_back(vendor, context):
    with pytest.raises(AuthError) as caught:
        await built({**vendor.settings(), "client_secret": "wrong"}, context).calendars()
    assert caught.value.code == "client_refused"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=503, on="/token"), TransientError),
        (Fault(status=429, retry_after="9", on="/token"), RateLimited),
        (Fault(Answer.RESET, on="/token"), TransientError),
    ],
)
async def test_a_token_endpoint_in_trouble_is_no_refusal(google, driver, fault, error):
    google.faults.append(fault)
    with pytest.raises(error):
        await driver.calendars()
    assert await driver.calendars()


async def test_a_service_account_speaks_for_a_person(google, context):
    driver = built(by_service_account(google, google.email), context)
    text = vcalendar(*vevent("g@example.com", "Guests", "ATTENDEE:mailto:ann@example.com"))
    await driver.create("com@example.com", "key", text)
    assert [event["summary"] for event in google.events.values()] == ["Guests"]
    assert all(tick.state != "failed" for tick in await driver.check())


async def test_a_service_account_without_delegation_is_refused(google, context):
    with pytest.raises(AuthError) as caught:
        await built(by_service_account(google), context).calendars()
    assert caught.value.code == "delegation_missing"


async def test_a_key_that_is_none_is_refused(google, context):
    settings = by_service_account(google, google.email, private_key="-----BEGIN PRIVATE KEY-----\nno\n-----END")
    with pytest.raises(AuthError) as caught:
        await built(settings, context).calendars()
    assert caught.value.code == "key_not_understood"
    assert caught.value.__cause__ is None


async def test_the_key_of_somebody_else_is_refused(google, context):
    theirs = google.sign_in.add_service_account("other@project.iam.gserviceaccount.com").info["private_key"]
    with pytest.raises(AuthError) as caught:
        await built(by_service_account(google, google.email, private_key=theirs), context).calendars()
    assert caught.value.code == "reconnect_needed"


async def test_no_consent_is_asked_for_a_service_account(google, context):
    driver = built(by_service_account(google, google.email), context)
    with pytest.raises(AuthError) as caught:
        driver.authorize_url("state", BACK, VERIFIER)
    assert_explained(GOOGLE_CALENDAR, caught.value.code, caught.value.params)
    with pytest.raises(AuthError):
        await driver.redeem("code", BACK, VERIFIER)


async def test_tokens_are_in_no_log_no_error_and_no_representation(google, vendor, context, caplog):
    caplog.set_level(logging.DEBUG)
    driver = built(vendor.settings(), context)
    await driver.calendars()
    tokens = await context.tokens.load()
    google.sign_in.revoke(google.email)
    with pytest.raises(AuthError) as caught:
        await driver.calendars()
    told = f"{caplog.text} {driver!r} {vars(driver)['_tokens']!r} {vars(driver)['_client']!r} {caught.value!r}"
    assert tokens["access_token"] not in told
    assert vendor.settings()["client_secret"] not in told
