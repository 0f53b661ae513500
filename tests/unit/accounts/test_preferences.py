"""The base's preferences of communication."""

import pytest

from xrm_platform.accounts.preferences import put_sms_paused, sms_paused
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing


async def test_sms_is_paused_until_an_administrator_says_otherwise(rooms, operator):
    assert (await rooms.preferences.get(operator)).sms_paused
    assert not (await rooms.preferences.set_sms_paused(operator, paused=False)).sms_paused
    assert not (await rooms.preferences.get(operator)).sms_paused
    assert (await rooms.preferences.set_sms_paused(operator, paused=True)).sms_paused
    assert (await rooms.preferences.get(operator)).sms_paused


async def test_the_pause_of_a_base_is_its_own(rooms, operator, other_operator):
    await rooms.preferences.set_sms_paused(operator, paused=False)
    assert (await rooms.preferences.get(other_operator)).sms_paused


async def test_changes_of_the_pause_are_audited_and_repetitions_are_not(rooms, operator, audited):
    await rooms.preferences.set_sms_paused(operator, paused=True)
    await rooms.preferences.set_sms_paused(operator, paused=False)
    await rooms.preferences.set_sms_paused(operator, paused=False)
    assert await audited("preferences.") == [("preferences.changed", {"sms_paused": [True, False]})]


async def test_a_collaborator_is_told_whether_sms_is_paused(rooms, com):
    assert (await rooms.preferences.get(com)).sms_paused


async def test_the_pause_can_be_set_in_the_transaction_of_its_effects(store, operator, clock):
    async with store.write() as session:
        assert await put_sms_paused(session, operator, paused=False, at=clock())
        assert not await put_sms_paused(session, operator, paused=False, at=clock())
        assert not await sms_paused(session, base_id=operator.base_id)


def software(view):
    return {one.environment: (one.software, one.provider, one.own) for one in view.mail_software}


async def test_the_mail_software_of_a_base_names_who_hands_over_to_it(rooms, operator, com):
    await rooms.preferences.change_mail(operator, {"mail_software": {"apple": "mail", "windows": "outlook"}})
    shown = await rooms.preferences.get(com)
    assert software(shown) == {"apple": ("mail", "apple_mail", False), "windows": ("outlook", "outlook", False)}


async def test_a_collaborator_differs_until_that_is_taken_back(rooms, operator, people):
    change = rooms.preferences.change_mail
    await change(operator, {"mail_software": {"apple": "mail"}})
    assert software(await change(operator, {"mail_software": {"apple": "entourage"}}, collaborator="COM")) == {
        "apple": ("entourage", "outlook", True),
        "windows": (None, None, False),
    }
    assert software(await rooms.preferences.get_mail(operator, "DIR"))["apple"] == ("mail", "apple_mail", False)
    back = await change(operator, {"mail_software": {"apple": None}}, collaborator="COM")
    assert software(back)["apple"] == ("mail", "apple_mail", False)


async def test_software_that_an_environment_does_not_have_is_refused(rooms, operator):
    for environment, given in (("windows", "mail"), ("windows", "entourage"), ("apple", "pine"), ("apple", "")):
        with pytest.raises(Invalid) as refused:
            await rooms.preferences.change_mail(operator, {"mail_software": {environment: given}})
        assert refused.value.fields[f"mail_software.{environment}"].code == "mail_software_unknown"


async def test_the_smtp_in_use_is_the_account_that_is_chosen(rooms, operator, people, enabled, com):
    assert (await rooms.preferences.get(operator)).direct_sending is None
    settings = {"service": "preferences", "password": "hunter2"}
    shared = await rooms.accounts.add(operator, "memory_mail", "Shared", settings)
    own = await rooms.accounts.add(operator, "memory_mail", "Own", settings, collaborator="COM")
    view = await rooms.preferences.change_mail(operator, {"direct_sending": shared.id})
    assert (view.direct_sending.name, view.direct_sending.authenticated) == ("Shared", True)
    assert (await rooms.accounts.get(operator, shared.id)).default
    theirs = (await rooms.preferences.get_mail(com, "COM")).direct_sending
    assert (theirs.account, theirs.collaborator, theirs.authenticated) == (own.id, "COM", None)
    back = await rooms.preferences.change_mail(operator, {"direct_sending": None}, collaborator="COM")
    assert back.direct_sending.name == "Shared"


async def test_the_smtp_in_use_sends_mail_by_itself(rooms, operator, add_sms, people):
    sms = await add_sms()
    with pytest.raises(Conflicting) as refused:
        await rooms.preferences.change_mail(operator, {"direct_sending": sms.id})
    assert refused.value.code == "account_of_another_channel"
    await rooms.providers.enable(operator, "outlook")
    outlook = await rooms.accounts.add(operator, "outlook", "Outlook", {}, default=True)
    with pytest.raises(Conflicting) as refused:
        await rooms.preferences.change_mail(operator, {"direct_sending": outlook.id})
    assert refused.value.code == "account_hands_over"
    assert (await rooms.preferences.get(operator)).direct_sending is None


async def test_no_smtp_in_use_leaves_the_mail_software_that_is_chosen(rooms, operator, people):
    await rooms.providers.enable(operator, "outlook")
    outlook = await rooms.accounts.add(operator, "outlook", "Outlook", {}, default=True)
    own = await rooms.accounts.add(operator, "outlook", "Own", {}, collaborator="COM")
    for collaborator in (None, "COM"):
        shown = await rooms.preferences.change_mail(operator, {"direct_sending": None}, collaborator=collaborator)
        assert shown.direct_sending is None
    assert {one.account for one in (await rooms.choice.list(operator)).items} == {outlook.id, own.id}


async def test_changes_of_mail_software_are_audited_and_repetitions_are_not(rooms, operator, audited, people):
    for _ in range(2):
        await rooms.preferences.change_mail(operator, {"mail_software": {"windows": "outlook"}})
        await rooms.preferences.change_mail(operator, {"mail_software": {"apple": "outlook"}}, collaborator="COM")
    assert await audited("preferences.") == [
        ("preferences.changed", {"mail_software.windows": [None, "outlook"]}),
        ("preferences.changed", {"mail_software.apple": [None, "outlook"]}),
    ]


async def test_a_base_knows_nothing_of_the_preferences_of_another(rooms, operator, other_operator, people):
    await rooms.preferences.change_mail(operator, {"mail_software": {"apple": "mail"}})
    assert software(await rooms.preferences.get(other_operator))["apple"] == (None, None, False)
    with pytest.raises(Missing):
        await rooms.preferences.get_mail(other_operator, "COM")


async def test_a_collaborator_sees_their_own_preferences_and_changes_none(rooms, com):
    assert (await rooms.preferences.get_mail(com, "COM")).collaborator == "COM"
    with pytest.raises(Missing):
        await rooms.preferences.get_mail(com, "DIR")
    with pytest.raises(Forbidden):
        await rooms.preferences.change_mail(com, {"mail_software": {"apple": "mail"}})
