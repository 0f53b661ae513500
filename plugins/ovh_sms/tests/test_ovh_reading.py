import json
from datetime import timedelta

import pytest
from xrm_ovh_sms.driver import OvhSms
from xrm_ovh_sms.plugin import OVH_SMS
from xrm_ovh_sms.settings import OvhSettings

from xrm_platform.providers import (
    TickState,
    TransientError,
    load_sign_in,
)
from xrm_platform.testing.driver_context import driver_context, utc_now
from xrm_platform.testing.http_faults import (
    Fault,
)
from xrm_platform.testing.sms_vendor import batch_of, references_of
from xrm_platform.testing.translations import assert_explained


def forbidden(on=""):
    body = json.dumps({"errorCode": "NOT_GRANTED_CALL", "message": "This call has not been granted"})
    return Fault(status=403, body=body, content_type="application/json", on=on)


async def test_messages_that_wait_and_messages_that_went_are_both_found(driver, server):
    since = utc_now() - timedelta(minutes=1)
    first = references_of(await driver.send(batch_of(2)))
    server.advance(timedelta(minutes=1))
    second = references_of(await driver.send(batch_of(3)))
    listed = await driver.sent_since(since)
    assert {one.reference for one in listed} == {*first, *second}
    assert {one.reference for one in listed if one.status is None} == set(second)


async def test_a_blacklist_that_did_not_change_costs_one_request(driver, server):
    since = utc_now() - timedelta(minutes=1)
    for index in range(5):
        server.opt_out(f"+3363998001{index}")
    assert len(await driver.opt_outs(since)) == 5
    server.requests.clear()
    assert len(await driver.opt_outs(since)) == 5
    assert len(server.requests) == 1
    del server.services[0].blacklist["+33639980010"]
    assert len(await driver.opt_outs(since)) == 4


async def checked(vendor, **changed):
    async with driver_context() as context:
        driver = OvhSms(OvhSettings().load({**vendor.settings(), **changed}), context)
        return {tick.step: tick for tick in await driver.check()}


async def test_a_good_account_passes_every_step_of_its_check(vendor, server):
    ticks = await checked(vendor)
    assert list(ticks) == ["reached", "secured", "signed_in", "may_send", "balance"]
    assert ticks["balance"].params == {"messages": 100_000}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"service_name": "sms-xx99999-9"}, "service_unknown"),
        ({"sender": "Nobody"}, "sender_unknown"),
        ({"sender": "Waiting"}, "sender_not_validated"),
    ],
)
async def test_a_service_or_sender_that_is_none_may_not_send(vendor, server, changed, code):
    server.services[0].senders["Waiting"] = "waitingValidation"
    ticks = await checked(vendor, **changed)
    assert ticks["signed_in"].state is TickState.OK
    assert (ticks["may_send"].state, ticks["may_send"].code) == (TickState.FAILED, code)
    assert_explained(OVH_SMS, code, ticks["may_send"].params)


async def test_keys_without_the_right_are_told_so(vendor, server):
    server.faults.append(forbidden())
    ticks = await checked(vendor)
    assert (ticks["may_send"].state, ticks["may_send"].code) == (TickState.FAILED, "not_granted")


async def test_an_account_without_credit_fails_its_check_at_the_balance(vendor, server):
    server.services[0].credits_left = 0.5
    ticks = await checked(vendor)
    assert (ticks["balance"].state, ticks["balance"].code) == (TickState.FAILED, "no_credits_left")


async def test_a_certificate_that_is_refused_is_reached_and_not_secured(vendor, server):
    ticks = await checked(vendor, url=server.url.replace("http:", "https:"))
    assert ticks["reached"].state is TickState.OK
    assert (ticks["secured"].state, ticks["secured"].code) == (TickState.FAILED, "tls_failed")


async def test_a_service_that_may_not_be_read_is_told_by_its_name(vendor, server):
    await vendor.add_account("Lyon")
    server.faults.append(forbidden(on="sms-xr12345-2"))
    known = {name: value for name, value in vendor.settings().items() if name != "service_name"}
    async with driver_context() as context:
        accounts = await OvhSms(load_sign_in(OvhSettings, known), context).accounts()
    assert [(one.reference, one.label, one.messages_left) for one in accounts] == [
        ("sms-xr12345-1", "Main", 100_000),
        ("sms-xr12345-2", "sms-xr12345-2", None),
    ]


async def test_the_first_error_of_many_reads_is_told(driver, server):
    references = references_of(await driver.send(batch_of(20)))
    server.faults.append(Fault(status=503))
    with pytest.raises(TransientError):
        await driver.reports(references)
