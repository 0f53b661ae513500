import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from xrm_platform.people.passwords import Passwords
from xrm_platform.people.sign_in import (
    FREE_FAILURES_A_LOGIN,
    FREE_FAILURES_AN_ADDRESS,
    IDLE,
    LIFETIME,
    SignIn,
    network_of,
)
from xrm_platform.people.tables import Session, User
from xrm_platform.problems import Forbidden, Invalid, Throttled, Unauthenticated

PASSWORD = "a long enough one"


@pytest.fixture
async def marie(users, collaborators, operator):
    await collaborators.create(operator, "COM", last_name="Martin")
    return await users.create(operator, "marie", password=PASSWORD, xrm_allowed=True, collaborator="COM")


async def enter(sign_in, login="marie", password=PASSWORD, *, base="ACME", address="192.0.2.1", user_agent="Firefox"):
    return await sign_in.sign_in(base, login, password, user_agent=user_agent, address=address)


async def stored_sessions(store):
    async with store.read() as session:
        return (await session.scalars(select(Session))).all()


async def test_who_signs_in_gets_a_session_with_the_rights_of_the_user(sign_in, marie, base, clock):
    signed_in = await enter(sign_in, " Marie ", base="acme")

    actor, csrf_token = await sign_in.actor_of(signed_in.token)
    assert (actor.name, actor.base_id, actor.base_code) == ("user:marie", base.id, "ACME")
    assert (actor.is_admin, actor.xrm_allowed, actor.speaks_for_all, actor.scopes) == (False, True, False, None)
    assert actor.collaborator_id is not None
    assert csrf_token == signed_in.csrf_token
    assert signed_in.user == marie
    assert signed_in.expires_at == clock() + IDLE


async def test_a_change_of_rights_takes_effect_in_an_open_session(sign_in, users, operator, marie):
    signed_in = await enter(sign_in)

    await users.change(operator, "marie", {"is_admin": True, "xrm_allowed": False, "collaborator": None})

    actor, _ = await sign_in.actor_of(signed_in.token)
    assert (actor.is_admin, actor.xrm_allowed, actor.collaborator_id) == (True, False, None)


@pytest.mark.parametrize(
    ("base_code", "login", "password"),
    [
        ("ACME", "marie", "another long one"),
        ("ACME", "marie", ""),
        ("ACME", "nobody", PASSWORD),
        ("NOBASE", "marie", PASSWORD),
        ("OTHER", "marie", PASSWORD),
        ("A\x00", "marie", PASSWORD),
        ("ACME", "ma\x00rie", PASSWORD),
        ("ACME", "marie", "\ud800" * 12),
    ],
)
async def test_every_failure_has_the_same_answer(sign_in, marie, other_base, base_code, login, password):
    with pytest.raises(Unauthenticated) as caught:
        await enter(sign_in, login, password, base=base_code)

    assert (caught.value.code, caught.value.params) == ("sign_in_failed", {})


async def test_an_inactive_user_gets_the_answer_of_an_unknown_one(sign_in, users, operator, marie):
    await users.change(operator, "marie", {"active": False})

    with pytest.raises(Unauthenticated, match="sign_in_failed"):
        await enter(sign_in)


@pytest.mark.parametrize("login", ["marie", "nobody"])
async def test_a_failure_costs_one_computation_whoever_it_is(sign_in, marie, monkeypatch, login):
    computed = []

    def count(name):
        real = getattr(PasswordHasher, name)

        def counted(self, *args):
            computed.append(name)
            return real(self, *args)

        monkeypatch.setattr(PasswordHasher, name, counted)

    count("hash")
    count("verify")
    with pytest.raises(Unauthenticated):
        await enter(sign_in, login, "another long one")

    assert len(computed) == 1


async def test_neither_cookie_nor_secret_is_stored_or_shown(sign_in, store, marie):
    signed_in = await enter(sign_in)

    (row,) = await stored_sessions(store)
    assert signed_in.token not in (row.token_hash, row.csrf_token, row.user_id)
    assert signed_in.token not in repr(signed_in)
    assert signed_in.csrf_token not in repr(signed_in)


async def test_a_session_says_where_it_was_opened_in_storable_words(sign_in, store, marie):
    await enter(sign_in, user_agent="Fire\x00fox\r\n" + "x" * 1000)

    (row,) = await stored_sessions(store)
    assert row.user_agent.startswith("Firefoxxx")
    assert len(row.user_agent) == 300


async def test_every_signing_in_gives_another_token(sign_in, marie):
    first, second = await enter(sign_in), await enter(sign_in)

    assert first.token != second.token
    assert first.csrf_token != second.csrf_token
    assert await sign_in.actor_of(first.token) is not None


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "x" * 100_000])
async def test_an_unknown_token_is_nobody(sign_in, marie, token):
    assert await sign_in.actor_of(token) is None
    await sign_in.sign_out(token)


async def test_a_session_unused_for_12_hours_has_ended(sign_in, marie, clock):
    signed_in = await enter(sign_in)

    clock.advance(IDLE)

    assert await sign_in.actor_of(signed_in.token) is None


async def test_a_session_in_use_goes_on_but_not_beyond_7_days(sign_in, marie, clock):
    signed_in = await enter(sign_in)
    hours = 0
    while await sign_in.actor_of(signed_in.token) is not None:
        clock.advance(timedelta(hours=11))
        hours += 11

    assert timedelta(hours=hours - 11) < LIFETIME <= timedelta(hours=hours)


async def test_a_session_is_not_written_at_every_request(sign_in, store, marie, clock):
    signed_in = await enter(sign_in)
    opened_at = clock()

    clock.advance(timedelta(seconds=59))
    await sign_in.actor_of(signed_in.token)
    assert (await stored_sessions(store))[0].last_seen_at == opened_at

    clock.advance(timedelta(seconds=1))
    await sign_in.actor_of(signed_in.token)
    assert (await stored_sessions(store))[0].last_seen_at == clock()


async def test_signing_out_ends_this_session_only(sign_in, marie):
    first, second = await enter(sign_in), await enter(sign_in)

    await sign_in.sign_out(first.token)

    assert await sign_in.actor_of(first.token) is None
    assert await sign_in.actor_of(second.token) is not None


async def test_signing_out_everywhere_ends_all_of_ones_own(sign_in, users, operator, marie):
    await users.create(operator, "paul", password=PASSWORD)
    first, second, others = await enter(sign_in), await enter(sign_in), await enter(sign_in, "paul")
    actor, _ = await sign_in.actor_of(first.token)

    assert await sign_in.sign_out_everywhere(actor) == 2
    assert await sign_in.actor_of(second.token) is None
    assert await sign_in.actor_of(others.token) is not None


async def test_who_is_no_user_has_no_sessions_and_no_password(sign_in, operator):
    with pytest.raises(Forbidden, match="users_only"):
        await sign_in.sign_out_everywhere(operator)
    with pytest.raises(Forbidden, match="users_only"):
        await sign_in.change_password(operator, PASSWORD, "another long one")


async def test_ended_sessions_of_a_user_are_cleared_when_they_sign_in(sign_in, store, marie, clock):
    await enter(sign_in)
    clock.advance(IDLE)

    await enter(sign_in)

    assert len(await stored_sessions(store)) == 1


async def fail(sign_in, times, **where):
    for _ in range(times):
        with pytest.raises(Unauthenticated):
            await enter(sign_in, password="another long one", **where)


async def test_too_many_failures_make_a_login_wait_even_with_the_right_password(sign_in, marie, clock):
    await fail(sign_in, FREE_FAILURES_A_LOGIN + 1)

    with pytest.raises(Throttled, match="sign_in_throttled") as caught:
        await enter(sign_in, address="198.51.100.7")
    assert caught.value.retry_after == 1

    clock.advance(timedelta(seconds=1))
    assert (await enter(sign_in)).user == marie


async def test_unknown_logins_are_slowed_down_alike(sign_in, marie):
    await fail(sign_in, FREE_FAILURES_A_LOGIN + 1, login="nobody")

    with pytest.raises(Throttled):
        await enter(sign_in, "nobody")
    assert (await enter(sign_in)).user == marie


async def test_one_address_that_tries_many_logins_has_to_wait(sign_in, marie):
    for number in range(FREE_FAILURES_AN_ADDRESS + 1):
        await fail(sign_in, 1, login=f"user{number}")

    with pytest.raises(Throttled):
        await enter(sign_in)
    assert (await enter(sign_in, address="198.51.100.7")).user == marie


async def test_one_network_of_ipv6_counts_as_one_address(sign_in, marie):
    for number in range(FREE_FAILURES_AN_ADDRESS + 1):
        await fail(sign_in, 1, login=f"user{number}", address=f"2001:db8:0:1::{number:x}")

    with pytest.raises(Throttled):
        await enter(sign_in, address="2001:db8:0:1:ffff::1")
    assert (await enter(sign_in, address="2001:db8:0:2::1")).user == marie


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1:a:b:c:d", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("nowhere", "nowhere"),
    ],
)
def test_addresses_are_counted_by_their_network(address, network):
    assert network_of(address) == network


async def test_guesses_sent_all_at_once_are_counted_before_they_are_answered(sign_in, marie):
    results = await asyncio.gather(
        *(enter(sign_in, password=f"guess number {number}") for number in range(20)), return_exceptions=True
    )

    answered = [result for result in results if isinstance(result, Unauthenticated)]
    assert len(answered) == FREE_FAILURES_A_LOGIN + 1
    assert sum(isinstance(result, Throttled) for result in results) == 20 - len(answered)


async def test_success_forgets_the_failures_of_the_login(sign_in, marie):
    for _ in range(3):
        await fail(sign_in, FREE_FAILURES_A_LOGIN)
        await enter(sign_in)


async def test_a_hash_of_older_parameters_is_renewed_when_its_user_signs_in(store, clock, users, operator, sign_in):
    await users.create(operator, "marie", password=PASSWORD)
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))

    await enter(SignIn(store, clock, stronger))

    async with store.read() as session:
        stored = await session.scalar(select(User.password_hash).where(User.login == "marie"))
    assert not stronger.is_outdated(stored)
    assert await stronger.verify(stored, PASSWORD)


async def test_a_user_changes_their_own_password_and_signs_in_anew(sign_in, marie, store, audit, operator):
    signed_in = await enter(sign_in)
    actor, _ = await sign_in.actor_of(signed_in.token)

    await sign_in.change_password(actor, PASSWORD, "another long one")

    assert await sign_in.actor_of(signed_in.token) is None
    assert (await enter(sign_in, password="another long one")).user == marie
    entry = (await audit.list(operator, limit=1)).items[0]
    assert (entry.actor, entry.action, entry.changes) == ("user:marie", "user.changed", {"password": ["***", "***"]})


async def test_changing_ones_password_needs_the_current_one_and_a_good_new_one(sign_in, marie, store):
    signed_in = await enter(sign_in)
    actor, _ = await sign_in.actor_of(signed_in.token)

    with pytest.raises(Invalid) as caught:
        await sign_in.change_password(actor, "not this one", "another long one")
    assert caught.value.fields["current_password"].code == "current_password_wrong"
    with pytest.raises(Invalid) as caught:
        await sign_in.change_password(actor, PASSWORD, "short")
    assert caught.value.fields["new_password"].code == "password_too_short"
    assert await sign_in.actor_of(signed_in.token) is not None


async def test_guessing_the_current_password_is_slowed_down(sign_in, marie):
    actor, _ = await sign_in.actor_of((await enter(sign_in)).token)
    for _ in range(FREE_FAILURES_A_LOGIN + 1):
        with pytest.raises(Invalid):
            await sign_in.change_password(actor, "not this one", "another long one")

    with pytest.raises(Throttled):
        await sign_in.change_password(actor, PASSWORD, "another long one")


async def test_a_failure_leaves_nothing_in_the_database(sign_in, store, marie):
    await fail(sign_in, 2)

    async with store.read() as session:
        assert await session.scalar(select(func.count()).select_from(Session)) == 0
