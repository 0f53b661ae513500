from datetime import timedelta

import pytest
from xrm_esendex.driver import EsendexSms
from xrm_esendex.settings import EsendexSettings

from xrm_platform.providers import (
    AuthError,
    InvalidRecipient,
    OutcomeUnknown,
    OutgoingSms,
    PermanentError,
    SmsEncoding,
    TransientError,
    load_sign_in,
)
from xrm_platform.testing.driver_context import driver_context, utc_now
from xrm_platform.testing.http_faults import RESET_AFTER_ACCEPTANCE, Fault
from xrm_platform.testing.sms_vendor import batch_of, references_of

AGES = timedelta(days=1)


async def test_a_sign_in_alone_tells_the_accounts_of_the_user(vendor, server):
    server.accounts[1].messages_remaining = 7
    known = {name: vendor.settings()[name] for name in ("url", "username", "password")}
    async with driver_context() as context:
        accounts = await EsendexSms(load_sign_in(EsendexSettings, known), context).accounts()
    assert [(one.reference, one.label, one.messages_left) for one in accounts] == [
        ("EX0123456", "Main", 100_000),
        ("EX7654321", "Main", 7),
    ]


async def test_a_lost_batch_is_found_again_among_the_messages_of_its_account(driver, server, vendor):
    async with driver_context() as context:
        other = EsendexSms(EsendexSettings().load({**vendor.settings(), "account_reference": "EX7654321"}), context)
        references_of(await other.send(batch_of(2)))
    server.faults.append(RESET_AFTER_ACCEPTANCE)
    with pytest.raises(OutcomeUnknown):
        await driver.send(batch_of(3))
    found = await driver.sent_since(utc_now() - AGES)
    assert [one.to for one in found] == [message.to for message in reversed(batch_of(3))]
    assert {one.reference for one in found} == {one.id for one in server.sent[2:]}


async def test_messages_are_listed_even_if_the_listing_ignores_its_start(driver, server, monkeypatch):
    references_of(await driver.send(batch_of(100)))
    references_of(await driver.send(batch_of(100)))
    server.advance(AGES)
    since = utc_now() + AGES / 2
    references = references_of(await driver.send(batch_of(30)))
    client = driver._client
    ask = client.read

    async def without_start(path, *, start=None, **query):
        assert start is not None
        return await ask(path, **query)

    monkeypatch.setattr(client, "read", without_start)
    server.requests.clear()
    assert {one.reference for one in await driver.sent_since(since)} == set(references)
    assert len(server.requests) == 1


async def test_a_message_taken_while_the_list_is_read_hides_none_and_doubles_none(driver, server, monkeypatch):
    since = utc_now() - AGES
    references = references_of(await driver.send(batch_of(100)))
    references += references_of(await driver.send(batch_of(20)))
    ask = driver._client.read

    async def while_sending(path, **query):
        answer = await ask(path, **query)
        if query["startindex"] == 0:
            await driver.send(batch_of(1))
        return answer

    monkeypatch.setattr(driver._client, "read", while_sending)
    listed = [one.reference for one in await driver.sent_since(since)]
    assert len(listed) == len(set(listed))
    assert set(references) <= set(listed)


async def test_opt_outs_are_those_of_the_account_and_of_every_page(driver, server):
    for index in range(230):
        server.opt_out(f"3363998{index:04}")
    assert len(await driver.opt_outs(utc_now() - AGES)) == 230


async def test_an_opt_out_without_answer_may_be_told_again(driver, server):
    server.faults.append(RESET_AFTER_ACCEPTANCE)
    with pytest.raises(TransientError):
        await driver.add_opt_out("+33639980011")
    await driver.add_opt_out("+33639980011")
    assert [one.number for one in server.opt_outs] == ["33639980011"]


@pytest.mark.parametrize(("status", "error"), [(500, TransientError), (400, PermanentError), (403, AuthError)])
async def test_a_refused_opt_out_is_told(driver, server, status, error):
    server.faults.append(Fault(status=status))
    with pytest.raises(error):
        await driver.add_opt_out("+33639980011")


async def test_what_is_no_number_cannot_opt_out(driver, server):
    with pytest.raises(InvalidRecipient):
        await driver.add_opt_out("0639980011")
    assert server.requests == []


async def test_the_validity_is_that_of_the_message_or_else_of_the_account(vendor, server):
    async with driver_context() as context:
        driver = EsendexSms(EsendexSettings().load({**vendor.settings(), "validity_hours": "24"}), context)
        own = OutgoingSms("own", "+33639980011", "x", SmsEncoding.GSM7, validity=timedelta(minutes=90))
        references_of(await driver.send([own, *batch_of(1)]))
    assert [one.validity for one in server.sent] == [2, 24]


async def test_a_message_without_validity_says_none(driver, server):
    references_of(await driver.send(batch_of(1)))
    assert [one.validity for one in server.sent] == [0]
