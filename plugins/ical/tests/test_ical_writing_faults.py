"""Writing to servers that answer in ways that Radicale and Xandikos do not."""

from __future__ import annotations

import pytest
from servers.dav_answers import CALENDAR, IS_CALENDAR, found, multistatus, texts
from servers.scripted import Said
from xrm_ical.multistatus import CALDAV

from xrm_platform.providers import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    RemoteEvent,
    TooLarge,
    TransientError,
    Unsupported,
)
from xrm_platform.testing.calendar_vendor import an_event

REF = f"{CALENDAR}a.ics"
KNOWN = RemoteEvent(REF, '"1"', "a", an_event("a", "Before"))
AFTER = an_event("a", "After")


def condition(name):
    return f'<error xmlns="DAV:" xmlns:C="{CALDAV[1:-1]}"><C:{name}/></error>'


def stored(server, etag='"2"', text=AFTER):
    """Let the server have this event, whatever its name."""
    server.script["GET"] = Said(text, status=200, headers={"ETag": etag})
    server.script["REPORT"] = lambda asked: Said(
        texts({part.partition("<")[0]: (etag, text) for part in asked.body.split(f"href>{CALENDAR}")[1:]})
    )


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"2"'}])
async def test_without_a_strong_version_what_was_written_is_read_back(driver, server, headers):
    stored(server, '"2"', AFTER.replace("After", "As the server has it"))
    server.script["PUT"] = Said(status=204, headers=headers)
    updated = await driver.update(CALENDAR, KNOWN, AFTER)
    assert (updated.etag, "As the server has it" in updated.ical) == ('"2"', True)
    server.script["PUT"] = Said(status=201, headers=headers)
    made = await driver.create(CALENDAR, "key-1", AFTER)
    assert (made.etag, "As the server has it" in made.ical) == ('"2"', True)


async def test_a_strong_version_costs_one_request(driver, server):
    await driver.calendars()
    server.asked.clear()
    server.script["PUT"] = Said(status=201, headers={"ETag": '"9"'})
    made = await driver.create(CALENDAR, "key-1", AFTER)
    assert (made.etag, made.uid, made.ical) == ('"9"', "a", AFTER)
    assert [each.method for each in server.asked] == ["PUT"]
    assert server.asked[0].headers["If-None-Match"] == "*"
    assert server.asked[0].headers["Content-Type"] == "text/calendar; charset=utf-8"


async def test_a_weak_version_is_compared_before_writing(driver, server):
    weak = RemoteEvent(REF, 'W/"1"', "a", KNOWN.ical)
    stored(server, 'W/"2"')
    server.script["PUT"] = Said(status=204)
    with pytest.raises(Conflict):
        await driver.update(CALENDAR, weak, AFTER)
    assert server.asked_for("PUT") == []
    stored(server, 'W/"1"')
    await driver.update(CALENDAR, weak, AFTER)
    assert "If-Match" not in server.asked_for("PUT")[0].headers


@pytest.mark.parametrize("status", [403, 409, 412])
async def test_an_event_with_the_same_uid_under_another_name_is_adopted(driver, server, status):
    server.script["PUT"] = Said(condition("no-uid-conflict"), status=status)
    server.script["GET"] = Said(status=404)
    theirs = texts({"theirs.ics": ('"7"', an_event("a", "Theirs"))})
    server.script["REPORT"] = Said(theirs)
    made = await driver.create(CALENDAR, "key-1", AFTER)
    assert (made.ref, made.etag) == (f"{CALENDAR}theirs.ics", '"7"')


async def test_an_event_that_is_in_another_calendar_already_is_a_conflict(driver, server):
    server.script["PUT"] = Said(condition("no-uid-conflict"), status=412)
    server.script["GET"] = Said(status=404)
    server.script["REPORT"] = Said(multistatus())
    with pytest.raises(Conflict) as caught:
        await driver.create(CALENDAR, "key-1", AFTER)
    assert caught.value.code == "uid_elsewhere"


async def test_a_calendar_that_may_only_be_read_is_said_to_be_so(driver, server):
    server.script["PUT"] = Said("<html>Forbidden</html>", status=403)
    server.script["GET"] = Said(status=404)
    with pytest.raises(PermanentError) as caught:
        await driver.create(CALENDAR, "key-1", AFTER)
    assert caught.value.code == "not_allowed"


async def test_a_conflict_that_turns_out_to_be_our_own_text_is_none(driver, server):
    reordered = AFTER.replace("SUMMARY:After\r\n", "").replace("UID:a\r\n", "SUMMARY:After\r\nUID:a\r\n")
    stored(server, '"3"', reordered)
    server.script["PUT"] = Said(status=412)
    assert (await driver.update(CALENDAR, KNOWN, AFTER)).etag == '"3"'


async def test_an_update_of_what_is_gone_says_so_even_if_the_server_calls_it_a_conflict(driver, server):
    server.script["PUT"] = Said("No resource exists", status=412)
    server.script["GET"] = Said(status=404)
    with pytest.raises(NotFound):
        await driver.update(CALENDAR, KNOWN, AFTER)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(condition("valid-calendar-data"), status=403), Unsupported),
        (Said(condition("supported-calendar-component"), status=409), Unsupported),
        (Said(status=415), Unsupported),
        (Said(status=400), Unsupported),
        (Said(condition("max-resource-size"), status=403), TooLarge),
        (Said(status=413), TooLarge),
        (Said(status=507), QuotaExhausted),
        (Said(status=423), TransientError),
        (Said(status=500), TransientError),
        (Said(status=429, headers={"Retry-After": "9"}), RateLimited),
        (Said(status=504), OutcomeUnknown),
        (Said(status=404), NotFound),
    ],
)
async def test_each_refusal_of_an_event_says_what_can_be_done(driver, server, said, kind):
    server.script["PUT"] = said
    server.script["GET"] = Said(status=404)
    server.script["REPORT"] = Said(multistatus())
    with pytest.raises(ProviderError) as caught:
        await driver.create(CALENDAR, "key-1", AFTER)
    assert type(caught.value) is kind
    with pytest.raises(ProviderError) as caught:
        await driver.update(CALENDAR, KNOWN, AFTER)
    assert type(caught.value) is kind


async def test_a_lost_answer_is_asked_for_once_only(driver, server):
    """aiohttp by itself would send PUT and DELETE a second time."""
    await driver.calendars()
    for method, writing in (
        ("PUT", lambda: driver.update(CALENDAR, KNOWN, AFTER)),
        ("DELETE", lambda: driver.delete(CALENDAR, KNOWN)),
    ):
        server.script[method] = Said(status=200, cut=True)
        with pytest.raises(OutcomeUnknown):
            await writing()
        assert len(server.asked_for(method)) == 1


async def test_what_was_written_and_cannot_be_read_back_is_an_unknown_outcome(driver, server):
    server.script |= {"PUT": Said(status=204), "REPORT": Said(status=503)}
    with pytest.raises(OutcomeUnknown):
        await driver.update(CALENDAR, KNOWN, AFTER)


@pytest.mark.parametrize("status", [200, 204, 404, 410])
async def test_what_is_deleted_is_done(driver, server, status):
    server.script["DELETE"] = Said(status=status)
    await driver.delete(CALENDAR, KNOWN)
    (asked,) = server.asked_for("DELETE")
    assert (asked.headers["If-Match"], asked.headers["Schedule-Reply"]) == ('"1"', "F")


async def test_a_page_for_people_is_no_success(driver, server):
    for method in ("PUT", "DELETE"):
        server.script[method] = Said("<html>", status=200, headers={"Content-Type": "text/html"})
    for writing in (
        lambda: driver.create(CALENDAR, "key-1", AFTER),
        lambda: driver.update(CALENDAR, KNOWN, AFTER),
        lambda: driver.delete(CALENDAR, KNOWN),
    ):
        with pytest.raises(ProviderError) as caught:
            await writing()
        assert caught.value.code == "not_caldav"


# People


def meeting(*lines):
    people = ("ORGANIZER:mailto:com@example.com", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x.example")
    return an_event("a", "Meeting", *people, *lines)


async def test_a_server_that_sends_invitations_is_told_not_to(driver, server):
    server.script["OPTIONS"] = Said(status=200, headers={"DAV": "1, 3, calendar-access, calendar-auto-schedule"})
    server.script["PUT"] = Said(status=201, headers={"ETag": '"1"'})
    made = await driver.create(CALENDAR, "key-1", meeting())
    (sent,) = server.asked_for("PUT")
    unfolded = sent.body.replace("\r\n ", "")
    assert "ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:com@example.com" in unfolded
    assert "ATTENDEE;SCHEDULE-AGENT=CLIENT;PARTSTAT=NEEDS-ACTION:mailto:a@x.example" in unfolded
    assert made.ical == sent.body


@pytest.mark.parametrize(("offered", "schedules"), [("1, 3, calendar-auto-schedule", True), ("1, 3", False)])
async def test_whether_a_server_writes_to_people_is_told(driver, server, offered, schedules):
    server.script["OPTIONS"] = Said(status=200, headers={"DAV": offered})

    assert await driver.schedules(CALENDAR) is schedules


async def test_people_whom_somebody_else_invited_stay_theirs(driver, server):
    server.script["OPTIONS"] = Said(status=200, headers={"DAV": "calendar-auto-schedule"})
    server.script["PUT"] = Said(status=204, headers={"ETag": '"2"'})
    before = RemoteEvent(REF, '"1"', "a", meeting())
    await driver.update(CALENDAR, before, meeting("ATTENDEE:mailto:new@x.example"))
    unfolded = server.asked_for("PUT")[0].body.replace("\r\n ", "")
    assert "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@x.example" in unfolded
    assert "ATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:new@x.example" in unfolded


async def test_a_server_that_invites_nobody_gets_the_text_as_it_is(driver, server):
    server.script["OPTIONS"] = Said(status=200, headers={"DAV": "1, calendar-access"})
    server.script["PUT"] = Said(status=201, headers={"ETag": '"1"'})
    for key in ("key-1", "key-2"):
        await driver.create(CALENDAR, key, meeting())
    assert [each.body for each in server.asked_for("PUT")] == [meeting()] * 2
    assert len(server.asked_for("OPTIONS")) == 1


async def test_a_method_is_not_stored(driver, server):
    server.script["PUT"] = Said(status=201, headers={"ETag": '"1"'})
    await driver.create(CALENDAR, "key-1", AFTER.replace("VERSION:2.0\r\n", "VERSION:2.0\r\nMETHOD:REQUEST\r\n"))
    assert server.asked_for("PUT")[0].body == AFTER


# Calendars


async def test_a_new_calendar_whose_colour_was_ignored_is_given_it_again(driver, server):
    looks = [("New", ""), ("New", "#FF0000FF")]

    def about(asked):
        name, color = looks.pop(0) if len(looks) > 1 else looks[0]
        look = f"<displayname>{name}</displayname><A:calendar-color>{color}</A:calendar-color>{IS_CALENDAR}"
        return Said(multistatus(found(asked.path, look)))

    server.script |= {"MKCALENDAR": Said(status=201), "PROPFIND": about, "PROPPATCH": Said(multistatus())}
    made = await driver.create_calendar("New", "#ff0000")
    assert (made.name, made.color) == ("New", "#FF0000")
    assert "<A:calendar-color>#FF0000FF</A:calendar-color>" in server.asked_for("PROPPATCH")[0].body


async def test_a_look_that_is_not_taken_is_an_error(driver, server):
    server.script["PROPPATCH"] = Said(multistatus())
    look = f"<displayname>Old</displayname>{IS_CALENDAR}"
    server.script[f"PROPFIND {CALENDAR}"] = Said(multistatus(found(CALENDAR, look)))
    with pytest.raises(PermanentError) as caught:
        await driver.change_calendar(CALENDAR, "New", None)
    assert caught.value.code == "look_not_taken"


@pytest.mark.parametrize("status", [403, 405, 501])
async def test_a_server_that_makes_no_calendars_is_said_to_be_so(driver, server, status):
    server.script["MKCALENDAR"] = Said(status=status)
    with pytest.raises(Unsupported):
        await driver.create_calendar("New", None)
