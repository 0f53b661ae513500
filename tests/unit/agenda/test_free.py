"""Free time is what working hours have and nothing busy takes."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.free import WorkingHours, free_slots, merged

FROM = datetime(2026, 3, 2, tzinfo=UTC)
minutes = st.integers(0, 5 * 24 * 60).map(lambda number: FROM + timedelta(minutes=number))
intervals = st.lists(st.tuples(minutes, minutes).map(lambda pair: (min(pair), max(pair))), max_size=8)
ALWAYS = WorkingHours(time(0), time(23, 59), frozenset(range(7)))


@given(intervals, st.integers(5, 300))
def test_no_slot_touches_what_is_busy_and_none_is_too_short(busy, shortest):
    until = FROM + timedelta(days=5)
    slots = list(free_slots(busy, FROM, until, timedelta(minutes=shortest), WorkingHours(), ZoneInfo("Europe/Paris")))

    for begins, ends in slots:
        assert ends - begins >= timedelta(minutes=shortest)
        assert FROM <= begins < ends <= until
        assert not any(taken < ends and begins < until_ for taken, until_ in busy if until_ > taken)
    assert slots == sorted(slots)


@given(intervals)
def test_free_and_busy_together_are_all_the_time(busy):
    until = FROM + timedelta(days=5)
    free = list(free_slots(busy, FROM, until, timedelta(minutes=1), ALWAYS, UTC))

    pieces = merged([*free, *((max(begins, FROM), min(ends, until)) for begins, ends in busy)])

    covered = sum((ends - begins for begins, ends in pieces), timedelta())
    assert covered >= timedelta(days=5) - 5 * timedelta(minutes=1) - len(busy) * 2 * timedelta(minutes=1)


def test_working_hours_follow_the_clock_on_the_wall():
    week = (datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))

    slots = list(free_slots([], *week, timedelta(hours=1), WorkingHours(), ZoneInfo("Europe/Paris")))

    assert [begins.strftime("%a %H:%M") for begins, _ in slots] == ["Fri 07:00", "Mon 06:00"]
