"""What is particular to CalDAV, on real servers."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from servers.dav_vendor import DavVendor

from xrm_platform.providers import AuthError, TickState, Unreadable
from xrm_platform.testing.calendar_contract import SHAPES, an_event, vcalendar, vevent
from xrm_platform.testing.calendar_vendor import calendar_named, changed, events, retitled


@pytest.fixture(params=["radicale_vendor", "xandikos_vendor"])
def vendor(request) -> DavVendor:
    return request.getfixturevalue(request.param)


@pytest.fixture
def driver(vendor, opened):
    return opened(**vendor.account)


@pytest.fixture
async def calendar(vendor, driver) -> str:
    return (await calendar_named(driver, vendor.calendar_name)).id


async def test_a_sync_without_change_is_one_small_request_however_many_events(vendor, driver, calendar):
    for number in range(30):
        await vendor.put_text(f"{number}.ics", an_event(f"n{number}"))
    _, cursor, _ = await changed(driver, calendar)
    vendor.proxy.requests.clear()
    assert (await changed(driver, calendar, cursor))[0] == []
    ((method, _, octets),) = vendor.proxy.requests
    assert (method, octets < 2000) == ("REPORT", True)


async def test_changes_cost_requests_in_proportion(vendor, driver, calendar):
    for number in range(101):
        await vendor.put_text(f"{number}.ics", an_event(f"n{number}"))
    vendor.proxy.requests.clear()
    told, cursor, _ = await changed(driver, calendar)
    assert len(events(told)) == 101
    assert [method for method, _, _ in vendor.proxy.requests] == ["PROPFIND", "PROPFIND", "REPORT", "REPORT"]
    for number in range(10):
        await vendor.put_text(f"{number}.ics", an_event(f"n{number}", "After"))
    vendor.proxy.requests.clear()
    told, _, _ = await changed(driver, calendar, cursor)
    assert len(events(told)) == 10
    assert [method for method, _, _ in vendor.proxy.requests] == ["REPORT", "REPORT"]


async def test_an_event_that_somebody_else_brought_under_another_name_is_adopted(vendor, driver, calendar):
    await vendor.put_text("theirs.ics", an_event("same@example.com", "Theirs"))
    made = await driver.create(calendar, "key-1", an_event("same@example.com", "Ours"))
    assert made.ref == f"{calendar}theirs.ics"
    assert await vendor.titles() == {"same@example.com": "Theirs"}


async def test_names_with_every_kind_of_character_are_found_again(vendor, driver, calendar):
    names = ["a@b", "caf%C3%A9", "a%20b", "a+b", "semi%3Bcolon"]
    for name in names:
        await vendor.put_text(f"{name}.ics", an_event(name))
    listed = events((await changed(driver, calendar))[0])
    assert listed.keys() == set(names)
    for event in listed.values():
        updated = await driver.update(calendar, event, event.ical.replace("SUMMARY:Meeting", "SUMMARY:After"))
        await driver.delete(calendar, updated)
    assert await vendor.titles() == {}


async def test_a_list_of_tasks_is_no_calendar(vendor, driver):
    await vendor.make_calendar(urljoin(vendor.calendar_url, "../tasks/"), "Tasks", ("VTODO",))
    assert [calendar.name for calendar in await driver.calendars()] == [vendor.calendar_name]


async def test_a_task_within_a_calendar_is_told_as_no_event(opened, radicale_vendor):
    url = urljoin(radicale_vendor.calendar_url, "../both/")
    await radicale_vendor.make_calendar(url, "Both", ("VEVENT", "VTODO"))
    driver = opened(**radicale_vendor.account)
    both = (await calendar_named(driver, "Both")).id
    lines = (line.replace("VEVENT", "VTODO").replace("DURATION:PT1H", "PRIORITY:1") for line in vevent("t", "T"))
    await radicale_vendor.put_text(f"{url}task.ics", vcalendar(*lines))
    ((told,), _, _) = await changed(driver, both)
    assert isinstance(told, Unreadable)
    assert told.reason == "no_event"


async def test_the_address_of_the_calendar_itself_is_enough(vendor, opened, calendar):
    account = {**vendor.account, "url": vendor.proxy.url + calendar}
    assert calendar in [each.id for each in await opened(**account).calendars()]


async def test_all_shapes_together_are_listed_as_they_were_made(driver, calendar):
    made = [await driver.create(calendar, shape, text) for shape, text in SHAPES.items()]
    listed = events((await changed(driver, calendar))[0])
    assert {event.uid: event.etag for event in made} == {uid: event.etag for uid, event in listed.items()}


async def test_without_a_password_somebody_elses_calendars_are_refused(opened, radicale_vendor):
    account = {**radicale_vendor.account, "password": "another"}
    ticks = await opened(**account).check()
    assert [(tick.step, tick.state) for tick in ticks] == [
        ("reached", TickState.OK),
        ("secured", TickState.SKIPPED),
        ("signed_in", TickState.FAILED),
    ]


async def test_a_server_that_wants_digest_gets_proofs_and_no_password(xandikos_vendor, opened):
    proxy = xandikos_vendor.proxy
    proxy.digest = True
    driver = opened(**xandikos_vendor.account)
    calendar = (await calendar_named(driver, xandikos_vendor.calendar_name)).id
    made = await driver.create(calendar, "key-1", an_event("a", "Before"))
    await driver.update(calendar, made, retitled(made.ical, "Before", "After"))
    assert await xandikos_vendor.titles() == {"a": "After"}
    challenged, first, *others = proxy.authorizations
    assert challenged.startswith("Basic ")
    assert first == ""
    assert others
    assert all(each.startswith("Digest ") for each in others)
    await xandikos_vendor.refuse_credentials()
    with pytest.raises(AuthError):
        await driver.calendars()
