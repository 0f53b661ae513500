import asyncio

import aiohttp
import pytest
from xrm_esendex import client, sending
from xrm_esendex.plugin import ESENDEX
from xrm_esendex.refusals import MessageRefused

from xrm_platform.providers import (
    AccountError,
    AuthError,
    InvalidRecipient,
    OutcomeUnknown,
    OutgoingSms,
    QuotaExhausted,
    RateLimited,
    SmsEncoding,
    TransientError,
)
from xrm_platform.testing.http_faults import (
    HTML_ERROR_PAGE,
    RESET_AFTER_ACCEPTANCE,
    RESET_BEFORE_ACCEPTANCE,
    TEXT_ERROR,
    TIMEOUT_AFTER_ACCEPTANCE,
    TIMEOUT_BEFORE_ACCEPTANCE,
    TRUNCATED_ANSWER,
    Answer,
    Fault,
)
from xrm_platform.testing.sms_vendor import batch_of, error_of, references_of, sms
from xrm_platform.testing.translations import assert_explained

DISPATCH = "POST /v1.0/messagedispatcher"


@pytest.fixture
def no_long_silence(fault, monkeypatch):
    """Only who waits in vain is cut off early: a busy machine must not make the others late."""
    if fault.answer is Answer.SILENCE:
        monkeypatch.setattr(client, "TIMEOUT", aiohttp.ClientTimeout(total=1))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), AuthError),
        (Fault(status=402), QuotaExhausted),
        (Fault(status=403), AuthError),
        (Fault(status=404), AccountError),
        (Fault(status=405), AccountError),
        (Fault(status=408), TransientError),
        (Fault(status=429), RateLimited),
        (Fault(status=503), TransientError),
        (Fault(status=503, retry_after="3"), RateLimited),
        (Fault(status=307, location="/v1.0/messagedispatcher"), AccountError),
        (RESET_BEFORE_ACCEPTANCE, OutcomeUnknown),
        (TIMEOUT_BEFORE_ACCEPTANCE, OutcomeUnknown),
        (HTML_ERROR_PAGE, OutcomeUnknown),
        (Fault(status=500), OutcomeUnknown),
    ],
)
async def test_a_batch_that_was_not_taken_fails_as_a_whole_and_is_not_repeated(
    no_long_silence, driver, server, fault, error
):
    server.faults.append(fault)
    with pytest.raises(error) as caught:
        await driver.send(batch_of(3))
    assert isinstance(caught.value, error)
    assert_explained(ESENDEX, caught.value.code, caught.value.params)
    assert server.sent == []
    assert server.requests == [DISPATCH]


@pytest.mark.parametrize(
    "fault",
    [
        RESET_AFTER_ACCEPTANCE,
        TIMEOUT_AFTER_ACCEPTANCE,
        TRUNCATED_ANSWER,
        Fault(status=500, accepted=True),
        Fault(status=504, accepted=True, body="<html>Gateway Timeout</html>", content_type="text/html"),
        Fault(status=200, accepted=True, body="<html>Welcome</html>", content_type="text/html"),
        Fault(status=200, accepted=True, body='{"batch":{"messageheaders":[{"id":"one only"}]}}'),
    ],
)
async def test_a_batch_whose_answer_was_lost_is_unknown_and_is_not_repeated(no_long_silence, driver, server, fault):
    server.faults.append(fault)
    with pytest.raises(OutcomeUnknown):
        await driver.send(batch_of(3))
    assert len(server.sent) == 3
    assert server.requests == [DISPATCH]


async def test_nothing_left_when_no_connection_can_be_made(driver, server):
    await server.stop()
    with pytest.raises(TransientError) as caught:
        await driver.send(batch_of(1))
    assert (caught.value.code, caught.value.params) == ("unreachable", {"host": "127.0.0.1"})


async def test_a_server_without_tls_is_an_insecure_connection_not_a_lost_answer(driver, server, monkeypatch):
    monkeypatch.setattr(driver._client, "_url", server.url.replace("http:", "https:"))
    with pytest.raises(TransientError) as caught:
        await driver.send(batch_of(1))
    assert caught.value.code == "tls_failed"


async def test_a_full_batch_is_one_request(driver, server):
    references_of(await driver.send(batch_of(100)))
    assert server.requests == [DISPATCH]


async def test_each_bad_number_of_a_batch_is_found_and_the_others_go_once(driver, server, vendor):
    batch = batch_of(16)
    for index in (0, 7, 8, 15):
        batch[index] = sms(f"bad{index}", vendor.bad_number)
    results = await driver.send(batch)
    failed = [index for index, result in enumerate(results) if error_of(result)]
    assert failed == [0, 7, 8, 15]
    assert all(isinstance(error_of(results[index]), InvalidRecipient) for index in failed)
    assert [one.to for one in server.sent] == [message.to[1:] for message in batch if message.to != vendor.bad_number]


async def test_one_bad_number_in_a_hundred_costs_few_requests(driver, server, vendor):
    batch = batch_of(100)
    batch[42] = sms("bad", vendor.bad_number)
    await driver.send(batch)
    assert len(server.sent) == 99
    assert len(server.requests) <= 15


async def test_a_number_that_is_none_costs_no_request(driver, server):
    results = await driver.send([sms("m1", "0612345678"), *batch_of(2)])
    assert isinstance(error_of(results[0]), InvalidRecipient)
    references_of(results[1:])
    assert server.requests == [DISPATCH]


async def test_a_refused_text_says_so(driver, server):
    results = await driver.send([sms("m1", text=""), *batch_of(1)])
    error = error_of(results[0])
    assert isinstance(error, MessageRefused)
    assert error.detail == "body_missing: Message body is missing"
    assert_explained(ESENDEX, error.code, error.params)
    references_of(results[1:])


async def test_an_answer_in_plain_text_is_quoted(driver, server):
    server.faults.append(TEXT_ERROR)
    (result,) = await driver.send(batch_of(1))
    assert error_of(result).detail == TEXT_ERROR.body


async def test_a_refused_sender_does_not_stop_the_others(driver, server):
    mine = OutgoingSms("mine", "+33639980011", "Bonjour", SmsEncoding.GSM7, sender="Café")
    results = await driver.send([mine, *batch_of(2)])
    error = error_of(results[0])
    assert (error.code, error.params) == ("originator_refused", {"originator": "Café"})
    assert_explained(ESENDEX, error.code, error.params)
    references_of(results[1:])


async def test_a_message_may_have_a_sender_of_its_own(driver, server):
    mine = OutgoingSms("mine", "+33639980011", "Bonjour", SmsEncoding.GSM7, sender="+33937123456")
    references_of(await driver.send([mine, *batch_of(1)]))
    assert [one.sender for one in server.sent] == ["33937123456", "XRM"]


@pytest.mark.parametrize(
    ("fault", "met", "rest"),
    [
        (RESET_AFTER_ACCEPTANCE, OutcomeUnknown, TransientError),
        (Fault(status=401), AuthError, AuthError),
        (Fault(status=429, retry_after="9"), RateLimited, RateLimited),
        (Fault(status=402), QuotaExhausted, QuotaExhausted),
    ],
)
async def test_after_an_error_that_is_not_about_a_message_no_further_part_is_offered(
    driver, server, vendor, fault, met, rest
):
    batch = batch_of(8)
    batch[0] = sms("bad", vendor.bad_number)
    # All eight are refused, then the first four, two and one; the second goes; the next two meet the fault.
    untouched = [Fault(status=400, body="Phone number is invalid")] * 4
    server.faults.extend([*untouched, Fault(status=400, body="Phone number is invalid"), fault])
    results = await driver.send(batch)
    assert [type(error_of(result)) for result in results] == [
        *[InvalidRecipient] * 2,
        *[met] * 2,
        *[rest] * 4,
    ]
    assert len(server.requests) == 6
    assert len(server.sent) == (2 if met is OutcomeUnknown else 0)


async def test_parts_are_offered_only_while_the_platform_waits(driver, server, vendor, monkeypatch):
    monkeypatch.setattr(sending, "TIME_FOR_HALVES", 0.0)
    results = await driver.send([sms("bad", vendor.bad_number), *batch_of(3)])
    assert len(server.requests) == 1
    assert {type(error_of(result)) for result in results} == {TransientError}


async def test_a_cancelled_send_leaves_the_session_usable(driver, server):
    server.faults.append(TIMEOUT_BEFORE_ACCEPTANCE)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await driver.send(batch_of(1))
    references_of(await driver.send(batch_of(1)))
