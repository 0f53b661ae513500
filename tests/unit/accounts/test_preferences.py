"""The base's preferences of communication."""

from xrm_platform.accounts.preferences import put_sms_paused, sms_paused


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
