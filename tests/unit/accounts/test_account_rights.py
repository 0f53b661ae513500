"""Who may see and change accounts."""

from dataclasses import replace

import pytest

from xrm_platform.people.actor import Scope
from xrm_platform.problems import Forbidden, Missing


@pytest.fixture
async def three(add_sms, people):
    """Accounts of the base, of COM and of DIR."""
    return [
        await add_sms("Base", default=True),
        await add_sms("C", collaborator="COM"),
        await add_sms("D", collaborator="DIR"),
    ]


async def test_a_collaborator_sees_the_accounts_they_may_use_without_settings(three, accounts, com):
    seen = (await accounts.list(com)).items
    assert [one.name for one in seen] == ["Base", "C"]
    assert all(one.available and not one.settings and not one.secrets for one in seen)
    assert [(await accounts.get(com, one.id)).name for one in three[:2]] == ["Base", "C"]


async def test_the_account_of_another_collaborator_is_missing(three, accounts, com):
    with pytest.raises(Missing, match="unknown_account"):
        await accounts.get(com, three[2].id)


async def test_a_collaborator_is_not_told_what_is_wrong_with_an_account(three, accounts, operator, com, service):
    await service.refuse_credentials()
    await accounts.check(operator, three[0].id)
    seen = await accounts.get(com, three[0].id)
    assert (seen.health, seen.suspended) == ("failing", True)
    assert (seen.health_code, seen.health_params) == (None, {})


async def test_a_collaborator_changes_nothing(three, accounts, choice, rooms, com):
    own = three[1].id
    for attempt in (
        accounts.add(com, "memory_sms", "Mine", {}),
        accounts.change(com, own, {"name": "Mine"}),
        accounts.pause(com, own),
        accounts.resume(com, own),
        accounts.check(com, own),
        accounts.remove(com, own),
        choice.choose(com, own, collaborator="COM"),
        choice.unchoose(com, "sms", collaborator="COM"),
        rooms.preferences.set_sms_paused(com, paused=False),
    ):
        with pytest.raises(Forbidden, match="admin_only"):
            await attempt


async def test_a_collaborator_sees_the_choices_that_concern_them(three, choice, com):
    assert [one.account_name for one in (await choice.list(com)).items] == ["Base", "C"]


@pytest.mark.parametrize(
    ("lacking", "code"), [({"xrm_allowed": False}, "xrm_not_allowed"), ({"collaborator_id": None}, "no_collaborator")]
)
async def test_who_may_use_no_account_sees_none(three, accounts, choice, rooms, com, lacking, code):
    outsider = replace(com, **lacking)
    for attempt in (
        accounts.list(outsider),
        accounts.get(outsider, three[0].id),
        choice.list(outsider),
        rooms.preferences.get(outsider),
    ):
        with pytest.raises(Forbidden, match=code):
            await attempt


async def test_a_token_that_reads_sees_all_accounts_without_settings(three, accounts, operator):
    token = replace(operator, is_admin=False, scopes=frozenset({Scope.READ}))
    seen = (await accounts.list(token)).items
    assert [one.name for one in seen] == ["Base", "C", "D"]
    assert not any(one.settings or one.secrets for one in seen)


async def test_a_token_that_only_sends_sees_no_account(three, accounts, operator):
    token = replace(operator, is_admin=False, scopes=frozenset({Scope.SEND}))
    with pytest.raises(Forbidden, match="scope_missing"):
        await accounts.list(token)


async def test_an_administrators_token_without_the_scope_changes_nothing(three, accounts, operator):
    token = replace(operator, scopes=frozenset({Scope.READ}))
    with pytest.raises(Forbidden, match="scope_missing"):
        await accounts.pause(token, three[0].id)
    assert not (await accounts.get(token, three[0].id)).settings
