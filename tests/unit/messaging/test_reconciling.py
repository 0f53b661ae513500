"""SMS of which nobody knows whether they went: none goes twice, whatever the vendor shows and whenever it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from xrm_platform.messaging import SmsRequest, claiming
from xrm_platform.messaging import delivery_queries as queries
from xrm_platform.messaging.sendables import read_claimed
from xrm_platform.providers import OutcomeUnknown, OutgoingSms, SmsEncoding

NUMBER = "+33612345678"
TEXT = "Rendez-vous"


@pytest.fixture
def vendor(sms_service, clock):
    """It goes by the clock of the test."""
    sms_service._now = clock
    return sms_service


async def send(xrm, admin, **more) -> str:
    return (await xrm.sending.send_sms(admin, SmsRequest("COM", (NUMBER,), TEXT, **more))).id


async def much_later(xrm, clock):
    for _ in range(6):
        clock.advance(timedelta(minutes=4))
        await xrm.run_until_idle()


async def test_what_went_before_the_platform_was_down_for_hours_does_not_go_again(
    xrm, admin, push_account, vendor, clock
):
    sent = await send(xrm, admin)
    async with xrm.store.write() as session:
        account, _ = await queries.account_and_base(session, account_id=push_account)
        claimed = await claiming.claim(
            session,
            base_id=account.base_id,
            account_id=push_account,
            rev=account.rev,
            owner="killed",
            now=clock(),
            lease_until=clock() + timedelta(seconds=60),
            limit=1,
        )
        (one,) = await read_claimed(session, base_id=account.base_id, messages=claimed)
    vendor.send([OutgoingSms("as it was handed over", one.recipients[0].address, TEXT, SmsEncoding.GSM7)])
    clock.advance(timedelta(hours=5))
    await much_later(xrm, clock)

    assert len(vendor.accepted) == 1
    after = await xrm.messages.get(admin, sent)
    assert (after.state, after.recipients[0].reference) == ("sent", "memory-0")


async def test_what_another_account_sent_by_the_same_account_of_the_vendor_is_not_taken_for_it(
    xrm, admin, push_account, vendor, clock
):
    settings = {"service": str(xrm.config.home), "password": "s3cret-é"}
    second = (await xrm.accounts.add(admin, "pushing_sms", "again", settings)).id
    taking = vendor.send

    def lost_on_the_way(batch):
        vendor.send = taking
        raise OutcomeUnknown

    vendor.send = lost_on_the_way
    lost = await send(xrm, admin)
    await xrm.run_until_idle()
    await send(xrm, admin, account=second)
    await xrm.run_until_idle()
    await much_later(xrm, clock)

    assert (await xrm.messages.get(admin, lost)).state == "sent"
    assert len(vendor.accepted) == 2


async def test_what_the_vendor_shows_without_its_text_is_left_to_a_person(xrm, admin, push_account, vendor, clock):
    telling = vendor.sent_since
    vendor.sent_since = lambda since: [replace(one, text="", whole=False) for one in telling(since)]
    vendor.spoilt_answers.append(OutcomeUnknown())
    sent = await send(xrm, admin)
    await xrm.run_until_idle()
    await much_later(xrm, clock)

    assert (await xrm.messages.get(admin, sent)).state == "unknown"
    assert len(vendor.accepted) == 1
