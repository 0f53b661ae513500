"""New keys for the stored secrets."""

import asyncio

import pytest

from xrm_platform.accounts import queries, rotation
from xrm_platform.accounts.rotation import Rotation, rotate_key_file, rotate_secrets
from xrm_platform.problems import Conflicting
from xrm_platform.store import SecretBox, SecretsError, new_key, read_keys, write_keys


@pytest.fixture
def key():
    return new_key()


@pytest.fixture
def box(key):
    return SecretBox((key,))


@pytest.fixture
def key_file(tmp_path, key):
    path = tmp_path / "keys" / "secret.key"
    write_keys((key,), path)
    return path


@pytest.fixture
async def three(add_moody, add_sms, accounts, providers, other_operator, connections, row_of, monkeypatch):
    """Accounts of two bases, more than fit a batch, one of them with tokens."""
    monkeypatch.setattr(rotation, "BATCH", 2)
    moody = await row_of((await add_moody("good")).id)
    driver = await connections.driver_of(moody)
    await driver.call("save", lambda working: working.context.tokens.save({"access": "swordfish"}))
    await add_sms()
    await providers.enable(other_operator, "memory_sms")
    await accounts.add(other_operator, "memory_sms", "Theirs", {"service": "b", "password": "theirs"})
    return moody


@pytest.fixture
def opened(store):
    """Everything that is sealed, opened with a box."""

    async def everything(box):
        async with store.read() as session:
            rows = await queries.sealed_rows(session, after=None, limit=100)
        settings = [box.open(row.settings, bound_to=f"provider_account:{row.id}") for row in rows]
        tokens = [
            box.open(row.tokens, bound_to=f"provider_account:{row.id}:tokens") for row in rows if row.tokens is not None
        ]
        return settings, tokens

    return everything


async def test_after_a_rotation_only_the_new_key_is_left_and_it_opens_everything(
    store, three, key, key_file, opened, box
):
    before = await opened(box)
    assert await rotate_key_file(store, key_file) == Rotation(accounts=3, resumed=False)
    (new,) = read_keys((), key_file)
    assert new != key
    assert await opened(SecretBox((new,))) == before
    with pytest.raises(SecretsError, match="secret_key_wrong"):
        await opened(box)


async def test_accounts_work_on_with_the_new_key(store, three, key_file, rooms_over, registry, operator):
    await rotate_key_file(store, key_file)
    rooms = rooms_over(registry, SecretBox(read_keys((), key_file)))
    assert (await rooms.accounts.check(operator, three.id)).ok


async def test_the_revision_of_the_accounts_stays(store, three, key_file, row_of):
    await rotate_key_file(store, key_file)
    assert (await row_of(three.id)).rev == three.rev


async def test_a_rotation_that_was_cut_off_in_the_middle_keeps_every_key_and_is_finished(
    store, three, key, key_file, opened, monkeypatch, box
):
    before = await opened(box)
    store_sealed, batches = queries.store_sealed, []

    async def power_cut(session, rows):
        if batches:
            raise KeyboardInterrupt
        batches.append(rows)
        await store_sealed(session, rows)

    monkeypatch.setattr(queries, "store_sealed", power_cut)
    with pytest.raises(KeyboardInterrupt):
        await rotate_key_file(store, key_file)
    new, kept = read_keys((), key_file)
    assert kept == key
    assert await opened(SecretBox((new, kept))) == before
    monkeypatch.undo()
    assert await rotate_key_file(store, key_file) == Rotation(accounts=3, resumed=True)
    assert read_keys((), key_file) == (new,)
    assert await opened(SecretBox((new,))) == before


async def test_what_no_key_opens_is_named_and_no_key_is_dropped(store, three, key, key_file, row_of, operator):
    async with store.write() as session:
        await queries.update_account(
            session,
            base_id=three.base_id,
            account_id=three.id,
            rev=three.rev,
            values={"settings": SecretBox((new_key(),)).seal({}, bound_to=f"provider_account:{three.id}")},
        )
    with pytest.raises(SecretsError) as caught:
        await rotate_key_file(store, key_file)
    assert caught.value.code == "account_secret_unreadable"
    assert caught.value.params == {"account": "Moody good", "base": operator.base_code, "id": three.id}
    assert read_keys((), key_file)[1] == key


async def test_what_was_sealed_with_an_old_key_meanwhile_keeps_that_key(store, three, key, key_file, box, monkeypatch):
    """A server that was not stopped seals with the key it knows."""

    async def with_a_late_writer(store, keys):
        count = await rotate_secrets(store, keys)
        async with store.write() as session:
            await queries.update_account(
                session,
                base_id=three.base_id,
                account_id=three.id,
                rev=three.rev,
                values={"settings": box.seal({}, bound_to=f"provider_account:{three.id}")},
            )
        return count

    monkeypatch.setattr(rotation, "rotate_secrets", with_a_late_writer)
    with pytest.raises(SecretsError, match="account_secret_unreadable"):
        await rotate_key_file(store, key_file)
    assert key in read_keys((), key_file)


async def test_two_rotations_do_not_run_at_once(store, three, key_file, opened, monkeypatch):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(store, box):
        reached.set()
        await go_on.wait()
        return await rotate_secrets(store, box)

    monkeypatch.setattr(rotation, "rotate_secrets", slowly)
    first = asyncio.create_task(rotate_key_file(store, key_file))
    await reached.wait()
    with pytest.raises(Conflicting, match="rotation_running"):
        await rotate_key_file(store, key_file)
    go_on.set()
    await first
    assert len((await opened(SecretBox(read_keys((), key_file))))[0]) == 3


async def test_keys_of_the_environment_are_rotated_by_their_order(store, three, key, opened, box):
    before, new = await opened(box), new_key()
    assert await rotate_secrets(store, SecretBox((new, key))) == 3
    assert await opened(SecretBox((new,))) == before


async def test_a_missing_key_file_is_said_and_none_is_made(store, tmp_path):
    for path in (tmp_path / "secret.key", tmp_path / "no" / "folder" / "secret.key"):
        with pytest.raises(SecretsError) as caught:
            await rotate_key_file(store, path)
        assert (caught.value.code, caught.value.params) == ("secret_key_missing", {"path": str(path)})
        assert not path.exists()


async def test_an_installation_without_accounts_gets_a_new_key(store, base, key, key_file):
    assert await rotate_key_file(store, key_file) == Rotation(accounts=0, resumed=False)
    assert read_keys((), key_file) != (key,)
