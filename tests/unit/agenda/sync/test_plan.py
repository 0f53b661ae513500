"""What has to happen follows from three texts, and once it has happened nothing more has to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.agenda.sync.merge import differs
from xrm_platform.agenda.sync.plan import Agreed, Brake, Direction, Do, Kind, Pair, Sent, Step, agreeing, plan, step
from xrm_platform.agenda.sync.said import same
from xrm_platform.providers import RemoteEvent
from xrm_platform.testing.calendar_vendor import vcalendar, vevent

TITLES = st.sampled_from(["Un", "Deux", "Trois"])


def text(title: str, place: str = "Lyon", uid: str = "one@example.com") -> str:
    return vcalendar(*vevent(uid, title, f"LOCATION:{place}"))


def there(ical: str, etag: str = "v2") -> RemoteEvent:
    return RemoteEvent("ref", etag, "theirs@example.com", ical)


def agreed(ical: str, etag: str = "v1") -> Agreed:
    return Agreed("ref", "theirs@example.com", etag, ical, ical)


A, B, C = text("Un"), text("Deux"), text("Trois")


@pytest.mark.parametrize(
    ("ours", "theirs", "before", "here", "far"),
    [
        (A, None, None, Do.KEEP, Do.MAKE),
        (None, A, None, Do.MAKE, Do.KEEP),
        (A, A, None, Do.KEEP, Do.KEEP),
        (A, A, A, Do.KEEP, Do.KEEP),
        (A, B, A, Do.CHANGE, Do.KEEP),
        (B, A, A, Do.KEEP, Do.CHANGE),
        (B, B, A, Do.KEEP, Do.KEEP),
        (A, None, A, Do.DROP, Do.KEEP),
        (None, A, A, Do.KEEP, Do.DROP),
        (None, None, A, Do.KEEP, Do.KEEP),
        (B, None, A, Do.KEEP, Do.MAKE),
        (None, B, A, Do.MAKE, Do.KEEP),
        (B, C, A, Do.KEEP, Do.CHANGE),
    ],
)
def test_who_changed_what_tells_what_to_do(ours, theirs, before, here, far):
    found = step(Pair("1", ours, theirs and there(theirs), before and agreed(before)))
    assert (found.here, found.there) == (here, far)


def test_changes_of_both_sides_are_brought_to_both():
    found = step(Pair("1", text("Deux"), there(text("Un", "Paris")), agreed(A)))
    assert (found.here, found.there) == (Do.CHANGE, Do.CHANGE)
    assert same(found.ours, text("Deux", "Paris"))
    assert same(found.theirs, text("Deux", "Paris"))
    assert found.lost == ()


def test_an_edit_survives_the_deletion_on_the_other_side_and_the_deletion_is_named():
    (lost,) = step(Pair("1", B, None, agreed(A))).lost
    assert (lost.kind, lost.theirs_lost) == (Kind.DELETED_THERE, True)
    (lost,) = step(Pair("1", None, there(B), agreed(A))).lost
    assert (lost.kind, lost.theirs_lost) == (Kind.DELETED_HERE, False)


def test_another_version_that_says_the_same_is_no_change_and_is_remembered():
    found = step(Pair("1", A, there(A, "v9"), agreed(A)))
    assert (found.here, found.there, found.agreed.etag) == (Do.KEEP, Do.KEEP, "v9")


def test_a_write_whose_answer_was_lost_is_recognised_as_ours():
    """Here the title went on from Deux to Trois after Deux had been sent: no conflict, only one more change."""
    found = step(Pair("1", C, there(B), agreed(A), Sent(B, B)))
    assert (found.here, found.there, found.lost) == (Do.KEEP, Do.CHANGE, ())
    assert same(found.theirs, C)


def test_a_creation_whose_answer_was_lost_is_recognised_as_ours():
    assert step(Pair("1", A, there(A), None, Sent(A, A))) == Step(agreed=agreeing(there(A), A))


@pytest.mark.parametrize("ours", [None, A, B])
@pytest.mark.parametrize("theirs", [None, A, C])
@pytest.mark.parametrize("before", [None, A])
def test_one_way_writes_on_one_side_only(ours, theirs, before):
    pair = Pair("1", ours, theirs and there(theirs), before and agreed(before))
    assert step(pair, Direction.PULL).there is Do.KEEP
    assert step(pair, Direction.PUSH).here is Do.KEEP


def test_pulling_only_the_other_side_wins_and_own_additions_stay():
    mine, yours = text("Deux").replace("LOCATION:Lyon", "LOCATION:Lyon\r\nX-OURS:1"), C
    found = step(Pair("1", mine, there(yours), agreed(A)), Direction.PULL)
    assert "SUMMARY:Trois" in found.ours
    assert "X-OURS:1" in found.ours
    assert [lost.theirs_lost for lost in found.lost] == [False]


def test_what_is_no_event_is_parked_and_nothing_is_touched():
    found = step(Pair("1", A, there("<html>"), agreed(A)))
    assert (found.here, found.there, found.parked) == (Do.KEEP, Do.KEEP, "event_not_understood")
    assert found.agreed == agreed(A)


SIDES = st.one_of(st.none(), st.builds(text, TITLES, st.sampled_from(["Lyon", "Paris"])))


@given(ours=SIDES, theirs=SIDES, before=SIDES, direction=st.sampled_from(Direction))
def test_once_it_has_happened_nothing_more_has_to(ours, theirs, before, direction):
    pair = Pair("1", ours, theirs and there(theirs), before and agreed(before))
    done = done_with(pair, direction)
    again = step(done, direction)
    assert (again.here, again.there) == (Do.KEEP, Do.KEEP)
    if direction is Direction.TWO_WAY:
        assert (done.ours is None) == (done.theirs is None)
        assert done.ours is None or same(done.ours, done.theirs.ical)


@given(ours=SIDES, theirs=SIDES, before=SIDES)
def test_a_title_that_somebody_gave_is_in_the_end_there_or_kept_as_lost(ours, theirs, before):
    pair = Pair("1", ours, theirs and there(theirs), before and agreed(before))
    planned = step(pair)
    done = done_with(pair, Direction.TWO_WAY)
    for side in (ours, theirs):
        if side is None or (before is not None and not differs(before, side)):
            continue
        kept = [done.ours or "", *(lost.ours for lost in planned.lost), *(lost.theirs for lost in planned.lost)]
        title = next(line for line in side.split("\r\n") if line.startswith("SUMMARY"))
        old = before is not None and title in before
        assert old or any(title in one for one in kept)


def done_with(pair: Pair, direction: Direction) -> Pair:
    """As it is after its step, the part of the other side by a plan of its own."""
    first = step(pair, direction)
    ours = {Do.KEEP: pair.ours, Do.DROP: None}.get(first.here, first.ours)
    after = Pair(pair.id, ours, pair.theirs, first.agreed)
    if first.parked:
        return after
    second = step(after, direction) if after.agreed or after.theirs is None else first
    assert second.here is Do.KEEP
    assert second.there is first.there
    match second.there:
        case Do.KEEP:
            return Pair(pair.id, ours, pair.theirs, second.agreed)
        case Do.DROP:
            return Pair(pair.id, ours, None, None)
        case _:
            made = there(second.theirs, "v3")
            return Pair(pair.id, ours, made, agreeing(made, ours))


@pytest.mark.parametrize(
    ("vanishing", "of", "all_at_once", "held"),
    [
        (0, 0, False, False),
        (3, 3, False, False),
        (3, 3, True, True),
        (1, 1, True, False),
        (5, 10, False, False),
        (6, 10, False, True),
        (6, 100, False, False),
        (50, 10_000, False, False),
        (51, 10_000, False, True),
    ],
)
def test_the_brake(vanishing, of, all_at_once, held):
    assert Brake().holds(vanishing, of, all_at_once=all_at_once) is held


def test_a_plan_is_the_steps_of_its_pairs_in_their_order():
    pairs = [Pair("1", A, None), Pair("2", None, there(B))]
    assert [(one.pair.id, one.step.here, one.step.there) for one in plan(pairs)] == [
        ("1", Do.KEEP, Do.MAKE),
        ("2", Do.MAKE, Do.KEEP),
    ]
