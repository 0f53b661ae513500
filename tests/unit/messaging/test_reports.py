"""What a vendor says later about what it took."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from xrm_platform.messaging import SmsRequest, claiming
from xrm_platform.messaging import delivery_queries as queries
from xrm_platform.providers import DeliveryEvent, DeliveryStatus, SendResult, TransientError

NUMBER, OTHER_NUMBER = "+33612345678", "+33612345679"


async def test_an_sms_sent_long_after_it_was_written_is_followed_to_its_end(
    xrm, admin, sms_account, sms_service, clock
):
    at = clock() + timedelta(days=10)
    sent = await xrm.sending.send_sms(admin, SmsRequest(sender="COM", to=(NUMBER,), text="Bonjour", at=at))
    clock.advance(timedelta(days=10))
    for _ in range(3):
        await xrm.run_until_idle()
        clock.advance(timedelta(minutes=1))
    await sms_service.end(sms_service.accepted[0].reference, DeliveryStatus.DELIVERED)
    clock.advance(timedelta(minutes=10))
    await xrm.run_until_idle()

    assert (await xrm.messages.get(admin, sent.id)).state == "delivered"


async def test_an_sms_whose_end_nobody_tells_is_no_longer_asked_about(xrm, admin, sms_account, sms_service, clock):
    await xrm.sending.send_sms(admin, SmsRequest(sender="COM", to=(NUMBER,), text="Bonjour"))
    await xrm.run_until_idle()
    for _ in range(30):
        clock.advance(timedelta(hours=6))
        await xrm.run_until_idle()
    async with xrm.store.read() as session:
        assert await queries.accounts_with_due_reports(session, now=clock() + timedelta(days=30)) == []


async def test_a_report_that_comes_while_the_rest_is_claimed_gives_nothing_back_to_the_queue(
    xrm, admin, sms_account, sms_service, clock, database_url
):
    if "sqlite" in database_url:
        pytest.skip("SQLite has one writer")
    answers = sms_service.send

    def first_only(batch):
        taken = answers([sms for sms in batch if sms.to == NUMBER])
        rest = [sms for sms in batch if sms.to != NUMBER]
        return [*taken, *(deferred(sms) for sms in rest)]

    sms_service.send = first_only
    request = SmsRequest(sender="COM", to=(NUMBER, OTHER_NUMBER), text="Bonjour")
    sent = await xrm.sending.send_sms(admin, request)
    await xrm.run_until_idle()
    clock.advance(timedelta(minutes=2))
    reference = sms_service.accepted[0].reference
    async with xrm.store.write() as session:
        account, code = await queries.account_and_base(session, account_id=sms_account)
        claimed = await claiming.claim(
            session,
            base_id=account.base_id,
            account_id=sms_account,
            rev=account.rev,
            owner="worker",
            now=clock(),
            lease_until=clock() + timedelta(minutes=1),
            limit=10,
        )
        event = DeliveryEvent("key", reference, DeliveryStatus.DELIVERED, clock())
        told = asyncio.create_task(xrm.reports.record(account.base_id, code, sms_account, [event]))
        await asyncio.sleep(0.3)
    await told

    assert [one.id for one in claimed] == [sent.id]
    after = await xrm.messages.get(admin, sent.id)
    assert (after.state, [one.state for one in after.recipients]) == ("sending", ["delivered", "sending"])


def deferred(sms):
    return SendResult(sms.id, error=TransientError())
