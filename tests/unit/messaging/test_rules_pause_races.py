"""A message enters the queue, or its delivery is prepared, at the moment at which the pause of SMS changes."""

from __future__ import annotations

import asyncio

import pytest

from xrm_platform.accounts.preferences import put_sms_paused
from xrm_platform.messaging import SmsRequest, entering, held

SMS = SmsRequest(sender="COM", to=("+33612345678",), text="Rendez-vous")


async def begun(work):
    """A task of `work` that has come as far as it comes by itself."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=0.5)
    return task


async def test_an_sms_that_comes_while_the_pause_ends_is_not_held(xrm, admin, paused_sms_account, clock):
    async with xrm.store.write() as session:
        await put_sms_paused(session, admin, paused=False, at=clock())
        sending = await begun(xrm.sending.send_sms(admin, SMS))

    assert (await sending).state == "queued"


async def test_a_pause_that_ends_while_an_sms_is_being_held_lets_that_one_go_too(
    xrm, admin, paused_sms_account, monkeypatch
):
    adding = entering.queries.add_messages
    releasing = []

    async def add_messages(*given, **named):
        await adding(*given, **named)
        releasing.append(await begun(xrm.sms_pause.release(admin)))

    monkeypatch.setattr(entering.queries, "add_messages", add_messages)
    sent = await xrm.sending.send_sms(admin, SMS)
    await releasing[0]

    assert (await xrm.messages.get(admin, sent.id)).state == "queued"


@pytest.mark.parametrize("sender", ["COM", None])
async def test_a_pause_that_begins_while_an_sms_is_being_queued_holds_that_one_too(
    xrm, admin, sms_account, monkeypatch, sender
):
    adding = entering.queries.add_messages
    pausing = []

    async def add_messages(*given, **named):
        await adding(*given, **named)
        pausing.append(await begun(xrm.sms_pause.pause(admin, sender)))

    monkeypatch.setattr(entering.queries, "add_messages", add_messages)
    sent = await xrm.sending.send_sms(admin, SMS)
    await pausing[0]

    assert (await xrm.messages.get(admin, sent.id)).state == "held"


async def test_a_delivery_that_saw_the_pause_holds_nothing_after_its_end(xrm, admin, paused_sms_account, monkeypatch):
    await xrm.sms_pause.release(admin)
    sent = await xrm.sending.send_sms(admin, SMS)
    await xrm.preferences.set_sms_paused(admin, True)
    holding = held.hold_queued
    releasing = []

    async def hold_queued(*given, **named):
        releasing.append(await begun(xrm.sms_pause.release(admin)))
        return await holding(*given, **named)

    monkeypatch.setattr("xrm_platform.messaging.delivery.hold_queued", hold_queued)
    await xrm.delivery.deliver(paused_sms_account)
    await releasing[0]

    assert (await xrm.messages.get(admin, sent.id)).state == "queued"


async def test_what_is_queued_during_a_delivery_that_a_pause_overtook_is_held(
    xrm, admin, sms_account, sms_service, monkeypatch
):
    """As what a person sends again, or a vendor never had."""
    sent = await xrm.sending.send_sms(admin, SMS)

    async def not_seen(*_, **__):
        return False

    monkeypatch.setattr("xrm_platform.messaging.delivery.sms_paused_meanwhile", not_seen)
    await xrm.preferences.set_sms_paused(admin, True)
    await xrm.delivery.deliver(sms_account)

    after = await xrm.messages.get(admin, sent.id)
    assert (after.state, after.waiting_for, sms_service.accepted) == ("held", "sms_paused", [])
