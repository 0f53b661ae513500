"""The same request again, and a message again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from xrm_platform.messaging import MailRequest, SmsRequest
from xrm_platform.problems import Conflicting
from xrm_platform.providers import InvalidRecipient, TransientError

MAIL = MailRequest(sender="COM", to=("ann@client.example",), subject="Devis", text="Bonjour")
OTHER = MailRequest(sender="COM", to=("ann@client.example",), subject="Facture", text="Bonjour")


async def test_a_request_is_recognised_after_its_time_is_over(xrm, admin, mail_account, clock):
    request = MailRequest(sender="COM", to=MAIL.to, subject="Devis", text="Bonjour", at=clock() + timedelta(minutes=1))
    first = await xrm.sending.send_mail(admin, request, idempotency_key="k")
    clock.advance(timedelta(minutes=5))

    assert (await xrm.sending.send_mail(admin, request, idempotency_key="k")).id == first.id


async def test_a_request_is_recognised_when_there_is_no_account_any_more(xrm, admin, mail_account):
    first = await xrm.sending.send_mail(admin, MAIL, idempotency_key="k")
    await xrm.providers.disable(admin, "plain_mail")

    assert (await xrm.sending.send_mail(admin, MAIL, idempotency_key="k")).id == first.id


async def test_requests_at_once_with_one_key_make_one_message(xrm, admin, mail_account):
    made = await asyncio.gather(
        *(xrm.sending.send_mail(admin, request, idempotency_key="k") for request in (MAIL, OTHER) * 5),
        return_exceptions=True,
    )
    refused = [one for one in made if isinstance(one, BaseException)]

    assert len({one.id for one in made if not isinstance(one, BaseException)}) == 1
    assert len(refused) == 5
    assert all(isinstance(one, Conflicting) for one in refused)


async def test_what_is_sent_again_of_a_held_message_is_released_with_it(xrm, admin, sms_account, sms_service):
    sms_service._refusal = lambda sms, _: InvalidRecipient() if sms.to.endswith("78") else TransientError()
    sms = SmsRequest(sender="COM", to=("06 12 34 56 78", "06 12 34 56 79"), text="Bonjour")
    sent = await xrm.sending.send_sms(admin, sms)
    await xrm.run_until_idle()
    await xrm.sms_pause.pause(admin)
    sms_service._refusal = lambda _sms, _: None
    again = await xrm.messages.retry(admin, sent.id)
    await xrm.sms_pause.release(admin)
    await xrm.run_until_idle()

    assert (again.state, {one.state for one in again.recipients}) == ("held", {"held"})
    after = await xrm.messages.get(admin, sent.id)
    assert (after.state, {one.state for one in after.recipients}) == ("sent", {"sent"})


async def test_cancelling_the_rest_of_a_message_is_noted_for_the_rest_only(xrm, admin, mail_account, mail_service):
    await mail_service.defer_recipient("slow@client.example")
    request = MailRequest(sender="COM", to=("slow@client.example", *MAIL.to), subject="Devis", text="Bonjour")
    sent = await xrm.sending.send_mail(admin, request)
    await xrm.run_until_idle()
    await xrm.messages.cancel(admin, sent.id)

    after = await xrm.messages.get(admin, sent.id)
    (cancelled,) = [event for event in after.events if event.state == "cancelled"]
    assert (after.state, cancelled.recipient) == ("sent", after.recipients[0].id)
