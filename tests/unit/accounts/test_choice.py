"""Which account a collaborator uses."""

import pytest

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.choice import account_for, account_named
from xrm_platform.problems import Conflicting, Invalid, Missing


@pytest.fixture
def used_by(store, registry, operator, people):
    """The name of the account that a collaborator uses."""

    async def name(code, channel="sms", registry=registry):
        async with store.read() as session:
            account = await account_for(
                session, registry, base_id=operator.base_id, collaborator_id=people[code], channel=channel
            )
        return account.name

    return name


async def test_a_collaborator_uses_their_own_choice_else_the_default(add_sms, choice, operator, used_by):
    await add_sms("Base", default=True)
    other = await add_sms("Other")
    assert await used_by("COM") == "Base"
    await choice.choose(operator, other.id, collaborator="com")
    assert (await used_by("COM"), await used_by("DIR")) == ("Other", "Base")
    await choice.unchoose(operator, "sms", collaborator="COM")
    assert await used_by("COM") == "Base"


async def test_without_a_choice_the_refusal_says_for_whom_and_which_channel(add_sms, used_by):
    await add_sms("Not chosen")
    with pytest.raises(Conflicting) as caught:
        await used_by("COM")
    assert (caught.value.code, caught.value.params) == ("no_account", {"channel": "sms", "collaborator": "COM"})


async def test_channels_are_chosen_apart(add_sms, add_moody, used_by):
    await add_sms("Texts", default=True)
    with pytest.raises(Conflicting, match="no_account"):
        await used_by("COM", "mail")
    await add_moody("good", default=True)
    assert await used_by("COM", "mail") == "Moody good"


async def test_a_paused_or_suspended_account_is_still_the_one(add_sms, accounts, operator, used_by):
    added = await add_sms("Base", default=True)
    await accounts.pause(operator, added.id)
    assert await used_by("COM") == "Base"


async def test_an_account_of_a_disabled_or_missing_provider_is_unusable(
    add_sms, providers, operator, used_by, bare_registry
):
    await add_sms("Base", default=True)
    with pytest.raises(AccountUnusable, match="plugin_missing"):
        await used_by("COM", registry=bare_registry)
    await providers.disable(operator, "memory_sms")
    with pytest.raises(AccountUnusable, match="provider_disabled"):
        await used_by("COM")


async def test_the_account_of_another_collaborator_cannot_be_chosen(add_sms, choice, operator, people):
    personal = await add_sms("D", collaborator="DIR")
    with pytest.raises(Conflicting) as caught:
        await choice.choose(operator, personal.id, collaborator="COM")
    assert (caught.value.code, caught.value.params["collaborator"]) == ("account_of_another", "DIR")
    with pytest.raises(Conflicting, match="default_is_personal"):
        await choice.choose(operator, personal.id)


async def test_choices_are_listed_by_page_with_names(add_sms, choice, operator, people):
    base = await add_sms("Base", default=True)
    await add_sms("C", collaborator="COM")
    await choice.choose(operator, base.id, collaborator="DIR")
    first = await choice.list(operator, limit=2)
    rest = await choice.list(operator, after=first.next)
    assert [(one.collaborator, one.account_name) for one in first.items + rest.items] == [
        (None, "Base"),
        ("COM", "C"),
        ("DIR", "Base"),
    ]
    assert first.items[0].provider == "memory_sms"


async def test_choosing_is_audited_when_it_changes_something(add_sms, choice, operator, audited, people):
    added = await add_sms()
    chosen = await choice.choose(operator, added.id, collaborator="com")
    assert (chosen.channel, chosen.collaborator, chosen.account_name) == ("sms", "COM", "SMS")
    await choice.choose(operator, added.id, collaborator="COM")
    await choice.choose(operator, added.id)
    await choice.unchoose(operator, "sms")
    await choice.unchoose(operator, "sms")
    assert [changes["account"] for _, changes in await audited("choice.")] == [
        [None, added.id],
        [None, added.id],
        [added.id, None],
    ]


async def test_what_does_not_exist_cannot_be_chosen(add_sms, choice, operator):
    added = await add_sms()
    with pytest.raises(Missing, match="unknown_account"):
        await choice.choose(operator, "nothing")
    with pytest.raises(Missing, match="unknown_collaborator"):
        await choice.choose(operator, added.id, collaborator="XYZ")
    with pytest.raises(Missing, match="unknown_collaborator"):
        await choice.unchoose(operator, "sms", collaborator="XYZ")
    with pytest.raises(Invalid, match="channel: channel_unknown"):
        await choice.unchoose(operator, "pigeon")


async def test_the_choice_of_a_base_is_not_seen_by_another(
    add_sms, choice, operator, other_operator, store, registry, people
):
    await add_sms(default=True)
    assert (await choice.list(other_operator)).items == ()
    async with store.read() as session:
        with pytest.raises(Conflicting, match="no_account"):
            await account_for(
                session, registry, base_id=other_operator.base_id, collaborator_id=people["COM"], channel="sms"
            )


async def test_an_account_may_be_named_if_it_is_of_the_channel_and_not_of_another(
    add_sms, add_moody, store, registry, operator, other_operator, people
):
    base, com, directors = (
        await add_sms("B"),
        await add_sms("C", collaborator="COM"),
        await add_sms("D", collaborator="DIR"),
    )
    mail = await add_moody("good")

    async def named(account_id, base_id=operator.base_id):
        async with store.read() as session:
            account = await account_named(
                session,
                registry,
                base_id=base_id,
                collaborator_id=people["COM"],
                channel="sms",
                account_id=account_id,
            )
        return account.name

    assert [await named(base.id), await named(com.id)] == ["B", "C"]
    with pytest.raises(Conflicting, match="account_of_another"):
        await named(directors.id)
    with pytest.raises(Conflicting, match="account_of_another_channel"):
        await named(mail.id)
    with pytest.raises(Missing, match="unknown_account"):
        await named(base.id, other_operator.base_id)
