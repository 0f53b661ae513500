"""SMS: held until released, sent, reported."""

from __future__ import annotations

from datetime import timedelta

import pytest

from xrm_platform.messaging import SmsRequest
from xrm_platform.problems import Conflicting, Forbidden, Invalid
from xrm_platform.providers import DeliveryStatus


def request(**changes) -> SmsRequest:
    return SmsRequest(**{"sender": "COM", "to": ("06 12 34 56 78",), "text": "Rendez-vous à 10 h", **changes})


async def test_a_new_base_holds_its_sms_and_a_release_sends_them(xrm, admin, paused_sms_account, sms_service):
    sent = await xrm.sending.send_sms(admin, request())
    await xrm.run_until_idle()
    assert sent.state == "held"
    assert sms_service.accepted == []

    assert await xrm.sms_pause.release(admin) == 1
    await xrm.run_until_idle()
    assert [one.sms.text for one in sms_service.accepted] == ["Rendez-vous à 10 h"]


async def test_a_pause_holds_what_is_queued_already(xrm, admin, sms_account, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, request(at=clock() + timedelta(hours=1)))
    assert await xrm.sms_pause.pause(admin) == 1
    clock.advance(timedelta(hours=2))
    await xrm.run_until_idle()

    assert (await xrm.messages.get(admin, sent.id)).state == "held"
    assert sms_service.accepted == []


async def test_a_held_sms_can_be_discarded(xrm, admin, sms_account):
    await xrm.sms_pause.pause(admin)
    sent = await xrm.sending.send_sms(admin, request())

    assert (await xrm.messages.cancel(admin, sent.id)).state == "cancelled"
    assert await xrm.sms_pause.release(admin) == 0


async def test_an_sms_to_two_numbers_is_sent_once_to_each(xrm, admin, sms_account, sms_service):
    sent = await xrm.sending.send_sms(admin, request(to=("0612345678", "+33612345678", "06 99 99 99 99")))
    await xrm.run_until_idle()

    assert sorted(one.sms.to for one in sms_service.accepted) == ["+33612345678", "+33699999999"]
    after = await xrm.messages.get(admin, sent.id)
    assert [one.state for one in after.recipients] == ["sent", "sent"]
    assert all(one.reference for one in after.recipients)


async def test_a_number_that_no_sms_reaches_is_refused_with_its_place(xrm, admin, sms_account):
    with pytest.raises(Invalid) as refused:
        await xrm.sending.send_sms(admin, request(to=("01 42 68 53 00", "12", "0612345678")))

    assert {field: fault.code for field, fault in refused.value.fields.items()} == {
        "to.0": "number_not_mobile",
        "to.1": "number_impossible",
    }


async def test_a_text_of_too_many_parts_is_refused(xrm, admin, sms_account):
    with pytest.raises(Invalid) as refused:
        await xrm.sending.send_sms(admin, request(text="a" * (8 * 153 + 1)))

    assert refused.value.fields["text"].params == {"parts": 9, "limit": 8}


async def test_reports_bring_an_sms_to_delivered(xrm, admin, sms_account, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, request())
    await xrm.run_until_idle()
    await sms_service.end(sms_service.accepted[0].reference, DeliveryStatus.DELIVERED)
    clock.advance(timedelta(seconds=15))
    await xrm.run_until_idle()

    after = await xrm.messages.get(admin, sent.id)
    assert after.state == "delivered"
    assert after.events[-1].state == "delivered"
    assert after.events[-1].actor == "provider"


async def test_a_report_that_comes_again_changes_nothing(xrm, admin, sms_account, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, request())
    for _ in range(4):
        await xrm.run_until_idle()
        clock.advance(timedelta(minutes=3))

    states = [event.state for event in (await xrm.messages.get(admin, sent.id)).events]
    assert states == ["queued", "sending", "sent", "sent"]


async def test_a_failed_sms_stays_failed_whatever_is_reported_later(xrm, admin, sms_account, sms_service, clock):
    sent = await xrm.sending.send_sms(admin, request())
    await xrm.run_until_idle()
    reference = sms_service.accepted[0].reference
    await sms_service.end(reference, DeliveryStatus.FAILED)
    clock.advance(timedelta(seconds=15))
    await xrm.run_until_idle()
    await sms_service.end(reference, DeliveryStatus.SENT)
    clock.advance(timedelta(hours=1))
    await xrm.run_until_idle()

    assert (await xrm.messages.get(admin, sent.id)).state == "failed"


async def test_the_vendor_is_asked_less_and_less_and_not_for_ever(xrm, admin, sms_account, sms_service, clock):
    await xrm.sending.send_sms(admin, request())
    asked = []
    answer = sms_service.reports
    sms_service.reports = lambda references: asked.append(clock()) or answer(references)
    for _ in range(24 * 6):
        await xrm.run_until_idle()
        clock.advance(timedelta(hours=1))

    assert 40 < len(asked) < 70


async def test_only_an_administrator_pauses_and_releases(xrm, admin, sms_account):
    await xrm.users.create(admin, "lea", password="long enough 1", xrm_allowed=True, collaborator="COM")
    signed_in = await xrm.sign_in.sign_in("ACME", "lea", "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)

    with pytest.raises(Forbidden, match="admin_only"):
        await xrm.sms_pause.release(actor)


async def test_a_message_that_is_sent_cannot_be_retried(xrm, admin, sms_account):
    sent = await xrm.sending.send_sms(admin, request())
    await xrm.run_until_idle()

    with pytest.raises(Conflicting, match="not_retryable"):
        await xrm.messages.retry(admin, sent.id)


async def test_a_preview_tells_encoding_parts_and_what_forces_unicode(xrm, admin):
    shown = await xrm.sms_previews.show(admin, "l’été à 10 €")

    assert (shown.encoding, shown.parts, shown.characters_forcing_unicode) == ("ucs2", 1, ("’",))
