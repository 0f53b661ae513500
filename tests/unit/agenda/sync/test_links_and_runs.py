"""Links and what people see and decide of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sync_world import NOON, values

from xrm_platform.agenda.sync.outbox import DEBOUNCE
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.testing.calendar_vendor import an_event
from xrm_platform.testing.memory_calendar import memory_calendar_service


async def actor_of(world, login, code):
    await world.xrm.users.create(
        world.admin, login, password="long enough for all", xrm_allowed=True, collaborator=code
    )
    signed = await world.xrm.sign_in.sign_in("ACME", login, "long enough for all", user_agent="", address="127.0.0.1")
    actor, _ = await world.xrm.sign_in.actor_of(signed.token)
    return actor


# Linking


async def test_nothing_is_read_or_written_before_somebody_asks(world, clock):
    link, service = await world.link()
    await world.add("Ici")
    await service.put("a@x.example", "Là")
    clock.advance(timedelta(days=1))
    await world.xrm.run_until_idle()
    assert service.writes == 0
    assert await world.titles() == ["Ici"]
    assert (await world.xrm.calendar_links.get(world.admin, link)).health == "new"


async def test_two_links_to_one_calendar_are_refused_also_by_another_account(world):
    account, service = await world.account()
    await world.xrm.calendar_links.link(world.admin, "COM", account=account)
    with pytest.raises(Conflicting, match="calendar_linked"):
        await world.xrm.calendar_links.link(world.admin, "COM", account=account)
    name = (await world.xrm.accounts.get(world.admin, account)).settings["service"]
    twin = await world.xrm.accounts.add(world.admin, "memory_calendar", "Twin", {"service": name, "password": "p"})
    with pytest.raises(Conflicting, match="calendar_linked"):
        await world.xrm.calendar_links.link(world.admin, "DIR", account=twin.id)
    assert service.writes == 0


async def test_a_calendar_is_made_with_the_name_and_colour_of_the_settings_and_follows_them(world):
    link, service = await world.link(create="Agenda de Léa", color="#AA3300")
    assert [(one.name, one.color) for one in service.calendars()][1:] == [("Agenda de Léa", "#AA3300")]
    view = await world.xrm.calendar_links.change(world.admin, link, {"name": "Léa", "color": "#00AA33"})
    assert (view.name, view.color) == ("Léa", "#00AA33")
    assert [(one.name, one.color) for one in service.calendars()][1:] == [("Léa", "#00AA33")]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"color": "red"}, "color"),
        ({"poll_minutes": 0}, "poll_minutes"),
        ({"create": "\n"}, "name"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_field(world, given, field):
    with pytest.raises(Invalid) as refusal:
        await world.link(**given)
    assert list(refusal.value.fields) == [field]


async def test_a_calendar_that_the_account_does_not_have_is_missing(world):
    with pytest.raises(Missing, match="unknown_calendar"):
        await world.link(calendar="Nowhere")


async def test_others_may_neither_see_nor_change_the_links(world):
    link, _ = await world.link()
    manager = await actor_of(world, "dir", "DIR")
    owner = await actor_of(world, "com", "COM")
    for refused in (
        world.xrm.calendar_links.get(manager, link),
        world.xrm.calendar_links.list(manager, owner="COM"),
        world.xrm.calendar_links.unlink(manager, link),
        world.xrm.calendar_runs.sync(manager, link),
        world.xrm.calendar_runs.undo(manager, link),
        world.xrm.calendar_conflicts.list(manager, "COM"),
    ):
        with pytest.raises(Forbidden):
            await refused
    assert (await world.xrm.calendar_runs.sync(owner, link)).state == "done"
    assert [one.id for one in (await world.xrm.calendar_links.list(owner)).items] == [link]


async def test_an_account_goes_only_after_the_links_that_stand_on_it(world):
    link, _ = await world.link()
    account = (await world.xrm.calendar_links.get(world.admin, link)).account
    with pytest.raises(Conflicting, match="account_linked"):
        await world.xrm.accounts.remove(world.admin, account)

    await world.xrm.calendar_links.unlink(world.admin, link)
    await world.xrm.accounts.remove(world.admin, account)
    assert (await world.xrm.accounts.list(world.admin, "calendar")).items == ()


async def test_unlinking_leaves_the_events_on_both_sides_and_linking_again_doubles_none(world):
    link, service = await world.link()
    await world.add("Ici")
    await service.put("a@x.example", "Là")
    await world.sync(link)
    account = (await world.xrm.calendar_links.get(world.admin, link)).account
    await world.xrm.calendar_links.unlink(world.admin, link)
    assert await world.titles() == ["Ici", "Là"]
    again = (await world.xrm.calendar_links.link(world.admin, "COM", account=account)).id
    ran = await world.sync(again)
    assert (ran.made_here, ran.made_there) == (0, 0)
    assert len(await service.titles()) == 2


# Previews


async def test_the_first_sync_is_previewed_and_then_does_just_that(world):
    link, service = await world.link()
    await world.add("Ici")
    await service.put("a@x.example", "Là")
    await service.put("b@x.example", "Aussi là")
    seen = await world.xrm.calendar_runs.preview(world.admin, link)
    assert (seen.made_here, seen.made_there, seen.same, seen.dropped_here, seen.dropped_there) == (2, 1, 0, 0, 0)
    assert {(one.side, one.did, one.title) for one in seen.examples} == {
        ("here", "made", "Là"),
        ("here", "made", "Aussi là"),
        ("there", "made", "Ici"),
    }
    assert service.writes == 0
    assert await world.titles() == ["Ici"]
    ran = await world.sync(link)
    assert (ran.made_here, ran.made_there) == (2, 1)
    seen = await world.xrm.calendar_runs.preview(world.admin, link)
    assert (seen.same, seen.made_here, seen.made_there) == (3, 0, 0)


async def test_a_preview_tells_that_deletions_would_be_held(world):
    link, service = await world.link()
    for number in range(8):
        await service.put(f"{number}@x.example", "T")
    await world.sync(link)
    service._first.events.clear()
    seen = await world.xrm.calendar_runs.preview(world.admin, link)
    assert (seen.dropped_here, seen.held) == (8, True)


# By itself


async def test_a_change_here_is_written_soon_and_a_change_there_at_the_next_poll(world, clock):
    link, service = await world.link(poll_minutes=15)
    await world.sync(link)
    await world.add("Ici")
    clock.advance(DEBOUNCE)
    await world.xrm.run_until_idle()
    assert list((await service.titles()).values()) == ["Ici"]
    await service.put("a@x.example", "Là")
    clock.advance(timedelta(minutes=16))
    await world.xrm.run_until_idle()
    assert await world.titles() == ["Ici", "Là"]


async def test_a_link_that_is_switched_off_waits_for_a_person(world, clock):
    link, service = await world.link()
    await world.sync(link)
    await world.xrm.calendar_links.change(world.admin, link, {"auto_sync": False})
    await world.add("Ici")
    clock.advance(timedelta(days=1))
    await world.xrm.run_until_idle()
    assert service.writes == 0
    await world.sync(link)
    assert service.writes == 1


async def test_only_one_works_on_a_link_at_a_time(world):
    link, service = await world.link()
    for number in range(30):
        await service.put(f"{number}@x.example", "T")
    ran = await asyncio.gather(world.sync(link), world.sync(link), return_exceptions=True)
    refused = [one for one in ran if isinstance(one, Conflicting)]
    assert [one.code for one in refused] == ["sync_running"]
    assert len(await world.titles()) == 30


@pytest.mark.parametrize("direction", ["pull", "push"])
async def test_one_way_writes_on_one_side_only(world, direction):
    link, service = await world.link(direction=direction)
    await world.add("Ici")
    await service.put("a@x.example", "Là")
    await world.sync(link)
    await world.sync(link)
    there, here = sorted((await service.titles()).values()), await world.titles()
    assert (there, here) == ((["Là"], ["Ici", "Là"]) if direction == "pull" else (["Ici", "Là"], ["Ici"]))


# Health


async def test_a_connection_that_dies_is_told_once_and_what_waits_is_written_when_it_lives_again(world, clock):
    link, service = await world.link()
    await world.sync(link)
    await service.refuse_credentials()
    await world.add("En attente")
    assert (await world.sync(link)).error_code == "credentials_refused"
    for _ in range(3):
        clock.advance(timedelta(hours=1))
        await world.xrm.run_until_idle()
    assert await sent(world) == [["lea@acme.example"]]
    view = await world.xrm.calendar_links.get(world.admin, link)
    assert (view.health, view.waiting) == ("failing", 1)
    await service.come_back()
    await world.xrm.accounts.resume(world.admin, view.account)
    await world.sync(link)
    assert list((await service.titles()).values()) == ["En attente"]
    assert (await world.xrm.calendar_links.get(world.admin, link)).health == "ok"


async def test_a_calendar_that_is_deleted_there_deletes_nothing_here_and_is_told(world, clock):
    link, service = await world.link()
    await service.put("a@x.example", "Là")
    await world.sync(link)
    await service.delete_calendar()
    ran = await world.sync(link)
    assert ran.error_code == "calendar_gone"
    await world.xrm.run_until_idle()
    assert await world.titles() == ["Là"]
    assert (await world.xrm.calendar_links.get(world.admin, link)).health == "gone"
    assert len(await sent(world)) == 1


async def test_a_calendar_that_is_renamed_there_is_called_so_here_and_noted(world, clock):
    link, service = await world.link()
    await world.sync(link)
    await service.rename_calendar("Nouveau nom", "#010203")
    clock.advance(timedelta(days=1, minutes=1))
    await world.sync(link)
    view = await world.xrm.calendar_links.get(world.admin, link)
    assert (view.name, view.color) == ("Nouveau nom", "#010203")
    entries = (await world.xrm.audit.list(world.admin)).items
    assert entries[0].action == "calendar_link.changed_there"
    assert entries[0].changes["name"][1] == "Nouveau nom"


async def test_what_cannot_be_reached_is_tried_again_later_and_later(world, clock):
    link, service = await world.link(poll_minutes=60)
    await world.sync(link)
    await service.go_down()
    waits = []
    for _ in range(4):
        await world.sync(link)
        view = await world.xrm.calendar_links.get(world.admin, link)
        waits.append((view.next_run_at - clock()).total_seconds() / 60)
    assert waits == [1, 2, 4, 8]


async def sent(world) -> list[list[str]]:
    """To whom mails went."""
    await world.xrm.run_until_idle()
    messages = (await world.xrm.messages.list(world.admin)).items
    return [[recipient.address for recipient in message.recipients] for message in messages]


# Conflicts


async def conflict(world):
    link, service = await world.link()
    event_id = await world.add("Avant", location="Lyon")
    await world.sync(link)
    (uid,) = await service.titles()
    await world.change(event_id, summary="De l’agenda", location="Paris")
    await service.put(uid, "Du calendrier")
    ran = await world.sync(link)
    assert ran.conflicts == 1
    (found,) = (await world.xrm.calendar_conflicts.list(world.admin, "COM")).items
    return link, service, found


async def test_a_conflict_keeps_the_one_that_gave_way_and_says_what_it_was_about(world):
    _, service, found = await conflict(world)
    assert await world.titles() == ["De l’agenda"]
    assert list((await service.titles()).values()) == ["De l’agenda"]
    assert (found.kind, found.theirs_lost, found.properties) == ("both_changed", True, ("SUMMARY",))
    assert "Du calendrier" in found.theirs


async def test_a_conflict_can_be_decided_for_the_other_side_afterwards(world):
    link, service, found = await conflict(world)
    await world.xrm.calendar_conflicts.resolve(world.admin, found.id, "theirs")
    await world.sync(link)
    assert await world.titles() == ["Du calendrier"]
    (text,) = (await service.icals()).values()
    assert "SUMMARY:Du calendrier" in text
    assert "LOCATION:Paris" in text
    assert (await world.xrm.calendar_conflicts.list(world.admin, "COM")).items == ()
    with pytest.raises(Conflicting, match="sync_conflict_resolved"):
        await world.xrm.calendar_conflicts.resolve(world.admin, found.id, "mine")


async def test_a_conflict_that_is_decided_as_it_was_changes_nothing(world):
    link, service, found = await conflict(world)
    writes = service.writes
    await world.xrm.calendar_conflicts.resolve(world.admin, found.id, "mine")
    await world.sync(link)
    assert service.writes == writes


@pytest.mark.parametrize("keep", ["mine", "theirs"])
async def test_an_edit_that_survived_its_deletion_can_be_given_up(world, keep):
    link, service = await world.link()
    event_id = await world.add("Avant")
    await world.sync(link)
    (uid,) = await service.titles()
    await world.change(event_id, summary="Modifié")
    await service.delete(uid)
    await world.sync(link)
    assert list((await service.titles()).values()) == ["Modifié"]
    (found,) = (await world.xrm.calendar_conflicts.list(world.admin, "COM")).items
    await world.xrm.calendar_conflicts.resolve(world.admin, found.id, keep)
    await world.sync(link)
    assert await world.titles() == (["Modifié"] if keep == "mine" else [])
    assert len(await service.titles()) == (1 if keep == "mine" else 0)


# Undo


async def test_the_last_run_is_undone_on_both_sides(world):
    link, service = await world.link()
    kept = await world.add("Reste")
    gone = await world.add("Part")
    await service.put("a@x.example", "Là")
    await world.sync(link)
    await world.change(kept, summary="Changé ici")
    await world.xrm.agenda.delete(world.admin, gone)
    await service.put("a@x.example", "Changé là")
    await service.put("b@x.example", "Nouveau là")
    await world.add("Nouveau ici", NOON + timedelta(hours=4))
    ran = await world.sync(link)
    done = (ran.made_here, ran.changed_here, ran.made_there, ran.changed_there, ran.dropped_there)
    assert done == (1, 1, 1, 1, 1)
    undone = await world.xrm.calendar_runs.undo(world.admin, link)
    assert (undone.error_code, undone.conflicts) == (None, 0)
    assert sorted((await service.titles()).values()) == ["Changé là", "Nouveau là", "Part", "Reste"]
    assert await world.titles() == sorted(["Changé ici", "Là", "Nouveau ici"])
    view = await world.xrm.calendar_links.get(world.admin, link)
    assert view.auto_sync is False
    again = await world.sync(link)
    assert (again.error_code, again.parked, again.conflicts) == (None, 0, 0)
    assert values(await service.icals()) == values(await world.here())


async def test_what_somebody_changed_since_is_not_undone(world):
    link, service = await world.link()
    await service.put("a@x.example", "Là")
    await world.sync(link)
    (event_id,) = await world.here()
    await world.change(event_id, summary="À moi")
    undone = await world.xrm.calendar_runs.undo(world.admin, link)
    assert (undone.dropped_here, undone.conflicts) == (0, 1)
    assert await world.titles() == ["À moi"]


async def test_there_may_be_nothing_to_undo(world):
    link, _ = await world.link()
    await world.sync(link)
    with pytest.raises(Conflicting, match="nothing_to_undo"):
        await world.xrm.calendar_runs.undo(world.admin, link)


async def test_an_event_of_somebody_else_in_the_base_is_never_touched(world):
    link, service = await world.link()
    await service.put("same@x.example", "De COM")
    await world.sync(link)
    base_account = await world.xrm.accounts.add(
        world.admin, "memory_calendar", "Base", {"service": "of-base", "password": "p"}
    )
    theirs = memory_calendar_service("of-base")
    view = await world.xrm.calendar_links.link(world.admin, "DIR", account=base_account.id)
    await theirs.put_ical("same@x.example", an_event("same@x.example", "De DIR"))
    await world.xrm.calendar_runs.sync(world.admin, view.id)
    assert await world.titles() == ["De COM", "De DIR"]
    await world.sync(link)
    assert list((await service.titles()).values()) == ["De COM"]
