"""From the row of an account to its driver, and what the driver's work says of the account."""

import asyncio

import pytest

from xrm_platform.accounts import queries
from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.providers import AuthError, TransientError
from xrm_platform.registry import Registry
from xrm_platform.store import SecretBox, Store, new_key


async def settings_of(driver):
    async def look(working):
        return dict(working.settings)

    return await driver.call("look", look)


async def tokens_of(driver):
    async def look(working):
        return working.context.tokens

    return await driver.call("look", look)


@pytest.fixture
async def moody(add_moody, row_of):
    return await row_of((await add_moody("good")).id)


async def test_a_driver_gets_its_settings_with_secrets_and_is_built_once(connections, moody):
    driver = await connections.driver_of(moody)
    assert await settings_of(driver) == {"mood": "good", "token": "hunter2"}
    assert await connections.driver_of(moody) is driver


async def test_changed_settings_reach_the_drivers_of_every_process(
    connections, rooms_over, registry, moody, accounts, operator, row_of
):
    elsewhere = rooms_over(registry).connections
    old = [await one.driver_of(moody) for one in (connections, elsewhere)]
    await accounts.change(operator, moody.id, {"settings": {"mood": "poor"}})
    changed = await row_of(moody.id)
    for one in (connections, elsewhere):
        assert (await settings_of(await one.driver_of(changed)))["mood"] == "poor"
    for driver in old:
        with pytest.raises(TransientError, match="driver_closed"):
            await settings_of(driver)


async def test_the_driver_of_a_removed_account_is_closed(connections, moody, accounts, operator):
    driver = await connections.driver_of(moody)
    await accounts.remove(operator, moody.id)
    with pytest.raises(AccountUnusable, match="account_gone"):
        await connections.driver_of(moody)
    with pytest.raises(TransientError, match="driver_closed"):
        await settings_of(driver)


async def test_disabled_and_missing_providers_give_no_driver(
    connections, rooms_over, bare_registry, moody, providers, operator
):
    with pytest.raises(AccountUnusable, match="plugin_missing"):
        await rooms_over(bare_registry).connections.driver_of(moody)
    await providers.disable(operator, "moody")
    with pytest.raises(AccountUnusable, match="provider_disabled"):
        await connections.driver_of(moody)


async def test_a_driver_that_cannot_be_built_is_shown_by_its_account(connections, add_moody, row_of):
    row = await row_of((await add_moody("crash the constructor")).id)
    with pytest.raises(AccountUnusable) as caught:
        await connections.driver_of(row)
    assert caught.value.code == "driver_failed"
    assert "hunter2" not in f"{caught.value} {caught.value.params}"
    shown = await row_of(row.id)
    assert (shown.health, shown.health_code) == ("failing", "driver_failed")
    assert shown.health_params == caught.value.params


async def test_settings_that_the_plugin_no_longer_takes_are_outdated(connections, store, box, moody, row_of):
    sealed = box.seal({"mood": 5}, bound_to=f"provider_account:{moody.id}")
    await put(store, moody, settings=sealed)
    with pytest.raises(AccountUnusable) as caught:
        await connections.driver_of(await row_of(moody.id))
    assert (caught.value.code, caught.value.params["fields"]) == ("settings_outdated", "mood")


async def test_a_schema_that_crashes_on_stored_settings_gives_no_driver(connections, store, box, moody, row_of):
    sealed = box.seal({"mood": "crash the schema"}, bound_to=f"provider_account:{moody.id}")
    await put(store, moody, settings=sealed)
    with pytest.raises(AccountUnusable) as caught:
        await connections.driver_of(await row_of(moody.id))
    assert (caught.value.code, caught.value.params["error"]) == ("plugin_failed", "KeyError")


async def test_secrets_that_do_not_open_give_no_driver(rooms_over, registry, moody):
    connections = rooms_over(registry, SecretBox((new_key(),))).connections
    with pytest.raises(AccountUnusable, match="secret_key_wrong"):
        await connections.driver_of(moody)


async def test_refused_credentials_suspend_once(connections, moody, row_of, audited):
    assert await connections.suspend(moody, AuthError(detail="535 no"))
    assert not await connections.suspend(moody, AuthError(detail="535 no"))
    row = await row_of(moody.id)
    assert (row.suspended, row.health, row.health_code) == (True, "failing", "credentials_refused")
    assert row.health_params == {"detail": "535 no"}
    assert await audited("account.suspended") == [
        ("account.suspended", {"suspended": [False, True], "reason": [None, "credentials_refused"]})
    ]


async def test_two_refusals_at_once_are_told_once(connections, moody):
    told = await asyncio.gather(*(connections.suspend(moody, AuthError()) for _ in range(4)))
    assert sorted(told) == [False, False, False, True]


async def test_the_refusal_of_old_credentials_leaves_new_ones_alone(connections, moody, accounts, operator, row_of):
    await accounts.change(operator, moody.id, {"settings": {"token": "new"}})
    assert not await connections.suspend(moody, AuthError())
    await connections.note_health(moody, TransientError())
    row = await row_of(moody.id)
    assert (row.suspended, row.health) == (False, "unchecked")


async def test_the_account_of_a_removed_row_is_not_suspended(connections, moody, accounts, operator):
    await accounts.remove(operator, moody.id)
    assert not await connections.suspend(moody, AuthError())


async def test_health_follows_the_work(connections, moody, row_of, clock):
    await connections.note_health(moody, TransientError())
    failing = await row_of(moody.id)
    assert (failing.health, failing.health_code, failing.health_at) == ("failing", "unavailable", clock())
    await connections.note_health(failing)
    fine = await row_of(moody.id)
    assert (fine.health, fine.health_code, fine.health_params) == ("ok", None, {})


async def test_tokens_are_kept_sealed_and_outlive_the_process(connections, rooms_over, registry, moody, store):
    tokens = await tokens_of(await connections.driver_of(moody))
    assert await tokens.load() == {}
    await tokens.save({"access": "swordfish"})
    async with store.read() as session:
        sealed = await queries.tokens(session, base_id=moody.base_id, account_id=moody.id, rev=moody.rev)
    assert b"swordfish" not in sealed
    later = await tokens_of(await rooms_over(registry).connections.driver_of(moody))
    assert await later.load() == {"access": "swordfish"}


async def test_tokens_of_old_settings_are_gone_and_a_late_driver_leaves_none(
    connections, moody, accounts, operator, row_of
):
    old = await tokens_of(await connections.driver_of(moody))
    await old.save({"access": "of the old account"})
    await accounts.change(operator, moody.id, {"settings": {"token": "new"}})
    fresh = await tokens_of(await connections.driver_of(await row_of(moody.id)))
    assert await fresh.load() == {}
    await old.save({"access": "of the old account"})
    assert await fresh.load() == {}
    assert await old.load() == {}


async def test_a_name_and_a_pause_leave_the_tokens(connections, moody, accounts, operator, row_of):
    tokens = await tokens_of(await connections.driver_of(moody))
    await tokens.save({"access": "swordfish"})
    await accounts.change(operator, moody.id, {"name": "Renamed"})
    await accounts.pause(operator, moody.id)
    assert await tokens.load() == {"access": "swordfish"}


async def test_a_database_that_is_away_is_told_to_the_driver_as_transient(moody, box, tmp_path):
    from xrm_platform.accounts.tokens import AccountTokens

    unmigrated = Store(f"sqlite+aiosqlite:///{tmp_path / 'empty'}")
    tokens = AccountTokens(unmigrated, box, moody)
    try:
        with pytest.raises(TransientError):
            await tokens.load()
        with pytest.raises(TransientError):
            await tokens.save({})
    finally:
        await unmigrated.aclose()


async def test_an_account_does_not_show_its_secrets(moody: ProviderAccount, registry: Registry):
    assert "hunter2" not in repr(moody)
    assert "settings" not in repr(moody)


async def put(store, row, **values):
    async with store.write() as session:
        assert await queries.update_account(session, base_id=row.base_id, account_id=row.id, rev=row.rev, values=values)
