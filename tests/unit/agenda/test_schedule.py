"""Days, weeks and months, free slots and overlaps, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql, sqlite

from xrm_platform.agenda import queries
from xrm_platform.agenda.drawing import AHEAD, SPARE, month_of
from xrm_platform.problems import Forbidden, Invalid, Missing


def local(given):
    return datetime.fromisoformat(given)


def utc(given):
    return datetime.fromisoformat(given).replace(tzinfo=UTC)


@pytest.fixture
def seen(xrm, admin):
    async def summaries(since, until, **whose):
        return [one.summary for one in await xrm.schedule.range(admin, utc(since), utc(until), **whose)]

    return summaries


async def test_a_range_holds_what_touches_it_and_nothing_that_only_borders_on_it(add, seen):
    await add("before", "2026-03-02T08:00", end=local("2026-03-02T09:00"))
    await add("into", "2026-03-02T08:30", end=local("2026-03-02T09:30"))
    await add("no time", "2026-03-02T09:00", end=local("2026-03-02T09:00"))
    await add("out of", "2026-03-02T09:30", end=local("2026-03-02T11:00"))
    await add("after", "2026-03-02T10:00")

    assert await seen("2026-03-02T08:00", "2026-03-02T09:00") == ["into", "no time", "out of"]


async def test_what_lasts_for_months_is_in_each_of_them_once(add, seen):
    await add("long", start=date(2026, 1, 20), end=date(2026, 5, 3))

    for month in range(1, 6):
        assert await seen(f"2026-{month:02}-01", f"2026-{month + 1:02}-01") == ["long"]
    assert await seen("2026-01-01", "2026-12-31") == ["long"]
    assert await seen("2026-06-01", "2026-07-01") == []


async def test_a_day_a_week_and_a_month_are_those_of_the_base(xrm, admin, add):
    await add("sunday night", "2026-03-01T23:30", end=local("2026-03-01T23:45"))
    await add("monday", "2026-03-02T00:00")
    await add("sunday", "2026-03-08T22:00")

    async def view(span):
        return [one.summary for one in await xrm.schedule.view(admin, span, date(2026, 3, 2), owner="COM")]

    assert await view("day") == ["monday"]
    assert await view("week") == ["monday", "sunday"]
    assert await view("month") == ["sunday night", "monday", "sunday"]


async def test_a_team_is_the_manager_and_all_below(xrm, admin, as_, add, seen):
    for owner in ("DIR", "COM", "NEW", "ALONE"):
        await add(owner, owner=owner)
    march = ("2026-03-01", "2026-04-01")

    assert set(await seen(*march, team="COM")) == {"COM", "NEW"}
    assert set(await seen(*march)) == {"DIR", "COM", "NEW", "ALONE"}
    own = await xrm.schedule.range(as_("COM"), utc(march[0]), utc(march[1]))
    assert {one.summary for one in own} == {"COM", "NEW"}
    with pytest.raises(Forbidden):
        await xrm.schedule.range(as_("COM"), utc(march[0]), utc(march[1]), team="DIR")


async def test_occurrences_outside_of_what_is_kept_are_worked_out(add, seen):
    await add("daily", "2020-01-01T09:00", recurrence="FREQ=DAILY")
    await add("ended", "2020-01-01T09:00", recurrence="FREQ=DAILY;UNTIL=20210101T000000Z")
    await add("once", "2021-05-03T12:00")

    assert await seen("2021-05-03", "2021-05-04") == ["daily", "once"]
    assert await seen("2040-05-03", "2040-05-05") == ["daily", "daily"]
    assert await seen("2025-02-25", "2025-03-08") == ["daily"] * 11  # across the beginning of what is kept


async def test_the_tick_keeps_occurrences_two_years_ahead(xrm, admin, add, seen, clock):
    await add("daily", recurrence="FREQ=DAILY")
    clock.advance(timedelta(days=100))

    await xrm.run_until_idle()

    async with xrm.store.read() as session:
        (row,) = await queries.events(
            session, base_id=admin.base_id, owners=[(await _com(xrm, admin))], after=None, limit=9
        )
        kept = await session.scalar(text("SELECT count(*) FROM occurrence WHERE event_id = :id"), {"id": row.id})
    assert row.window_to == clock() + AHEAD + SPARE
    assert kept >= 731
    assert row.rev == 1


async def _com(xrm, admin):
    from xrm_platform.people import lookup

    async with xrm.store.read() as session:
        return (await lookup.collaborator(session, base_id=admin.base_id, code="COM")).id


async def test_a_month_of_one_person_is_one_range_of_an_index(xrm, admin, add):
    for day in range(1, 29):
        await add(f"n{day}", f"2026-03-{day:02}T09:00")
    since, until = utc("2026-03-01"), utc("2026-04-01")
    query = queries.touching(
        base_id=admin.base_id, owners=[await _com(xrm, admin)], bucket=month_of(since), since=since, until=until
    )

    async with xrm.store.read() as session:
        if xrm.store.is_sqlite:
            sql = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
            plan = [row.detail for row in await session.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]
            found = "(base_id=? AND owner_id=? AND segment_at>? AND segment_at<?)"
            assert plan == [f"SEARCH occurrence USING INDEX ix_occurrence_base_id_owner_id_segment_at {found}"]
        else:
            sql = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
            await session.execute(text("SET LOCAL enable_seqscan = off"))  # so few rows are quicker read whole
            await session.execute(text("SET LOCAL enable_bitmapscan = off"))
            plan = [row[0] for row in await session.execute(text(f"EXPLAIN {sql}"))]
            assert "Index Scan using ix_occurrence_base_id_owner_id_segment_at on occurrence" in plan[0]
            condition = next(line for line in plan if "Index Cond" in line)
            assert all(name in condition for name in ("base_id", "owner_id", "segment_at >=", "segment_at <"))


@pytest.mark.parametrize(
    ("since", "until", "field", "code"),
    [
        ("2026-03-02", "2026-03-02", "to", "range_backwards"),
        ("2026-03-02", "2028-03-02", "to", "range_too_long"),
    ],
)
async def test_a_range_that_is_none_is_refused(seen, since, until, field, code):
    with pytest.raises(Invalid) as refused:
        await seen(since, until, owner="COM")
    assert refused.value.fields[field].code == code


async def test_several_are_free_between_what_they_do_in_working_hours(xrm, as_, add):
    await add("a", "2026-03-02T09:00", end=local("2026-03-02T12:00"), owner="COM")
    await add("b", "2026-03-02T11:00", end=local("2026-03-02T14:30"), owner="DIR", private=True)
    await add("free", "2026-03-02T15:00", end=local("2026-03-02T18:00"), busy=False)
    cancelled = await add("cancelled", "2026-03-02T16:00", end=local("2026-03-02T17:00"))
    await xrm.agenda.cancel(as_("COM"), cancelled.id)

    slots = await xrm.schedule.free_slots(
        as_("ALONE"), ["COM", "DIR"], utc("2026-02-28"), utc("2026-03-03"), minutes=60
    )

    shown = [(slot.starts_at.strftime("%d %H:%M"), slot.ends_at.strftime("%H:%M")) for slot in slots]
    assert shown == [("02 07:00", "08:00"), ("02 13:30", "18:00")]  # 8 to 9 and 14:30 to 19 in Paris


async def test_free_slots_of_nobody_known_are_missing(xrm, admin):
    with pytest.raises(Missing):
        await xrm.schedule.free_slots(admin, ["WHO"], utc("2026-03-02"), utc("2026-03-03"))


async def test_overlaps_name_what_is_there_already(xrm, admin, as_, add):
    await add("there", "2026-03-09T09:30", private=True)
    await add("beside", "2026-03-09T10:00", busy=False)
    await add("of another", "2026-03-09T09:30", owner="DIR")
    made = await add("new", "2026-03-02T09:00", recurrence="FREQ=WEEKLY")

    found = await xrm.schedule.overlaps(admin, made.id)
    of_manager = await xrm.schedule.overlaps(as_("DIR"), made.id)

    assert [(one.key, one.other.summary) for one in found] == [("20260309T080000Z", "there")]
    assert [one.other.summary for one in of_manager] == [""]
