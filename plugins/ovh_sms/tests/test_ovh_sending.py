from datetime import timedelta

import aiohttp
import pytest
from xrm_ovh_sms import client, sending
from xrm_ovh_sms.driver import OvhSms
from xrm_ovh_sms.plugin import OVH_SMS
from xrm_ovh_sms.refusals import MessageRefused
from xrm_ovh_sms.settings import OvhSettings

from xrm_platform.providers import (
    AccountError,
    AuthError,
    OutcomeUnknown,
    OutgoingSms,
    QuotaExhausted,
    RateLimited,
    SmsEncoding,
    TransientError,
)
from xrm_platform.testing.driver_context import driver_context, utc_now
from xrm_platform.testing.http_faults import (
    HTML_ERROR_PAGE,
    RESET_AFTER_ACCEPTANCE,
    RESET_BEFORE_ACCEPTANCE,
    TIMEOUT_AFTER_ACCEPTANCE,
    TIMEOUT_BEFORE_ACCEPTANCE,
    TRUNCATED_ANSWER,
    Answer,
    Fault,
)
from xrm_platform.testing.sms_vendor import batch_of, error_of, references_of, sms
from xrm_platform.testing.translations import assert_explained

JOBS = "POST /1.0/sms/sms-xr12345-1/jobs"


@pytest.fixture
def no_long_silence(fault, monkeypatch):
    """Only who waits in vain is cut off early: a busy machine must not make the others late."""
    if fault.answer is Answer.SILENCE:
        monkeypatch.setattr(client, "TIMEOUT", aiohttp.ClientTimeout(total=1))


@pytest.mark.parametrize(
    ("fault", "error", "arrived"),
    [
        (Fault(status=401), AuthError, 0),
        (Fault(status=402), QuotaExhausted, 0),
        (Fault(status=429, retry_after="3"), RateLimited, 0),
        (Fault(status=503), TransientError, 0),
        (Fault(status=500), OutcomeUnknown, 0),
        (Fault(status=307, location="/1.0/sms"), AccountError, 0),
        (HTML_ERROR_PAGE, OutcomeUnknown, 0),
        (RESET_BEFORE_ACCEPTANCE, OutcomeUnknown, 0),
        (TIMEOUT_BEFORE_ACCEPTANCE, OutcomeUnknown, 0),
        (RESET_AFTER_ACCEPTANCE, OutcomeUnknown, 1),
        (TIMEOUT_AFTER_ACCEPTANCE, OutcomeUnknown, 1),
        (TRUNCATED_ANSWER, OutcomeUnknown, 1),
        (Fault(status=200, accepted=True, body="<html>"), OutcomeUnknown, 1),
        (Fault(status=200, accepted=True, body="{}"), OutcomeUnknown, 1),
    ],
)
async def test_a_message_that_meets_a_fault_is_offered_once(no_long_silence, driver, server, fault, error, arrived):
    server.faults.append(fault)
    with pytest.raises(error):
        await driver.send(batch_of(1))
    assert server.requests == [JOBS]
    assert len(server.jobs) == arrived


@pytest.mark.parametrize(
    ("fault", "met", "rest"),
    [
        (RESET_AFTER_ACCEPTANCE, OutcomeUnknown, TransientError),
        (Fault(status=401), AuthError, AuthError),
        (Fault(status=429, retry_after="9"), RateLimited, RateLimited),
    ],
)
async def test_after_an_error_that_is_not_about_a_message_nothing_more_is_offered(
    driver, server, vendor, fault, met, rest
):
    server.faults.extend([Fault(status=400), fault])
    results = await driver.send([*batch_of(4), sms("bad", vendor.bad_number)])
    assert [type(error_of(result)) for result in results] == [MessageRefused, met, rest, rest, rest]
    assert len(server.requests) == 2


async def test_a_batch_is_offered_only_while_the_platform_waits(driver, server, monkeypatch):
    monkeypatch.setattr(sending, "TIME_FOR_A_BATCH", 0.0)
    results = await driver.send(batch_of(3))
    assert [type(error_of(result)) for result in results] == [type(None), TransientError, TransientError]
    assert len(server.jobs) == 1


async def test_the_time_is_asked_once_for_many_requests_and_again_after_an_hour(vendor, server):
    times = []
    shift = timedelta()
    server._now = lambda: utc_now() + shift
    async with driver_context(now=lambda: utc_now() + shift) as context:
        driver = OvhSms(OvhSettings().load(vendor.settings()), context)
        ask = driver._client.ask_time

        async def counted():
            times.append(shift)
            return await ask()

        driver._client.ask_time = counted
        references_of(await driver.send(batch_of(5)))
        assert len(times) == 1
        shift = timedelta(hours=2)
        await driver.balance()
        assert len(times) == 2


async def test_a_clock_that_was_set_is_asked_anew_at_the_next_attempt(driver, server):
    await driver.balance()
    server.ahead = timedelta()
    with pytest.raises(TransientError) as caught:
        await driver.send(batch_of(1))
    assert caught.value.code == "wrong_time"
    references_of(await driver.send(batch_of(1)))


async def test_a_lost_time_is_no_lost_message(driver, server):
    await server.stop()
    with pytest.raises(TransientError) as caught:
        await driver.send(batch_of(1))
    assert caught.value.code == "unreachable"


async def test_a_message_without_sender_comes_from_a_number_that_can_be_answered(vendor, server):
    settings = {name: value for name, value in vendor.settings().items() if name != "sender"}
    async with driver_context() as context:
        driver = OvhSms(OvhSettings().load(settings), context)
        references_of(await driver.send(batch_of(1)))
        results = await driver.send([sms("m1", text="https://example.com")])
    assert error_of(results[0]).code == "link_needs_a_sender"
    assert [job.sender for job in server.jobs] == ["36105"]


async def test_a_validity_is_told(driver, server):
    own = OutgoingSms("own", "+33639980011", "x", SmsEncoding.GSM7, validity=timedelta(minutes=90))
    references_of(await driver.send([own, *batch_of(1)]))
    assert [job.validity for job in server.jobs] == [90, 2880]


async def test_a_service_that_is_gone_stops_the_account_and_fails_no_message(driver, server):
    server.faults.append(Fault(status=404))
    with pytest.raises(AccountError) as caught:
        await driver.send(batch_of(3))
    assert_explained(OVH_SMS, caught.value.code, caught.value.params)
