"""Servers that answer nonsense: nothing is ever deleted or doubled because of it, and the link says what was wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sync_world import values

from xrm_platform.providers import BadResponse, ChangePage, RemoteEvent
from xrm_platform.testing.calendar_vendor import an_event

TEN = [f"{number}@x.example" for number in range(10)]


async def with_ten(world):
    link, service = await world.link()
    for uid in TEN:
        await service.put(uid, f"Title {uid}")
    ran = await world.sync(link)
    assert ran.made_here == 10
    return link, service


async def health(world, link):
    return await world.xrm.calendar_links.get(world.admin, link)


async def test_a_page_for_people_changes_nothing_and_is_said(world):
    link, service = await with_ten(world)
    await service.answer_garbage()
    ran = await world.sync(link)
    assert (ran.state, ran.error_code, ran.dropped_here) == ("failed", "bad_response", 0)
    view = await health(world, link)
    assert (view.health, view.error_code) == ("failing", "bad_response")
    assert len(await world.titles()) == 10
    await service.come_back()
    assert (await world.sync(link)).state == "done"
    assert (await health(world, link)).health == "ok"


async def test_an_empty_listing_is_held_and_the_rest_goes_on(world):
    link, service = await with_ten(world)
    service._first.events.clear()
    await service.forget_cursors()
    await world.add("Nouveau")
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.held_here, ran.made_there) == (0, 10, 1)
    assert len(await world.titles()) == 11
    assert (await health(world, link)).health == "held"


async def test_held_deletions_happen_when_somebody_agrees(world):
    link, service = await with_ten(world)
    service._first.events.clear()
    await service.forget_cursors()
    await world.sync(link)
    assert await world.xrm.calendar_runs.release(world.admin, link, delete=True) == 10
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.held_here) == (10, 0)
    assert await world.titles() == []


async def test_held_deletions_are_put_back_there_when_somebody_says_so(world):
    link, service = await with_ten(world)
    service._first.events.clear()
    await service.forget_cursors()
    await world.sync(link)
    await world.xrm.calendar_runs.release(world.admin, link, delete=False)
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.made_there) == (0, 10)
    assert values(await service.icals()) == values(await world.here())


async def test_half_a_listing_is_held(world):
    link, service = await with_ten(world)
    whole = dict(service._first.events)
    for ref in list(whole)[:6]:
        del service._first.events[ref]
    await service.forget_cursors()
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.held_here) == (0, 6)
    service._first.events.update(whole)
    await service.forget_cursors()
    ran = await world.sync(link)
    assert (ran.dropped_here, ran.held_here, ran.made_here) == (0, 0, 0)
    assert len(await world.titles()) == 10


async def test_a_few_deletions_are_simply_made(world):
    link, service = await with_ten(world)
    for uid in TEN[:3]:
        await service.delete(uid)
    assert (await world.sync(link)).dropped_here == 3


async def test_many_deletions_here_are_held_before_they_are_made_there(world):
    link, service = await with_ten(world)
    for event_id in await world.here():
        await world.xrm.agenda.delete(world.admin, event_id)
    ran = await world.sync(link)
    assert (ran.dropped_there, ran.held_there) == (0, 10)
    assert len(await service.titles()) == 10
    await world.xrm.calendar_runs.release(world.admin, link, delete=False)
    ran = await world.sync(link)
    assert (ran.dropped_there, ran.made_there, ran.held_there) == (0, 0, 0)
    assert len(await world.titles()) == 10


async def test_another_calendar_in_the_place_of_this_one_is_not_taken_in(world):
    link, service = await with_ten(world)
    calendar = service._first
    calendar.events = {
        f"foreign-{number}": RemoteEvent(f"foreign-{number}", "v1", f"f{number}@x", an_event(f"f{number}@x", "Foreign"))
        for number in range(10)
    }
    await service.forget_cursors()
    ran = await world.sync(link)
    assert (ran.error_code, ran.made_here, ran.dropped_here) == ("other_calendar", 0, 0)
    assert "Foreign" not in await world.titles()


async def test_new_names_for_the_same_events_are_no_other_calendar(world):
    link, service = await with_ten(world)
    calendar = service._first
    calendar.events = {
        f"new-{ref}": RemoteEvent(f"new-{ref}", event.etag, event.uid, event.ical)
        for ref, event in calendar.events.items()
    }
    await service.forget_cursors()
    ran = await world.sync(link)
    assert (ran.error_code, ran.made_here, ran.dropped_here, ran.made_there) == (None, 0, 0, 0)
    assert len(await world.titles()) == 10
    assert (await world.sync(link)).parked == 0


async def test_the_same_page_for_ever_is_given_up(world, monkeypatch):
    link, service = await with_ten(world)
    await world.add("Nouveau")
    event = next(iter(service._first.events.values()))
    monkeypatch.setattr(service, "pages", lambda calendar, cursor: [ChangePage((event,))] * 100_000)
    ran = await world.sync(link)
    assert (ran.error_code, ran.dropped_here, ran.made_there) == ("listing_repeats", 0, 0)


async def test_the_same_token_for_ever_brings_the_same_changes_and_nothing_happens_twice(world, monkeypatch):
    link, service = await with_ten(world)
    view = await health(world, link)
    monkeypatch.setattr(
        service, "pages", lambda calendar, cursor: [ChangePage(tuple(service._first.events.values()), "always")]
    )
    await service.put(TEN[0], "Changed")
    ran = await world.sync(link)
    assert ran.changed_here == 1
    writes = service.writes
    for _ in range(3):
        ran = await world.sync(link)
        assert (ran.changed_here, ran.made_here, ran.error_code) == (0, 0, None)
    assert service.writes == writes
    assert view.events == 10


async def test_a_listing_that_breaks_off_loses_nothing(world):
    link, service = await with_ten(world)
    await service.forget_cursors()
    await service.put("new@x.example", "New")
    await service.cut_next_listing()
    assert (await world.sync(link)).error_code == "unavailable"
    assert len(await world.titles()) >= 10
    assert (await world.sync(link)).state == "done"
    assert len(await world.titles()) == 11


async def test_one_bad_event_is_parked_with_its_reason_and_the_rest_goes_on(world):
    link, service = await world.link()
    await service.put("good@x.example", "Good")
    await service.put("bad@x.example", "Bad")
    await service.spoil("bad@x.example")
    ran = await world.sync(link)
    assert (ran.made_here, ran.parked, ran.error_code) == (1, 1, None)
    page = await world.xrm.calendar_runs.parked(world.admin, link)
    assert [(one.reason, one.event) for one in page.items] == [("spoilt", None)]
    service._first.spoilt.clear()
    await service.put("bad@x.example", "Good again")
    assert (await world.sync(link)).made_here == 1
    assert (await world.xrm.calendar_runs.parked(world.admin, link)).items == ()


async def test_an_event_without_sense_is_parked_and_comes_in_when_it_makes_sense(world):
    link, service = await world.link()
    await service.put_ical("odd@x.example", an_event("odd@x.example", "Odd").replace("DTSTART:20", "DTSTART:xx"))
    assert (await world.sync(link)).parked == 1
    await service.put_ical("odd@x.example", an_event("odd@x.example", "Even"))
    assert (await world.sync(link)).made_here == 1


async def test_what_the_server_refuses_is_parked_and_tried_again_when_it_changes(world, monkeypatch):
    link, service = await world.link()
    await world.sync(link)
    event_id = await world.add("Refused")
    create = service.create

    def picky(calendar, key, ical):
        if "SUMMARY:Refused" in ical:
            raise BadResponse("refused_here")
        return create(calendar, key, ical)

    monkeypatch.setattr(service, "create", picky)
    await world.add("Fine")
    ran = await world.sync(link)
    assert (ran.made_there, ran.parked, ran.error_code) == (1, 1, None)
    assert (await world.sync(link)).parked == 0
    await world.change(event_id, summary="Better")
    assert (await world.sync(link)).made_there == 1


async def test_two_events_with_one_uid_do_not_become_one(world):
    link, service = await world.link()
    await service.put("one@x.example", "First")
    service._first.keep("twin", an_event("one@x.example", "Second"))
    ran = await world.sync(link)
    assert (ran.made_here, ran.parked) == (1, 1)
    first = next(ref for ref in service._first.events if ref != "twin")
    service._first.drop(first)
    ran = await world.sync(link)
    assert await world.titles() == ["Second"]


async def test_an_event_that_was_deleted_and_made_anew_under_another_name_stays_the_same_event(world):
    link, service = await with_ten(world)
    before = await world.here()
    ref = service._first.ref_of(TEN[0])
    service._first.drop(ref)
    service._first.keep("another-name", an_event(TEN[0], "Anew"))
    ran = await world.sync(link)
    assert (await world.here()).keys() == before.keys()
    assert "Anew" in await world.titles()
    assert ran.parked == 0


@pytest.mark.parametrize("days", [1, 8])
async def test_after_a_week_everything_is_compared_once_more(world, clock, days):
    link, _ = await with_ten(world)
    first = (await health(world, link)).cursor_at
    clock.advance(timedelta(days=days))
    await world.sync(link)
    assert ((await health(world, link)).cursor_at > first) is (days == 8)
