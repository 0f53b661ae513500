import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xrm_platform.people import lookup
from xrm_platform.people.collaborators import Collaborators
from xrm_platform.people.managers import loop_of
from xrm_platform.problems import Conflicting
from xrm_platform.store import new_id

PEOPLE = tuple("ABCDE")


@pytest.fixture
async def team(collaborators, operator):
    """DIR manages CHEF, who manages COM; CAISSE is managed by nobody."""
    for code, manager in (("DIR", None), ("CHEF", "DIR"), ("COM", "CHEF"), ("CAISSE", None)):
        await collaborators.create(operator, code, last_name=code, manager=manager)


async def below(store, operator, code):
    async with store.read() as session:
        codes = await lookup.codes(session, base_id=operator.base_id)
        found = await lookup.collaborator(session, base_id=operator.base_id, code=code)
        ids = await lookup.below(session, base_id=operator.base_id, collaborator_id=found.id)
    return {codes[collaborator_id] for collaborator_id in ids}


async def test_a_manager_has_everyone_below_at_any_depth(store, operator, team):
    assert await below(store, operator, "DIR") == {"CHEF", "COM"}
    assert await below(store, operator, "CHEF") == {"COM"}
    assert await below(store, operator, "COM") == set()
    assert await below(store, operator, "CAISSE") == set()


async def test_nobody_of_another_base_is_below(store, operator, other_base, team):
    async with store.read() as session:
        director = await lookup.collaborator(session, base_id=operator.base_id, code="DIR")
        assert await lookup.below(session, base_id=other_base.id, collaborator_id=director.id) == frozenset()
        assert await lookup.below(session, base_id=operator.base_id, collaborator_id=new_id()) == frozenset()


@pytest.mark.parametrize(
    ("code", "manager", "chain"),
    [("COM", "COM", "COM → COM"), ("CHEF", "COM", "CHEF → COM → CHEF"), ("DIR", "COM", "DIR → COM → CHEF → DIR")],
)
async def test_a_loop_is_refused_and_named(collaborators, operator, team, code, manager, chain):
    before = await collaborators.get(operator, code)

    with pytest.raises(Conflicting, match="manager_loop") as caught:
        await collaborators.change(operator, code, {"manager": manager})

    assert caught.value.params == {"collaborator": code, "manager": manager, "chain": chain}
    assert await collaborators.get(operator, code) == before


async def test_of_two_changes_at_once_that_would_close_a_loop_one_is_refused(collaborators, operator, team):
    results = await asyncio.gather(
        collaborators.change(operator, "CAISSE", {"manager": "COM"}),
        collaborators.change(operator, "DIR", {"manager": "CAISSE"}),
        return_exceptions=True,
    )

    assert sorted(type(result).__name__ for result in results) == ["CollaboratorView", "Conflicting"]


async def test_a_manager_can_be_taken_away(store, collaborators, operator, team):
    assert (await collaborators.change(operator, "CHEF", {"manager": None})).manager is None
    assert await below(store, operator, "DIR") == set()


def plain_search(manager_of, top):
    """Who is below `top`, found by walking every graph edge."""
    found, ahead = set(), [top]
    while ahead:
        above = ahead.pop()
        for code, manager in manager_of.items():
            if manager == above and code not in found:
                found.add(code)
                ahead.append(code)
    return found


CHANGES = st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from((*PEOPLE, None))), max_size=10)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10)
@given(changes=CHANGES)
async def test_no_sequence_of_changes_makes_a_loop_and_below_is_what_a_graph_search_finds(store, clock, bases, changes):
    code = new_id().replace("-", "")[-20:]
    await bases.create(code, "Fresh", actor_name="operator:test")
    operator = await bases.operator(code)
    collaborators = Collaborators(store, clock)
    manager_of = dict.fromkeys(PEOPLE)
    for person in PEOPLE:
        await collaborators.create(operator, person, last_name=person)

    for person, manager in changes:
        would_loop = manager is not None and (manager == person or manager in plain_search(manager_of, person))
        try:
            await collaborators.change(operator, person, {"manager": manager})
        except Conflicting:
            assert would_loop
        else:
            assert not would_loop
            manager_of[person] = manager

    for person in PEOPLE:
        assert person not in plain_search(manager_of, person)
        assert await below(store, operator, person) == plain_search(manager_of, person)


@given(st.lists(st.sampled_from(PEOPLE), unique=True), st.sampled_from(PEOPLE))
def test_a_loop_starts_and_ends_with_the_one_who_is_moved(chain, code):
    loop = loop_of(code, chain)

    if code in chain:
        assert loop[0] == loop[-1] == code
        assert loop[1:] == chain[: chain.index(code) + 1]
    else:
        assert loop == []
