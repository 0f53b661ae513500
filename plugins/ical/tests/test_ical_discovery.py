"""From what people type to where their calendars are, and whom their password is told on the way."""

from __future__ import annotations

import pytest
from servers.dav_answers import CALENDAR, HOME, IS_CALENDAR, found, multistatus, one_calendar
from servers.scripted import Said, ScriptedServer

from xrm_platform.providers import AccountError, AuthError, BadResponse, NotFound, TickState
from xrm_platform.testing.certificates import CertificateFlaw, make_certificate

PRIVILEGES = [("<read/>", False), ("<read/><write/>", True), ("<all/>", True), (None, True)]
LOOK = f"<displayname>Agenda</displayname>{IS_CALENDAR}"


async def names(driver):
    return [calendar.name for calendar in await driver.calendars()]


async def failed(driver):
    (tick,) = [tick for tick in await driver.check() if tick.state is TickState.FAILED]
    return tick


async def test_a_server_is_asked_at_its_well_known_place(driver, server):
    assert await names(driver) == ["Agenda"]
    assert [each.path for each in server.asked] == ["/.well-known/caldav", "/dav/", "/me/", HOME]
    assert all(each.headers["Authorization"].startswith("Basic ") for each in server.asked)
    assert {each.headers["Depth"] for each in server.asked[:3]} == {"0"}


@pytest.mark.parametrize("well_known", [Said(status=404), Said("<html>", status=200), Said(status=500)])
async def test_without_a_well_known_place_the_address_itself_is_asked(driver, server, well_known):
    server.script["PROPFIND /"] = server.script["PROPFIND /dav/"]
    server.script["PROPFIND /.well-known/caldav"] = well_known
    assert await names(driver) == ["Agenda"]


async def test_an_address_with_a_path_is_asked_first(opened, server):
    assert await names(opened(f"{server.url}/dav/")) == ["Agenda"]
    assert server.asked[0].path == "/dav/"


async def test_the_address_of_one_calendar_is_enough(opened, server):
    server.script[f"PROPFIND {CALENDAR}"] = Said(multistatus(found(CALENDAR, LOOK)))
    driver = opened(f"{server.url}{CALENDAR}")
    assert [calendar.id for calendar in await driver.calendars()] == [CALENDAR]


async def test_a_shared_calendar_is_listed_beside_those_of_the_home(opened, server):
    principal = "<current-user-principal><href>/me/</href></current-user-principal>"
    server.script["PROPFIND /shared/"] = Said(
        multistatus(found("/shared/", f"<displayname>Shared</displayname>{IS_CALENDAR}{principal}"))
    )
    assert await names(opened(f"{server.url}/shared/")) == ["Agenda", "Shared"]


async def test_collections_that_are_no_calendars_for_events_are_left_out(driver, server):
    tasks = '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>'
    deleted = '<N:deleted-calendar xmlns:N="http://nextcloud.com/ns"/>'
    kinds = {
        "tasks": IS_CALENDAR + tasks,
        "inbox": "<resourcetype><collection/><C:schedule-inbox/></resourcetype>",
        "subscribed": "<resourcetype><collection/><C:calendar/><S:subscribed/></resourcetype>",
        "trash": f"<resourcetype><collection/><C:calendar/>{deleted}</resourcetype>",
        "contacts": "<resourcetype><collection/></resourcetype>",
    }
    server.script[f"PROPFIND {HOME}"] = Said(
        multistatus(*(found(f"{HOME}{name}/", kind) for name, kind in kinds.items()), found(CALENDAR, LOOK))
    )
    assert await names(driver) == ["Agenda"]


@pytest.mark.parametrize(("privileges", "writable"), PRIVILEGES)
async def test_a_calendar_that_may_not_be_written_is_read_only(driver, server, privileges, writable):
    told = (
        ""
        if privileges is None
        else (f"<current-user-privilege-set><privilege>{privileges}</privilege></current-user-privilege-set>")
    )
    server.script[f"PROPFIND {HOME}"] = Said(multistatus(found(CALENDAR, LOOK + told)))
    assert [calendar.writable for calendar in await driver.calendars()] == [writable]


async def test_name_colour_and_zone_are_told(driver, server):
    text = "BEGIN:VCALENDAR&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:Europe/Paris&#13;\nEND:VTIMEZONE"
    zone = f"<C:calendar-timezone>{text}</C:calendar-timezone>"
    color = "<A:calendar-color symbolic-color='custom'>#1e90ffff</A:calendar-color>"
    server.script[f"PROPFIND {HOME}"] = Said(multistatus(found(f"{HOME}caf%c3%a9/", IS_CALENDAR + zone + color)))
    (calendar,) = await driver.calendars()
    assert (calendar.name, calendar.color, calendar.time_zone) == ("café", "#1E90FF", "Europe/Paris")
    assert calendar.id == f"{HOME}caf%C3%A9/"


# Whom the password is told


async def test_a_redirect_to_another_server_is_not_followed_and_not_told_the_password(driver, server):
    async with ScriptedServer() as other:
        for script in (
            {"PROPFIND": Said(status=301, headers={"Location": f"{other.url}/dav/"})},
            {"PROPFIND": Said(status=307, headers={"Location": f"http://localhost:{server.port}/dav/"})},
        ):
            server.script = dict(script)
            tick = await failed(driver)
            assert (tick.step, tick.code) == ("calendar", "leads_elsewhere")
        assert other.asked == []


@pytest.mark.parametrize("where", ["principal", "home"])
async def test_a_principal_or_home_on_another_server_is_not_asked(driver, server, where):
    async with ScriptedServer() as other:
        href = f"<href>{other.url}/x/</href>"
        if where == "principal":
            server.script["PROPFIND /dav/"] = Said(
                multistatus(found("/dav/", f"<current-user-principal>{href}</current-user-principal>"))
            )
        else:
            server.script["PROPFIND /me/"] = Said(
                multistatus(found("/me/", f"<C:calendar-home-set>{href}</C:calendar-home-set>"))
            )
        with pytest.raises(AccountError) as caught:
            await driver.calendars()
        assert caught.value.code == "leads_elsewhere"
        assert other.asked == []


async def test_redirects_without_end_are_given_up(driver, server):
    server.script = {"PROPFIND": Said(status=302, headers={"Location": "/again/"})}
    with pytest.raises(BadResponse):
        await driver.calendars()
    assert len(server.asked) <= 12


async def test_basic_is_chosen_among_what_is_offered(driver, server):
    both = 'Digest realm="x", nonce="y", Basic realm="x"'
    server.script = {"PROPFIND": Said(status=401, headers={"WWW-Authenticate": both})}
    with pytest.raises(AuthError):
        await driver.calendars()
    assert len(server.asked) == 1


async def test_a_server_that_takes_us_for_nobody_has_refused_the_credentials(driver, server):
    nobody = "<current-user-principal><unauthenticated/></current-user-principal>"
    server.script["PROPFIND /dav/"] = Said(multistatus(found("/dav/", nobody)))
    with pytest.raises(AuthError):
        await driver.calendars()


# Checks


async def test_a_mistyped_address_is_told_apart_from_wrong_credentials(opened, server):
    server.script = {}
    tick = await failed(opened(f"{server.url}/mistyped/"))
    assert (tick.step, tick.code) == ("calendar", "not_found")
    with pytest.raises(NotFound):
        await opened(f"{server.url}/mistyped/").calendars()


async def test_an_account_without_calendars_is_good_enough_to_make_one(driver, server):
    server.script[f"PROPFIND {HOME}"] = Said(multistatus(found(HOME, "<resourcetype><collection/></resourcetype>")))
    (*_, signed_in, calendar) = await driver.check()
    assert (signed_in.state, calendar.state) == (TickState.OK, TickState.SKIPPED)


async def test_where_calendars_are_is_found_once(driver, server):
    await driver.calendars()
    await driver.calendars()
    assert len(server.asked) == 5


async def test_a_certificate_is_judged_and_an_authority_of_our_own_can_be_trusted(opened, tmp_path):
    authority, tls = make_certificate(tmp_path)
    async with ScriptedServer(one_calendar(), tls) as server:
        account = {"url": server.url, "username": "com", "password": "s3cret"}
        tick = await failed(opened(**account))
        assert (tick.step, tick.code) == ("secured", "certificate_refused")
        assert server.asked == []
        ticks = await opened(**account, ca_file=str(authority)).check()
        assert [tick.state for tick in ticks] == [TickState.OK] * 4
        tick = await failed(opened(**account, ca_file=str(tmp_path / "none")))
        assert (tick.step, tick.code) == ("secured", "ca_file_unreadable")


async def test_a_certificate_for_another_name_is_refused(opened, tmp_path):
    authority, tls = make_certificate(tmp_path, CertificateFlaw.WRONG_HOST)
    async with ScriptedServer(one_calendar(), tls) as server:
        tick = await failed(opened(server.url, username="com", password="s3cret", ca_file=str(authority)))
        assert (tick.step, tick.code) == ("secured", "certificate_refused")
        assert server.asked == []
