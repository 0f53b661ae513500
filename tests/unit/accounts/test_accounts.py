"""Accounts: added, changed, paused, removed."""

import asyncio
import dataclasses

import pytest
from sqlalchemy import select

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.problems import Conflicting, Fault, Invalid, Missing
from xrm_platform.store import SecretBox, SecretsError, new_key


async def test_an_account_shows_its_settings_and_only_the_names_of_its_secrets(add_sms, accounts, operator):
    added = await add_sms("Campaigns")
    assert (added.channel, added.provider, added.name, added.collaborator) == ("sms", "memory_sms", "Campaigns", None)
    assert (added.settings, added.secrets) == ({"service": "accounts"}, ("password",))
    assert (added.default, added.paused, added.suspended, added.health) == (False, False, False, "unchecked")
    assert (added.available, added.why_unavailable) == (True, None)
    assert await accounts.get(operator, added.id) == added
    assert "hunter2" not in repr(dataclasses.asdict(added))


async def test_settings_are_sealed_in_their_row_and_open_in_no_other(add_sms, row_of, box):
    first, second = await row_of((await add_sms("a")).id), await row_of((await add_sms("b")).id)
    assert b"accounts" not in first.settings
    assert box.open(first.settings, bound_to=f"provider_account:{first.id}")["password"] == "hunter2"
    with pytest.raises(SecretsError, match="secret_misplaced"):
        box.open(first.settings, bound_to=f"provider_account:{second.id}")


async def test_wrong_settings_are_refused_and_nothing_is_added(accounts, operator, enabled):
    with pytest.raises(Invalid) as caught:
        await accounts.add(operator, "memory_sms", "SMS", {"service": 5, "colour": "red"})
    assert caught.value.fields.keys() == {"settings.service", "settings.colour", "settings.password"}
    assert (await accounts.list(operator)).items == ()


@pytest.mark.parametrize("given", ["text", None, [1]])
async def test_settings_that_are_no_object_are_refused(accounts, operator, enabled, given):
    with pytest.raises(Invalid, match="settings: settings_not_an_object"):
        await accounts.add(operator, "memory_sms", "SMS", given)


async def test_a_code_that_the_wording_knows_is_passed_as_a_code(add_moody):
    with pytest.raises(Invalid) as caught:
        await add_moody("rejected")
    fault = Fault("invalid_recipient", package="xrm_platform.testing.memory_mail")
    assert caught.value.fields == {"settings.mood": fault}


async def test_a_schema_that_crashes_is_a_refusal_that_names_the_provider(add_moody):
    with pytest.raises(Conflicting) as caught:
        await add_moody("crash the schema")
    assert (caught.value.code, caught.value.params) == ("schema_failed", {"provider": "moody", "error": "KeyError"})


@pytest.mark.parametrize(
    ("name", "fault"), [(" ", "required"), ("x" * 101, "text_too_long"), ("a\nb", "text_not_printable")]
)
async def test_a_name_is_one_line(add_sms, name, fault):
    with pytest.raises(Invalid, match=f"name: {fault}"):
        await add_sms(name)


async def test_a_name_is_taken_once_a_channel_and_base(add_sms, accounts, operator, providers, other_operator):
    await add_sms("disk full")
    with pytest.raises(Conflicting, match="account_name_taken"):
        await add_sms("disk full")
    await accounts.add(operator, "memory_mail", "disk full", {"service": "a", "password": "b"})
    await providers.enable(other_operator, "memory_sms")
    await accounts.add(other_operator, "memory_sms", "disk full", {"service": "a", "password": "b"})
    renamed = await add_sms("another")
    with pytest.raises(Conflicting, match="account_name_taken"):
        await accounts.change(operator, renamed.id, {"name": "disk full"})


async def test_only_accounts_of_enabled_providers_can_be_added(accounts, operator):
    with pytest.raises(Conflicting, match="provider_not_enabled"):
        await accounts.add(operator, "memory_sms", "SMS", {"service": "a", "password": "b"})
    with pytest.raises(Missing, match="unknown_provider"):
        await accounts.add(operator, "fax", "Fax", {})


async def test_an_account_can_be_added_as_the_default_of_the_base(add_sms, accounts, operator):
    first = await add_sms("a", default=True)
    second = await add_sms("b", default=True)
    assert first.default
    assert second.default
    assert not (await accounts.get(operator, first.id)).default


async def test_the_first_account_of_a_collaborator_becomes_their_choice(add_sms, choice, operator, people):
    first = await add_sms("a", collaborator="com")
    await add_sms("b", collaborator="COM")
    assert first.collaborator == "COM"
    chosen = (await choice.list(operator)).items
    assert [(one.collaborator, one.account) for one in chosen] == [("COM", first.id)]


async def test_an_account_of_a_collaborator_is_no_default(add_sms, accounts, operator, people):
    with pytest.raises(Conflicting, match="default_is_personal"):
        await add_sms(collaborator="COM", default=True)
    assert (await accounts.list(operator)).items == ()


async def test_an_account_of_an_unknown_collaborator_is_not_added(add_sms):
    with pytest.raises(Missing, match="unknown_collaborator"):
        await add_sms(collaborator="XYZ")


async def test_a_change_of_settings_keeps_the_others_and_raises_the_revision(add_sms, accounts, operator, row_of, box):
    added = await add_sms()
    changed = await accounts.change(operator, added.id, {"settings": {"service": "elsewhere"}})
    assert (changed.settings, changed.secrets) == ({"service": "elsewhere"}, ("password",))
    row = await row_of(added.id)
    assert row.rev == 2
    assert box.open(row.settings, bound_to=f"provider_account:{row.id}")["password"] == "hunter2"


async def test_a_secret_can_be_removed_where_the_schema_allows_it(add_moody, add_sms, accounts, operator):
    moody, sms = await add_moody("good"), await add_sms()
    assert moody.secrets == ("token",)
    changed = await accounts.change(operator, moody.id, {"settings": {"token": None}})
    assert changed.secrets == ()
    with pytest.raises(Invalid, match=r"settings\.password"):
        await accounts.change(operator, sms.id, {"settings": {"password": None}})
    assert (await accounts.get(operator, sms.id)).secrets == ("password",)


async def test_a_change_that_changes_nothing_leaves_no_trace(add_sms, accounts, operator, row_of, audited):
    added = await add_sms()
    changes = {"name": "SMS", "settings": {"service": "accounts", "password": "hunter2"}}
    assert await accounts.change(operator, added.id, changes) == added
    assert await accounts.change(operator, added.id, {}) == added
    assert (await row_of(added.id)).rev == 1
    assert await audited("account.changed") == []


async def test_a_new_name_leaves_the_revision(add_sms, accounts, operator, row_of):
    added = await add_sms()
    assert (await accounts.change(operator, added.id, {"name": "Texts"})).name == "Texts"
    assert (await row_of(added.id)).rev == 1


async def test_the_audit_tells_changes_without_secrets(add_sms, accounts, operator, audited, people):
    added = await add_sms(collaborator="COM")
    await accounts.change(operator, added.id, {"name": "B", "settings": {"service": "b", "password": "swordfish"}})
    await accounts.pause(operator, added.id)
    await accounts.resume(operator, added.id)
    await accounts.remove(operator, added.id)
    entries = await audited("account.")
    assert entries == [
        (
            "account.added",
            {
                "name": [None, "SMS"],
                "provider": [None, "memory_sms"],
                "collaborator": [None, "COM"],
                "settings.password": [None, "***"],
                "settings.service": [None, "accounts"],
            },
        ),
        (
            "account.changed",
            {
                "name": ["SMS", "B"],
                "settings.password": ["***", "***"],
                "settings.service": ["accounts", "b"],
            },
        ),
        ("account.paused", {"paused": [False, True]}),
        ("account.resumed", {"paused": [True, False]}),
        ("account.removed", {"name": ["B", None]}),
    ]


async def test_a_change_over_somebody_elses_is_refused(add_sms, accounts, operator, monkeypatch):
    added = await add_sms()
    read, both = accounts._row, asyncio.Barrier(2)

    async def read_together(*args):
        row = await read(*args)
        await both.wait()
        return row

    monkeypatch.setattr(accounts, "_row", read_together)
    outcomes = await asyncio.gather(
        *(accounts.change(operator, added.id, {"settings": {"service": name}}) for name in ("b", "c")),
        return_exceptions=True,
    )
    (refused,) = [one for one in outcomes if isinstance(one, BaseException)]
    assert isinstance(refused, Conflicting)
    assert refused.code == "account_changed_meanwhile"


async def test_settings_whose_key_is_lost_are_asked_for_again(add_sms, rooms_over, registry, operator):
    added = await add_sms()
    accounts = rooms_over(registry, SecretBox((new_key(),))).accounts
    lost = await accounts.get(operator, added.id)
    assert (lost.available, lost.why_unavailable, lost.settings) == (False, "secret_key_wrong", {})
    with pytest.raises(Invalid, match=r"settings\.password"):
        await accounts.change(operator, added.id, {"settings": {"service": "accounts"}})
    entered = await accounts.change(operator, added.id, {"settings": {"service": "accounts", "password": "x"}})
    assert (entered.available, entered.secrets) == (True, ("password",))


async def test_pausing_and_resuming(add_sms, accounts, operator):
    added = await add_sms()
    assert (await accounts.pause(operator, added.id)).paused
    assert not (await accounts.resume(operator, added.id)).paused


async def test_an_account_is_removed_with_its_choices(add_sms, accounts, choice, operator):
    added = await add_sms(default=True)
    await accounts.remove(operator, added.id)
    assert (await choice.list(operator)).items == ()
    with pytest.raises(Missing, match="unknown_account"):
        await accounts.get(operator, added.id)


async def test_an_account_that_another_room_needs_is_not_removed(rooms, add_sms, accounts, choice, operator):
    added = await add_sms(default=True)

    async def needed(_session, *, base_id, account_id):
        return "account_in_use" if (base_id, account_id) == (operator.base_id, added.id) else None

    accounts._uses = [needed]
    with pytest.raises(Conflicting) as caught:
        await accounts.remove(operator, added.id)
    assert (caught.value.code, caught.value.params) == ("account_in_use", {"account": "SMS"})
    assert len((await choice.list(operator)).items) == 1


async def test_a_removed_account_leaves_its_name_and_no_secret(add_sms, accounts, operator, store):
    removed = await add_sms()
    await accounts.remove(operator, removed.id)
    assert (await add_sms()).name == removed.name
    async with store.read() as session:
        row = await session.get(ProviderAccount, removed.id)
    assert (row.settings, row.rev, row.removed_at is not None) == (b"", 2, True)


async def test_disabling_a_provider_keeps_its_accounts_for_later(add_sms, accounts, providers, operator):
    added = await add_sms()
    await providers.disable(operator, "memory_sms")
    kept = await accounts.get(operator, added.id)
    assert (kept.available, kept.why_unavailable, kept.settings) == (False, "provider_disabled", added.settings)
    await providers.enable(operator, "memory_sms")
    assert await accounts.get(operator, added.id) == added


async def test_without_its_plugin_an_account_is_there_and_tells_no_settings(
    add_sms, rooms_over, bare_registry, operator
):
    added = await add_sms()
    accounts = rooms_over(bare_registry).accounts
    (kept,) = (await accounts.list(operator)).items
    assert (kept.id, kept.available, kept.why_unavailable) == (added.id, False, "plugin_missing")
    assert kept.why_params == {"provider": "memory_sms", "account": "SMS"}
    assert (kept.settings, kept.secrets) == ({}, ())
    with pytest.raises(Conflicting, match="plugin_missing"):
        await accounts.change(operator, added.id, {"settings": {"service": "b"}})
    assert (await accounts.change(operator, added.id, {"name": "Later"})).name == "Later"


async def test_accounts_are_listed_by_page_and_channel(add_sms, add_moody, accounts, operator):
    added = [await add_sms("a"), await add_moody("good"), await add_sms("b"), await add_sms("c")]
    first = await accounts.list(operator, "sms", limit=2)
    rest = await accounts.list(operator, "sms", after=first.next, limit=2)
    assert [one.name for one in first.items + rest.items] == ["a", "b", "c"]
    assert rest.next is None
    assert [one.id for one in (await accounts.list(operator)).items] == [one.id for one in added]
    with pytest.raises(Invalid, match="channel: channel_unknown"):
        await accounts.list(operator, "pigeon")
    with pytest.raises(Invalid, match="limit"):
        await accounts.list(operator, limit=0)


@pytest.mark.parametrize("account_id", ["nothing", "", "\x00", "é" * 1000])
async def test_what_is_no_id_is_missing(accounts, operator, account_id):
    with pytest.raises(Missing, match="unknown_account"):
        await accounts.get(operator, account_id)


async def test_another_base_has_no_part_in_an_account(add_sms, accounts, choice, other_operator, store):
    added = await add_sms()
    for attempt in (
        accounts.get(other_operator, added.id),
        accounts.change(other_operator, added.id, {"name": "Mine"}),
        accounts.change(other_operator, added.id, {"settings": {"service": "mine"}}),
        accounts.pause(other_operator, added.id),
        accounts.resume(other_operator, added.id),
        accounts.check(other_operator, added.id),
        accounts.remove(other_operator, added.id),
        choice.choose(other_operator, added.id),
    ):
        with pytest.raises(Missing, match="unknown_account"):
            await attempt
    assert (await accounts.list(other_operator)).items == ()
    async with store.read() as session:
        (row,) = await session.scalars(select(ProviderAccount))
    assert (row.name, row.rev, row.paused) == ("SMS", 1, False)
