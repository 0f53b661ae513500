"""Events put in, changed, moved, cancelled, deleted, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest

from xrm_platform.agenda import EventGiven, Part, ReminderGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing

MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def local(text):
    return datetime.fromisoformat(text)


@pytest.fixture
def month(xrm, admin):
    """What is in March 2026 of COM: day, hour and summary."""

    async def shown(owner="COM", actor=None):
        found = await xrm.schedule.range(actor or admin, *MARCH, owner=owner)
        return [f"{one.start[8:16].replace('T', ' ')} {one.summary}" for one in found]

    return shown


async def test_an_event_is_shown_as_it_was_given(xrm, admin, add):
    made = await add(
        location="Lyon",
        description="Deux\nlignes",
        kind="call",
        participants=("DIR", "Bob <bob@client.example>"),
        reminders=(ReminderGiven(15),),
    )

    found = await xrm.agenda.get(admin, made.id)

    assert found == made
    assert (found.start, found.end) == ("2026-03-02T09:00:00+01:00", "2026-03-02T10:00:00+01:00")
    assert (found.location, found.description, found.kind, found.busy) == ("Lyon", "Deux\nlignes", "call", True)
    assert found.organizer == "com@acme.example"
    assert [(one.email, one.collaborator) for one in found.participants] == [
        ("dir@acme.example", "DIR"),
        ("bob@client.example", None),
    ]


async def test_a_local_time_is_of_the_base_and_a_day_has_no_time(add):
    naive = await add(start=local("2026-07-01T09:00"))
    day = await add(start=date(2026, 7, 1))

    assert naive.start == "2026-07-01T09:00:00+02:00"
    assert (day.all_day, day.start, day.end) == (True, "2026-07-01", "2026-07-02")


async def test_all_that_is_wrong_is_said_at_once(xrm, admin):
    given = EventGiven(
        "COM",
        " ",
        local("2026-03-29T02:30"),
        kind="party",
        recurrence="FREQ=SOMETIMES",
        participants=("NOBODY", "x@"),
        reminders=(ReminderGiven(-1, "pigeon"),),
    )

    with pytest.raises(Invalid) as refused:
        await xrm.agenda.add(admin, given)

    assert set(refused.value.fields) == {
        *("summary", "start", "kind", "recurrence", "participants.0", "participants.1"),
        *("reminders.0.minutes", "reminders.0.channel"),
    }


async def test_an_end_before_the_start_is_refused(add):
    with pytest.raises(Invalid) as refused:
        await add(end=local("2026-03-02T08:00"))
    assert refused.value.fields["end"].code == "end_before_start"


async def test_a_change_leaves_the_rest(xrm, admin, add):
    made = await add(location="Lyon")

    changed = await xrm.agenda.change(admin, made.id, {"summary": "Autre"})

    assert (changed.summary, changed.location, changed.start, changed.rev) == ("Autre", "Lyon", made.start, 2)


async def test_a_move_keeps_how_long_it_lasts(xrm, admin, add, month):
    made = await add(end=local("2026-03-02T11:30"))

    moved = await xrm.agenda.move(admin, made.id, local("2026-03-05T14:00"))

    assert moved.end == "2026-03-05T16:30:00+01:00"
    assert await month() == ["05 14:00 Visite"]


async def test_an_appointment_can_become_a_whole_day(xrm, admin, add):
    made = await add()

    moved = await xrm.agenda.move(admin, made.id, date(2026, 3, 5))

    assert (moved.all_day, moved.start, moved.end) == (True, "2026-03-05", "2026-03-06")


async def test_a_change_of_what_somebody_changed_meanwhile_is_refused(xrm, admin, add):
    made = await add()
    await xrm.agenda.change(admin, made.id, {"summary": "Faster"})

    with pytest.raises(Conflicting) as refused:
        await xrm.agenda.change(admin, made.id, {"summary": "Slower"}, rev=made.rev)
    assert refused.value.code == "event_changed_meanwhile"


async def test_one_occurrence_is_moved_another_cancelled_a_third_deleted(xrm, admin, add, month):
    made = await add(recurrence="FREQ=DAILY;COUNT=4")
    keys = [one.key for one in await xrm.schedule.range(admin, *MARCH, owner="COM")]

    await xrm.agenda.move(admin, made.id, local("2026-03-10T15:00"), occurrence=keys[1])
    await xrm.agenda.cancel(admin, made.id, occurrence=keys[2])
    left = await xrm.agenda.delete(admin, made.id, occurrence=keys[3])

    assert await month() == ["02 09:00 Visite", "04 09:00 Visite", "10 15:00 Visite"]
    assert [(one.key, one.status) for one in left.exceptions] == [(keys[1], "confirmed"), (keys[2], "cancelled")]


async def test_this_and_following_become_an_event_of_their_own(xrm, admin, add, month):
    made = await add(recurrence="FREQ=DAILY;COUNT=4")
    keys = [one.key for one in await xrm.schedule.range(admin, *MARCH, owner="COM")]

    later = await xrm.agenda.move(admin, made.id, local("2026-03-04T14:00"), part=Part.FOLLOWING, occurrence=keys[2])

    assert later.id != made.id
    assert await month() == ["02 09:00 Visite", "03 09:00 Visite", "04 14:00 Visite", "05 14:00 Visite"]


async def test_what_follows_the_first_is_all_of_it(xrm, admin, add, month):
    made = await add(recurrence="FREQ=DAILY;COUNT=4")

    assert await xrm.agenda.delete(admin, made.id, part=Part.FOLLOWING, occurrence="20260302T080000Z") is None
    assert await month() == []


async def test_deleting_what_follows_leaves_what_was(xrm, admin, add, month):
    made = await add(recurrence="FREQ=DAILY")

    left = await xrm.agenda.delete(admin, made.id, part=Part.FOLLOWING, occurrence="20260304T080000Z")

    assert await month() == ["02 09:00 Visite", "03 09:00 Visite"]
    assert left.recurrence == "FREQ=DAILY;UNTIL=20260304T075959Z"


async def test_a_deleted_event_is_gone_and_stays_as_a_tombstone(xrm, admin, add, month):
    made = await add()

    assert await xrm.agenda.delete(admin, made.id) is None

    with pytest.raises(Missing):
        await xrm.agenda.get(admin, made.id)
    assert (await month(), (await xrm.agenda.list(admin, owner="COM")).items) == ([], ())
    from xrm_platform.agenda import queries

    async with xrm.store.read() as session:
        row = await queries.event(session, base_id=admin.base_id, event_id=made.id)
    assert (row.deleted_at is not None, row.rev) == (True, 2)


async def test_an_occurrence_that_is_not_there_is_missing(xrm, admin, add):
    made = await add(recurrence="FREQ=DAILY;COUNT=4")

    for key in ("20260302T090000Z", "20300101", "nonsense", "'"):
        with pytest.raises(Missing):
            await xrm.agenda.cancel(admin, made.id, occurrence=key)


async def test_whoever_watches_is_told_inside_the_transaction(xrm, admin, add):
    seen = []

    async def watch(session, change):
        assert session.in_transaction()
        seen.append((change.event.summary, change.created, change.event.rev, change.event.deleted_at is not None))

    xrm.event_store.watch(watch)
    made = await add()
    await xrm.agenda.change(admin, made.id, {"summary": "Autre"})
    await xrm.agenda.delete(admin, made.id)

    assert seen == [("Visite", True, 1, False), ("Autre", False, 2, False), ("Autre", False, 3, True)]


async def test_a_change_is_undone_when_a_watcher_refuses(xrm, admin, add, month):
    async def refuse(session, change):
        raise Conflicting("event_private")

    made = await add()
    xrm.event_store.watch(refuse)
    with pytest.raises(Conflicting):
        await xrm.agenda.change(admin, made.id, {"summary": "Autre"})

    assert await month() == ["02 09:00 Visite"]


async def test_a_manager_at_any_depth_sees_and_changes_and_the_organiser_stays(xrm, as_, add):
    made = await add(owner="NEW", participants=("bob@client.example",))

    moved = await xrm.agenda.move(as_("DIR"), made.id, local("2026-03-03T10:00"))

    assert (moved.owner, moved.organizer, moved.changed_by) == ("NEW", "new@acme.example", "user:dir")


@pytest.mark.parametrize("other", ["ALONE", "NEW"])
async def test_neither_a_colleague_nor_somebody_below_sees_or_changes(xrm, as_, add, other):
    made = await add()

    with pytest.raises(Missing):
        await xrm.agenda.get(as_(other), made.id)
    with pytest.raises(Missing):
        await xrm.agenda.move(as_(other), made.id, local("2026-03-03T10:00"))
    with pytest.raises(Forbidden):
        await xrm.schedule.range(as_(other), *MARCH, owner="COM")
    with pytest.raises(Forbidden):
        await add(actor=as_(other))
    assert await xrm.schedule.range(as_(other), *MARCH) == ()


async def test_an_administrator_sees_and_does_not_change(xrm, as_, add):
    made = await add()
    administrator = as_("ALONE", is_admin=True)

    assert (await xrm.agenda.get(administrator, made.id)).summary == "Visite"
    with pytest.raises(Forbidden) as refused:
        await xrm.agenda.change(administrator, made.id, {"summary": "x"})
    assert refused.value.code == "agenda_not_managed"


@pytest.mark.parametrize(("code", "is_admin"), [("DIR", False), ("ALONE", True)])
async def test_a_private_event_of_somebody_else_is_only_a_busy_time(xrm, as_, add, code, is_admin):
    made = await add("Médecin", private=True, location="Lyon", participants=("bob@client.example",))
    actor = as_(code, is_admin=is_admin)

    seen = [
        await xrm.agenda.get(actor, made.id),
        (await xrm.agenda.list(actor, owner="COM")).items[0],
        (await xrm.schedule.range(actor, *MARCH, owner="COM"))[0],
    ]

    assert [(one.summary, one.location, one.hidden, one.busy) for one in seen] == [("", "", True, True)] * 3
    assert seen[0].participants == ()
    for call in (xrm.agenda.cancel(actor, made.id), xrm.agenda.delete(actor, made.id)):
        with pytest.raises(Forbidden):
            await call
    with pytest.raises(Missing):
        await xrm.agenda.ical(actor, made.id)
    assert (await xrm.agenda.get(as_("COM"), made.id)).summary == "Médecin"


async def test_the_audit_tells_who_changed_what_and_nothing_private(xrm, admin, as_, add):
    made = await add()
    await xrm.agenda.move(as_("DIR"), made.id, local("2026-03-03T10:00"))
    await add("Médecin", private=True)

    entries = (await xrm.audit.list(admin)).items

    assert (entries[1].actor, entries[1].action) == ("user:dir", "event.moved")
    assert entries[1].changes["start"] == ["2026-03-02T09:00:00+01:00", "2026-03-03T10:00:00+01:00"]
    assert entries[0].changes["summary"] == [None, "***"]
    assert "Médecin" not in str(entries[0].changes)


async def test_events_of_another_base_are_as_if_they_were_not(xrm, admin, add):
    made = await add()
    await xrm.bases.create("OTHER", "Other", actor_name="operator:test")
    stranger = await xrm.bases.operator("OTHER")

    for call in (
        xrm.agenda.get(stranger, made.id),
        xrm.agenda.change(stranger, made.id, {"summary": "x"}),
        xrm.agenda.delete(stranger, made.id),
        xrm.schedule.overlaps(stranger, made.id),
        xrm.schedule.range(stranger, *MARCH, owner="COM"),
    ):
        with pytest.raises(Missing):
            await call
    assert await xrm.schedule.range(stranger, *MARCH) == ()


async def test_a_listing_goes_on_after_its_key(xrm, admin, add):
    made = [await add(f"n{number}") for number in range(3)]

    first = await xrm.agenda.list(admin, owner="COM", limit=2)
    second = await xrm.agenda.list(admin, owner="COM", limit=2, after=first.next)

    assert [one.id for one in (*first.items, *second.items)] == [one.id for one in made]
    assert second.next is None


async def test_two_changes_at_once_both_happen(xrm, admin, add):
    import asyncio

    made = await add()

    await asyncio.gather(
        xrm.agenda.change(admin, made.id, {"location": "Lyon"}),
        xrm.agenda.change(admin, made.id, {"description": "Texte"}),
    )

    found = await xrm.agenda.get(admin, made.id)
    assert (found.location, found.description, found.rev) == ("Lyon", "Texte", 3)


async def test_a_series_moved_by_a_day_keeps_its_length_of_days(xrm, admin, add, month):
    made = await add(start=date(2026, 3, 2), end=date(2026, 3, 4), recurrence="FREQ=WEEKLY;COUNT=2")

    moved = await xrm.agenda.move(admin, made.id, date(2026, 3, 3))

    assert (moved.start, moved.end) == ("2026-03-03", "2026-03-05")
    assert moved.ends_at - moved.starts_at == timedelta(days=2)
    assert len(await month()) == 2


async def test_a_series_of_which_all_is_deleted_one_by_one_is_gone(xrm, admin, add):
    made = await add(recurrence="FREQ=DAILY;COUNT=2")

    assert await xrm.agenda.delete(admin, made.id, occurrence="20260302T080000Z") is not None
    assert await xrm.agenda.delete(admin, made.id, occurrence="20260303T080000Z") is None
    with pytest.raises(Missing):
        await xrm.agenda.get(admin, made.id)


async def test_all_that_follow_the_first_that_is_left_leave_no_empty_series_behind(xrm, admin, add, month):
    made = await add(recurrence="FREQ=DAILY;COUNT=3")
    await xrm.agenda.delete(admin, made.id, occurrence="20260302T080000Z")

    await xrm.agenda.change(admin, made.id, {"summary": "Réunion"}, part=Part.FOLLOWING, occurrence="20260303T080000Z")

    assert await month() == ["03 09:00 Réunion", "04 09:00 Réunion"]
    assert [one.summary for one in (await xrm.agenda.list(admin, owner="COM")).items] == ["Réunion"]


@pytest.mark.parametrize(
    ("rule", "left"),
    [(None, ["02 09:00"]), ("FREQ=DAILY;COUNT=2", ["02 09:00", "03 09:00"])],
)
async def test_a_shorter_series_leaves_no_moved_occurrence_behind(xrm, admin, add, month, rule, left):
    made = await add(recurrence="FREQ=DAILY;COUNT=4")
    await xrm.agenda.move(admin, made.id, local("2026-03-10T15:00"), occurrence="20260305T080000Z")
    await xrm.agenda.delete(admin, made.id, occurrence="20260304T080000Z")

    changed = await xrm.agenda.change(admin, made.id, {"recurrence": rule})

    assert await month() == [f"{day} Visite" for day in left]
    assert (changed.recurrence, changed.exceptions) == (rule, ())


@pytest.mark.parametrize(
    ("start", "end", "starts_at", "minutes"),
    [
        ("2026-10-25T02:30+01:00", "2026-10-25T03:30+01:00", "2026-10-25T01:30+00:00", 60),
        ("2026-10-25T01:30+02:00", "2026-10-25T02:30+01:00", "2026-10-24T23:30+00:00", 120),
        ("2026-10-25T02:30+02:00", "2026-10-25T03:30+01:00", "2026-10-25T00:30+00:00", 120),
    ],
)
async def test_a_time_with_its_offset_is_that_time_also_in_the_hour_that_comes_twice(
    add, start, end, starts_at, minutes
):
    made = await add(start=local(start), end=local(end))

    assert made.starts_at == local(starts_at)
    assert made.ends_at - made.starts_at == timedelta(minutes=minutes)
