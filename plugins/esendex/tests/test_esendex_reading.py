from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from xrm_esendex import client
from xrm_esendex.driver import EsendexSms
from xrm_esendex.plugin import ESENDEX
from xrm_esendex.settings import EsendexSettings

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    DeliveryStatus,
    RateLimited,
    TickState,
    TransientError,
)
from xrm_platform.testing.driver_context import driver_context, utc_now
from xrm_platform.testing.http_faults import (
    HTML_ERROR_PAGE,
    RESET_BEFORE_ACCEPTANCE,
    TIMEOUT_BEFORE_ACCEPTANCE,
    TRUNCATED_ANSWER,
    Fault,
)
from xrm_platform.testing.sms_vendor import batch_of, references_of, sms

AGES = timedelta(days=1)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), AuthError),
        (Fault(status=403), AuthError),
        (Fault(status=408), TransientError),
        (Fault(status=429, retry_after="1"), RateLimited),
        (Fault(status=500), TransientError),
        (Fault(status=301), BadResponse),
        (HTML_ERROR_PAGE, TransientError),
        (RESET_BEFORE_ACCEPTANCE, TransientError),
        (TIMEOUT_BEFORE_ACCEPTANCE, TransientError),
        (TRUNCATED_ANSWER, BadResponse),
        (Fault(status=200, body="<html>Welcome</html>", content_type="text/html"), BadResponse),
        (Fault(status=200, body="", content_type="application/xml"), BadResponse),
    ],
)
@pytest.mark.parametrize("method", ["balance", "reports", "inbox"])
async def test_each_fault_of_reading_is_told_apart(driver, server, monkeypatch, fault, error, method):
    (reference,) = references_of(await driver.send(batch_of(1)))
    if fault is TIMEOUT_BEFORE_ACCEPTANCE:
        monkeypatch.setattr(client, "TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    # aiohttp itself repeats a GET once when a kept connection breaks.
    server.faults.extend([fault, fault] if fault is RESET_BEFORE_ACCEPTANCE else [fault])
    arguments = {"balance": (), "reports": ([reference],), "inbox": (utc_now(),)}[method]
    with pytest.raises(error):
        await getattr(driver, method)(*arguments)


async def test_a_message_is_submitted_then_sent_then_delivered(driver, server):
    references = references_of(await driver.send(batch_of(1)))
    told = []
    for _ in range(3):
        (event,) = await driver.reports(references)
        told.append((event.raw, event.status))
        server.advance(timedelta(seconds=3))
    assert told == [
        ("Submitted", DeliveryStatus.SENT),
        ("Sent", DeliveryStatus.SENT),
        ("Delivered", DeliveryStatus.DELIVERED),
    ]


async def test_magic_numbers_fail_and_expire(driver, server):
    batch = [sms(f"m{index}", f"+3363998000{index}") for index in (1, 2, 3, 4)]
    references = references_of(await driver.send(batch))
    server.advance(AGES)
    events = await driver.reports(references)
    assert [event.status for event in events] == [
        DeliveryStatus.FAILED,
        DeliveryStatus.EXPIRED,
        DeliveryStatus.FAILED,
        DeliveryStatus.UNKNOWN,
    ]
    assert events[0].error.detail == "142: Message broken"
    assert isinstance(events[2].error, TransientError)


async def test_many_reports_of_recent_messages_cost_few_requests(driver, server):
    for _ in range(2):
        references = references_of(await driver.send(batch_of(100)))
    server.requests.clear()
    events = await driver.reports(references)
    assert [event.reference for event in events] == references
    assert server.requests == ["GET /v1.0/messageheaders"]


async def test_ten_thousand_reports_asked_for_from_the_oldest_on_cost_few_requests(driver, server):
    began, references = utc_now(), []
    for batch in range(100):
        server._now = lambda batch=batch: began + batch * timedelta(seconds=0.15)  # as fast as such a vendor answers
        references += references_of(await driver.send(batch_of(100)))
    server.requests.clear()
    told = []
    for start in range(0, len(references), ESENDEX.limits.references):
        asked = references[start : start + ESENDEX.limits.references]
        told += [event.reference for event in await driver.reports(asked)]

    assert told == references
    assert len(server.requests) < 200


async def test_what_no_listing_shows_is_asked_for_one_by_one_some_of_it_each_time(driver, server, monkeypatch):
    references = [name for _ in range(3) for name in references_of(await driver.send(batch_of(100)))]
    monkeypatch.setattr(server, "_listing", lambda *_: web.Response(text="<messageheaders/>"))
    server.requests.clear()
    events = await driver.reports(references)

    assert 200 <= len(events) < 210
    assert len(server.requests) < 220


async def test_reports_of_old_messages_are_asked_for_one_by_one(driver, server):
    references = references_of(await driver.send(batch_of(8)))
    for _ in range(3):
        await driver.send(batch_of(100))
    server.requests.clear()
    events = await driver.reports(references)
    assert [event.reference for event in events] == references
    assert server.requests.count("GET /v1.0/messageheaders") == 1
    assert len(server.requests) == 9


async def test_a_reference_in_upper_case_is_reported_as_it_was_asked_for(driver, server):
    (reference,) = references_of(await driver.send(batch_of(1)))
    (event,) = await driver.reports([reference.upper()])
    assert event.reference == reference.upper()


async def test_a_reference_is_no_path(driver, server):
    assert await driver.reports(["../accounts?x"]) == []
    assert server.requests == ["GET /v1.0/messageheaders/../accounts?x"]


async def test_the_whole_inbox_is_read_page_by_page_as_far_as_the_date(driver, server):
    since = utc_now() + AGES / 2
    for index in range(150):
        server.receive("33612345678", f"old {index}")
    server.advance(AGES)
    for index in range(120):
        server.receive("33612345678", f"new {index}")
    came = await driver.inbox(since)
    assert {message.text for message in came} == {f"new {index}" for index in range(120)}
    assert server.requests.count("GET /v1.0/inbox/EX0123456/messages") == 2


async def test_a_long_text_is_read_whole_and_a_body_may_lack_its_character_set(driver, server):
    server.receive("33612345678", "x" * 300, characterset=None)
    (message,) = await driver.inbox(utc_now() - AGES)
    assert message.text == "x" * 300


@pytest.mark.parametrize(
    "fault",
    [Fault(status=404, on="/body"), Fault(status=200, body="<messagebody><bodytext>\x01", on="/body")],
)
async def test_a_text_that_is_gone_or_unreadable_is_told_as_far_as_its_summary(driver, server, fault):
    server.receive("33612345678", "STOP")
    server.faults.append(fault)
    (message,) = await driver.inbox(utc_now() - AGES)
    assert message.text == "STOP"


async def test_the_balance_is_that_of_the_account_of_the_settings(driver, server):
    server.accounts[0].messages_remaining = 12
    assert await driver.balance() == 12


async def checked(vendor, **changed):
    async with driver_context() as context:
        driver = EsendexSms(EsendexSettings().load({**vendor.settings(), **changed}), context)
        return {tick.step: tick for tick in await driver.check()}


STEPS = ["reached", "secured", "signed_in", "may_send", "balance"]


async def test_a_good_account_passes_every_step_of_its_check_with_one_read(vendor, server):
    ticks = await checked(vendor)
    assert list(ticks) == STEPS
    assert [tick.state for tick in ticks.values()] == [
        TickState.OK,
        TickState.SKIPPED,
        TickState.OK,
        TickState.OK,
        TickState.OK,
    ]
    assert ticks["balance"].params == {"messages": 100_000}
    assert server.requests == ["GET /v1.0/accounts"]


async def test_an_account_reference_may_be_written_in_lower_case(vendor, driver, server):
    ticks = await checked(vendor, account_reference="ex7654321")
    assert ticks["may_send"].state is TickState.OK


async def test_a_foreign_account_reference_may_not_send_and_the_own_ones_are_named(vendor, server):
    ticks = await checked(vendor, account_reference="EX9999999")
    assert ticks["signed_in"].state is TickState.OK
    assert (ticks["may_send"].state, ticks["may_send"].code) == (TickState.FAILED, "account_reference_unknown")
    assert ticks["may_send"].params == {"reference": "EX9999999", "found": "EX0123456, EX7654321"}
    assert ticks["balance"].state is TickState.SKIPPED


async def test_an_account_without_messages_fails_its_check_at_the_balance(vendor, server):
    server.accounts[0].messages_remaining = 0
    ticks = await checked(vendor)
    assert (ticks["balance"].state, ticks["balance"].code) == (TickState.FAILED, "no_messages_left")


async def test_a_certificate_that_is_refused_is_reached_and_not_secured(vendor, server):
    ticks = await checked(vendor, url=server.url.replace("http:", "https:"))
    assert ticks["reached"].state is TickState.OK
    assert (ticks["secured"].state, ticks["secured"].code) == (TickState.FAILED, "tls_failed")
    assert ticks["signed_in"].state is TickState.SKIPPED


async def test_a_page_that_is_no_esendex_is_not_signed_in(vendor, server):
    server.faults.append(Fault(status=200, body="<html>Hotel Wi-Fi</html>", content_type="text/html"))
    ticks = await checked(vendor)
    assert ticks["reached"].state is TickState.OK
    assert (ticks["signed_in"].state, ticks["signed_in"].code) == (TickState.FAILED, "bad_response")


async def test_sending_on_a_foreign_account_suspends_the_account(vendor, server):
    async with driver_context() as context:
        settings = EsendexSettings().load({**vendor.settings(), "account_reference": "EX9999999"})
        driver = EsendexSms(settings, context)
        with pytest.raises(AuthError) as sending:
            await driver.send(batch_of(4))
        with pytest.raises(AuthError) as reading:
            await driver.balance()
    assert sending.value.code == reading.value.code == "account_reference_refused"
    assert server.requests.count("POST /v1.0/messagedispatcher") == 1
