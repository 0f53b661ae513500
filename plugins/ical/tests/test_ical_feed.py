"""Subscriptions: only what changed is fetched, whoever stamps what, and half a calendar is none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from servers.scripted import Said, ScriptedServer
from xrm_ical import download

from xrm_platform.providers import (
    AccountError,
    AuthError,
    BadResponse,
    NotFound,
    RemoteEvent,
    TickState,
    TooLarge,
    TransientError,
    Unreadable,
    Unsupported,
)
from xrm_platform.testing.calendar_contract import SHAPES, an_event, assert_same_event, vcalendar, vevent
from xrm_platform.testing.calendar_shapes import PARIS
from xrm_platform.testing.calendar_vendor import changed, events, removed

PATH = "GET /holidays.ics"


@pytest.fixture
async def server():
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
def driver(server, opened):
    return opened(f"{server.url}/holidays.ics", allow_private=True)


def published(*uids, stamp="20261124T093000Z", **headers):
    lines = [line for uid in uids for line in vevent(uid, f"Title of {uid}")]
    text = vcalendar(
        "X-WR-CALNAME:Jours fériés\\, France", "X-APPLE-CALENDAR-COLOR:#1e90ff", "X-WR-TIMEZONE:Europe/Paris", *lines
    )
    return Said(text.replace("20261124T093000Z", stamp), status=200, headers=headers)


async def first(driver):
    (calendar,) = await driver.calendars()
    return calendar.id


async def test_the_calendar_has_the_name_and_colour_of_its_publisher_and_is_read_only(driver, server):
    server.script[PATH] = published("a")
    (calendar,) = await driver.calendars()
    assert (calendar.name, calendar.color, calendar.time_zone) == ("Jours fériés, France", "#1E90FF", "Europe/Paris")
    assert not calendar.writable
    assert [(tick.step, tick.state) for tick in await driver.check()] == [
        ("reached", TickState.OK),
        ("secured", TickState.SKIPPED),
        ("signed_in", TickState.SKIPPED),
        ("calendar", TickState.OK),
    ]


async def test_what_did_not_change_is_not_fetched_again(driver, server):
    server.script[PATH] = published("a", ETag='"1"')
    server.script[PATH].headers["Last-Modified"] = "Tue, 24 Nov 2026 09:30:00 GMT"
    _, cursor, _ = await changed(driver, "subscription")
    server.script[PATH] = Said(status=304)
    told, again, complete = await changed(driver, "subscription", cursor)
    assert (told, again, complete) == ([], cursor, False)
    asked = server.asked[-1].headers
    assert asked["If-None-Match"] == '"1"'
    assert asked["If-Modified-Since"] == "Tue, 24 Nov 2026 09:30:00 GMT"


async def test_new_stamps_on_old_events_are_no_change(driver, server):
    server.script[PATH] = published("a", "b")
    _, cursor, _ = await changed(driver, "subscription")
    server.script[PATH] = published("a", "b", stamp=f"{datetime(2027, 1, 1, tzinfo=UTC):%Y%m%dT%H%M%SZ}")
    assert (await changed(driver, "subscription", cursor))[0] == []


async def test_only_what_is_different_is_told(driver, server):
    server.script[PATH] = published("same", "gone")
    _, cursor, complete = await changed(driver, "subscription")
    assert complete
    server.script[PATH] = published("same", "new")
    told, latest, complete = await changed(driver, "subscription", cursor)
    assert not complete
    assert removed(told) == {"gone"}
    assert [change.uid for change in told if isinstance(change, RemoteEvent)] == ["new"]
    assert (await changed(driver, "subscription", latest))[0] == []


async def test_each_event_is_a_calendar_of_its_own_with_its_overrides_and_zones(driver, server):
    inside = [line for shape in ("series", "all_day", "accents") for line in lines_within(SHAPES[shape])]
    server.script[PATH] = Said(vcalendar("METHOD:PUBLISH", *inside), status=200)
    found = events((await changed(driver, "subscription"))[0])
    for shape in ("series", "all_day", "accents"):
        uid = next(uid for uid in found if uid.startswith(shape.replace("_", "-")))
        assert_same_event(found[uid].ical, SHAPES[shape])
        assert ("VTIMEZONE" in found[uid].ical) == (shape == "series")
        assert "METHOD" not in found[uid].ical
    assert await driver.fetch("subscription", [uid, "unknown"]) == [found[uid]]


def lines_within(text):
    return text.replace("\r\n ", "").split("\r\n")[3:-2]


async def test_a_bad_event_is_told_and_the_others_go_on(driver, server):
    bad = vevent("bad", "Bad", start="DTSTART:tomorrow")
    todo = [line.replace("VEVENT", "VTODO") for line in vevent("task", "Task")]
    server.script[PATH] = Said(vcalendar(*PARIS, *vevent("good", "Good"), *bad, *todo), status=200)
    told, _, _ = await changed(driver, "subscription")
    assert {change.ref: change.reason for change in told if isinstance(change, Unreadable)} == {
        "bad": "bad_time",
        "task": "no_event",
    }
    assert [change.uid for change in told if isinstance(change, RemoteEvent)] == ["good"]


async def test_an_event_without_uid_has_the_same_name_each_time(driver, server):
    text = an_event("x").replace("UID:x\r\n", "")
    server.script[PATH] = Said(text, status=200)
    one, _, _ = await changed(driver, "subscription")
    two, _, _ = await changed(driver, "subscription")
    assert one == two
    assert len(events(one)) == 1


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (Said("<!DOCTYPE html><html>Sign in</html>", status=200), BadResponse, "page_for_people"),
        (Said("", status=200), BadResponse, "no_calendar_text"),
        (Said("Hello", status=200), BadResponse, "no_calendar_text"),
        (Said(an_event("a")[:-25], status=200), BadResponse, "ends_too_early"),
        (Said(an_event("a"), status=206), BadResponse, "ends_too_early"),
        (Said(an_event("a"), status=200, cut=True), TransientError, "connection_lost"),
        (Said(status=304), BadResponse, "not_caldav"),
        (Said(status=404), NotFound, "calendar_gone"),
        (Said(status=410), NotFound, "calendar_gone"),
        (Said(status=401), AuthError, "credentials_refused"),
        (Said(status=500), TransientError, "unavailable"),
        (Said(status=302, headers={"Location": "/holidays.ics"}), BadResponse, "too_many_redirects"),
        (Said(status=302, headers={"Location": "http://example.com/a.ics"}), AccountError, "leads_elsewhere"),
        (Said(status=302, headers={"Location": "file:///etc/passwd"}), AccountError, "leads_elsewhere"),
    ],
)
async def test_what_is_no_calendar_raises_and_empties_nothing(driver, server, said, kind, code):
    server.script[PATH] = published("a")
    _, cursor, _ = await changed(driver, "subscription")
    server.script[PATH] = said
    for since in (None, cursor):
        with pytest.raises(kind) as caught:
            await changed(driver, "subscription", since)
        assert caught.value.code == code


async def test_a_subscription_that_is_too_large_is_not_read_to_its_end(driver, server, monkeypatch):
    monkeypatch.setattr(download, "LARGEST_FEED", 1 << 20)
    server.script[PATH] = Said(b"x" * (1 << 22), status=200)
    with pytest.raises(TooLarge) as caught:
        await changed(driver, "subscription")
    assert caught.value.params == {"limit": 1}


async def test_other_encodings_are_read(driver, server):
    server.script[PATH] = Said(an_event("a", "Été").encode("cp1252"), status=200)
    assert "SUMMARY:Été" in events((await changed(driver, "subscription"))[0])["a"].ical
    server.script[PATH] = Said(b"\xef\xbb\xbf" + an_event("a", "Été").encode(), status=200)
    assert "SUMMARY:Été" in events((await changed(driver, "subscription"))[0])["a"].ical


async def test_nothing_can_be_written(driver, server):
    server.script[PATH] = published("a")
    (event,) = events((await changed(driver, "subscription"))[0]).values()
    for writing in (
        lambda: driver.create("subscription", "key-1", an_event()),
        lambda: driver.update("subscription", event, event.ical),
        lambda: driver.delete("subscription", event),
        lambda: driver.create_calendar("New", None),
        lambda: driver.change_calendar("subscription", "New", None),
    ):
        with pytest.raises(Unsupported):
            await writing()
    assert {each.method for each in server.asked} == {"GET"}


# Private addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_address_is_not_asked_unless_that_is_allowed(opened, server, host):
    server.script[PATH] = published("a")
    driver = opened(f"webcal://{host}:{server.port}/holidays.ics")
    with pytest.raises(AccountError) as caught:
        await driver.calendars()
    assert caught.value.code == "private_address"
    assert server.asked == []


async def test_a_name_that_leads_to_a_private_address_is_not_asked(opened, server, monkeypatch):
    """Nor one that leads to a public and a private one, whichever the connection would take."""
    import asyncio

    async def resolved(self, host, port, **_):
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.216.34", "169.254.169.254")]

    monkeypatch.setattr(type(asyncio.get_running_loop()), "getaddrinfo", resolved)
    with pytest.raises(AccountError) as caught:
        await opened("https://public.example/holidays.ics").calendars()
    assert caught.value.code == "private_address"


async def test_the_connection_goes_to_the_address_that_was_judged(opened, server, monkeypatch):
    asked = []

    async def judged(url):
        asked.append(url)
        return "127.0.0.1"

    monkeypatch.setattr(download, "public_address", judged)
    server.script[PATH] = published("a")
    driver = opened(f"http://localhost:{server.port}/holidays.ics")
    assert len(await driver.calendars()) == 1
    assert asked == [f"http://localhost:{server.port}/holidays.ics"]
    assert server.asked[0].headers["Host"] == f"localhost:{server.port}"


async def test_a_password_is_not_told_where_a_redirect_leads(opened, server):
    async with ScriptedServer({PATH: published("a")}) as other:
        server.script[PATH] = Said(status=302, headers={"Location": f"{other.url}/holidays.ics"})
        driver = opened(f"{server.url}/holidays.ics", allow_private=True, username="com", password="s3cret")
        assert len(await driver.calendars()) == 1
        assert "Authorization" in server.asked[0].headers
        assert "Authorization" not in other.asked[0].headers
