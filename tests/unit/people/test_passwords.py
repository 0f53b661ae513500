import asyncio
import threading

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xrm_platform.people.passwords import HASHES_AT_ONCE, Passwords
from xrm_platform.problems import Invalid

PASSWORD = "correct horse"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(password=st.text(st.characters(), min_size=10, max_size=30), other=st.text(min_size=1, max_size=3))
async def test_a_password_is_verified_and_no_other(passwords, password, other):
    stored = await passwords.hash(password)

    assert await passwords.verify(stored, password)
    assert not await passwords.verify(stored, password + other + "x")


async def test_a_password_with_accents_is_the_same_from_every_keyboard(passwords):
    stored = await passwords.hash("été à la mer")

    assert await passwords.verify(stored, "e\u0301te\u0301 a\u0300 la mer")


@pytest.mark.parametrize(("password", "code"), [("123456789", "password_too_short"), ("x" * 1025, "text_too_long")])
async def test_a_password_too_short_or_too_long_is_refused(passwords, password, code):
    with pytest.raises(Invalid) as caught:
        await passwords.hash(password)

    assert caught.value.fields["password"].code == code
    assert password not in str(caught.value)


async def test_without_a_hash_the_answer_is_no_after_a_computation(monkeypatch, passwords):
    computed = []
    monkeypatch.setattr(PasswordHasher, "hash", lambda self, given: computed.append(given))

    assert not await passwords.verify(None, PASSWORD)
    assert computed == [PASSWORD.encode()]


@pytest.mark.parametrize("stored", ["", "not a hash", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
async def test_a_hash_that_is_none_verifies_nothing(passwords, stored):
    assert not await passwords.verify(stored, PASSWORD)


async def test_an_endless_password_is_verified_as_wrong(passwords):
    assert not await passwords.verify(await passwords.hash(PASSWORD), "x" * 10_000_000)


async def test_a_hash_of_other_parameters_is_outdated(passwords):
    older = Passwords(PasswordHasher(time_cost=2, memory_cost=8, parallelism=1))

    assert passwords.is_outdated(await older.hash(PASSWORD))
    assert not passwords.is_outdated(await passwords.hash(PASSWORD))


async def test_the_real_parameters_are_argon2id_with_64_mib():
    parameters = extract_parameters(await Passwords().hash(PASSWORD))

    assert parameters.type is Type.ID
    assert parameters.memory_cost == 64 * 1024
    assert parameters.time_cost >= 3


async def test_only_few_hashes_are_computed_at_once(monkeypatch, passwords):
    running, most, lock, gate = 0, 0, threading.Lock(), threading.Barrier(HASHES_AT_ONCE)

    def slow(self, given):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait(10)
        with lock:
            running -= 1
        return "hash"

    monkeypatch.setattr(PasswordHasher, "hash", slow)
    await asyncio.gather(*(passwords.hash(PASSWORD) for _ in range(3 * HASHES_AT_ONCE)))

    assert most == HASHES_AT_ONCE
