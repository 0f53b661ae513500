"""Push channels, from the call that opens one to the call that comes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from xrm_google_calendar.channels import parse

from xrm_platform.providers import BadResponse, PermanentError, PushChannel
from xrm_platform.testing.calendar_vendor import an_event

CALENDAR = "com@example.com"


@pytest.fixture
async def listener():
    """An address of ours, and the headers of every call that came."""
    calls = asyncio.Queue()

    async def receive(request):
        await calls.put((dict(request.headers), await request.read()))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/push", receive)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/push", calls
    await runner.cleanup()


async def test_a_channel_says_that_it_works_and_then_that_something_changed(google, driver, listener):
    address, calls = listener
    channel = await driver.watch(CALENDAR, address, "s3cret")
    opened = driver.parse_push(*await calls.get())
    assert (opened.channel, opened.secret, opened.opened) == (channel.id, "s3cret", True)
    assert timedelta(days=6) < channel.expires_at - google.time() <= timedelta(days=7)
    google.put("By hand")
    hint = driver.parse_push(*await calls.get())
    assert (hint.channel, hint.secret, hint.opened) == (channel.id, "s3cret", False)
    assert "s3cret" not in repr(hint)


async def test_a_channel_that_was_closed_calls_no_more(google, driver, listener):
    address, calls = listener
    old = await driver.watch(CALENDAR, address, "one")
    new = await driver.watch(CALENDAR, address, "two")
    await driver.unwatch(old)
    await driver.unwatch(old)
    await google.channels.settle()
    while not calls.empty():
        calls.get_nowait()
    await driver.create(CALENDAR, "key", an_event())
    await google.channels.settle()
    assert driver.parse_push(*calls.get_nowait()).channel == new.id
    assert calls.empty()


async def test_a_channel_that_google_does_not_know_is_closed(driver):
    await driver.unwatch(PushChannel("no", "such", datetime(2026, 1, 1, tzinfo=UTC)))


async def test_an_address_without_encryption_is_refused_by_google(driver):
    with pytest.raises(PermanentError):
        await driver.watch(CALENDAR, "http://xrm.example.com/push", "secret")


@given(st.dictionaries(st.text(), st.text()), st.binary())
def test_any_other_call_is_refused(headers, body):
    with pytest.raises(BadResponse):
        parse(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Goog-Channel-ID": "a"},
        {"X-Goog-Channel-ID": "", "X-Goog-Resource-State": "exists"},
        {"X-Goog-Channel-ID": "a", "X-Goog-Resource-State": "explodes"},
        {"X-Goog-Channel-ID": "a" * 300, "X-Goog-Resource-State": "exists"},
    ],
)
def test_a_call_that_lacks_something_is_refused(headers):
    with pytest.raises(BadResponse):
        parse(headers)


def test_names_of_headers_are_read_in_any_case():
    assert parse({"x-goog-channel-id": "a", "X-GOOG-RESOURCE-STATE": "sync"}).opened
