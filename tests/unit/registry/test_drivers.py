"""One driver for each account: built once, replaced with its settings, closed after its last call."""

import asyncio
from contextlib import aclosing

import pytest

from xrm_platform.providers import (
    AuthError,
    Channel,
    OutcomeUnknown,
    PermanentError,
    ProviderError,
    ProviderSettings,
    TransientError,
    secret,
)
from xrm_platform.providers.providers import Limits


class Settings(ProviderSettings):
    password = secret()


@pytest.fixture
def descriptor(describe):
    return describe("acme", settings=Settings, limits=Limits(timeout=5))


class Recording:
    """Tells `built` of each instance; `closed` counts."""

    built: list["Recording"]

    def __init__(self, settings, context):
        self.settings = settings
        self.closed = 0
        self.built.append(self)

    async def aclose(self):
        self.closed += 1


@pytest.fixture
def driver_class():
    return type("Recorder", (Recording,), {"built": []})


@pytest.fixture
def drivers(load, offering, drivers_of, descriptor, driver_class):
    return drivers_of(load(offering("acme", descriptor, driver=driver_class)))


async def test_a_driver_is_built_once_however_many_ask_at_once(drivers, descriptor, driver_class):
    loads = []

    def settings():
        loads.append(1)
        return {"password": "x"}

    found = await asyncio.gather(*(drivers.get("a", 1, descriptor, settings) for _ in range(20)))

    assert len(driver_class.built) == len(loads) == 1
    assert len(set(found)) == 1


async def test_each_account_has_a_driver_of_its_own(drivers, descriptor, driver_class):
    await drivers.get("a", 1, descriptor, lambda: {"password": "a"})
    await drivers.get("b", 1, descriptor, lambda: {"password": "b"})

    assert [one.settings["password"] for one in driver_class.built] == ["a", "b"]


async def test_new_settings_replace_the_driver_and_close_the_old_one(drivers, descriptor, driver_class):
    old = await drivers.get("a", 1, descriptor, dict)
    new = await drivers.get("a", 2, descriptor, dict)
    await drivers.aclose()

    assert old is not new
    assert [one.closed for one in driver_class.built] == [1, 1]


async def test_asking_for_an_older_revision_gives_the_newest(drivers, descriptor, driver_class):
    new = await drivers.get("a", 2, descriptor, dict)

    assert await drivers.get("a", 1, descriptor, dict) is new
    assert len(driver_class.built) == 1


async def test_an_older_revision_asked_for_while_a_newer_is_built_gives_the_newer(drivers, descriptor, driver_class):
    found = await asyncio.gather(drivers.get("a", 2, descriptor, dict), drivers.get("a", 1, descriptor, dict))

    assert [one.revision for one in found] == [2, 2]
    assert len(driver_class.built) == 1


async def test_a_replaced_driver_is_closed_only_after_its_calls_in_flight(drivers, descriptor, driver_class):
    finish = asyncio.Event()
    old = await drivers.get("a", 1, descriptor, dict)
    calls = [asyncio.create_task(old.call("send", lambda _: finish.wait(), effect=True)) for _ in range(2)]
    await asyncio.sleep(0)

    await drivers.get("a", 2, descriptor, dict)
    await asyncio.sleep(0.01)

    assert driver_class.built[0].closed == 0

    finish.set()
    assert await asyncio.gather(*calls) == [True, True]
    await drivers.aclose()
    assert driver_class.built[0].closed == 1


async def test_pages_being_read_count_as_a_call_in_flight(drivers, descriptor, driver_class):
    async def changes(driver):
        yield 1
        yield 2

    account = await drivers.get("a", 1, descriptor, dict)
    seen = []
    async with aclosing(account.pages("changes", changes)) as found:
        async for page in found:
            await drivers.forget("a")
            await asyncio.sleep(0)
            seen.append((page, driver_class.built[0].closed))
    await drivers.aclose()

    assert seen == [(1, 0), (2, 0)]
    assert driver_class.built[0].closed == 1


async def test_a_replaced_driver_takes_no_new_calls(drivers, descriptor):
    old = await drivers.get("a", 1, descriptor, dict)
    await drivers.forget("a")
    await asyncio.sleep(0)

    with pytest.raises(TransientError) as caught:
        await old.call("send", lambda driver: driver.send([]))
    assert caught.value.code == "driver_closed"


async def test_a_forgotten_account_is_built_anew_when_asked_for(drivers, descriptor, driver_class):
    await drivers.get("a", 1, descriptor, dict)
    await drivers.forget("a")
    await drivers.get("a", 1, descriptor, dict)
    await drivers.aclose()

    assert [one.closed for one in driver_class.built] == [1, 1]


async def test_after_the_end_no_driver_is_built(drivers, descriptor, driver_class):
    await drivers.aclose()

    with pytest.raises(TransientError):
        await drivers.get("a", 1, descriptor, dict)
    assert driver_class.built == []


async def test_forgetting_an_account_that_never_had_a_driver_is_nothing(drivers):
    await drivers.forget("nobody")


async def test_a_constructor_that_fails_is_a_lasting_error_without_the_secret(load, offering, drivers_of, descriptor):
    def constructor(settings, context):
        raise SystemExit(f"cannot use {settings['password']}")

    drivers = drivers_of(load(offering("acme", descriptor, driver=constructor)))

    with pytest.raises(PermanentError) as caught:
        await drivers.get("a", 1, descriptor, lambda: {"password": "s3cr3t"})
    assert (caught.value.code, caught.value.params) == ("driver_failed", {"plugin": "acme"})
    assert caught.value.detail == "SystemExit: cannot use ***"


async def test_a_constructor_may_say_by_an_error_of_the_contract_what_is_wrong(load, offering, drivers_of, descriptor):
    def constructor(settings, context):
        raise AuthError("key_unreadable", detail=settings["password"])

    drivers = drivers_of(load(offering("acme", descriptor, driver=constructor)))

    with pytest.raises(AuthError) as caught:
        await drivers.get("a", 1, descriptor, lambda: {"password": "s3cr3t"})
    assert (caught.value.code, caught.value.detail) == ("key_unreadable", "***")


async def test_a_failed_build_is_tried_again_by_the_next_who_asks(load, offering, drivers_of, descriptor, driver_class):
    def constructor(settings, context):
        if settings["password"] == "bad":
            raise ValueError
        return driver_class(settings, context)

    drivers = drivers_of(load(offering("acme", descriptor, driver=constructor)))
    with pytest.raises(ProviderError):
        await drivers.get("a", 1, descriptor, lambda: {"password": "bad"})

    await drivers.get("a", 1, descriptor, lambda: {"password": "good"})

    assert len(driver_class.built) == 1


async def test_the_driver_of_a_provider_that_is_not_there_is_missing(load, drivers_of, descriptor):
    with pytest.raises(PermanentError) as caught:
        await drivers_of(load()).get("a", 1, descriptor, dict)
    assert (caught.value.code, caught.value.params) == ("driver_missing", {"provider": "sms/acme"})


async def test_the_time_limit_of_a_call_is_that_of_the_descriptor(load, offering, drivers_of, describe, driver_class):
    quick = describe("acme", limits=Limits(timeout=0.01))
    drivers = drivers_of(load(offering("acme", quick, driver=driver_class)))
    account = await drivers.get("a", 1, quick, dict)

    with pytest.raises(OutcomeUnknown) as caught:
        await account.call("send", lambda _: asyncio.Event().wait(), effect=True)
    assert caught.value.code == "timeout"


async def test_a_driver_that_fails_to_close_harms_nobody(load, offering, drivers_of, descriptor):
    class Sticky(Recording):
        built: list = []  # noqa: RUF012 - shared by its instances on purpose

        async def aclose(self):
            raise OSError("already gone")

    drivers = drivers_of(load(offering("acme", descriptor, driver=Sticky)))
    await drivers.get("a", 1, descriptor, dict)

    await drivers.aclose()


async def test_a_pure_method_is_called_on_the_driver_of_the_account(drivers, descriptor):
    account = await drivers.get("a", 1, descriptor, lambda: {"password": "x"})

    assert account.call_now("parse_push", lambda driver: driver.settings["password"]) == "x"
    assert Channel.SMS is account.descriptor.channel
