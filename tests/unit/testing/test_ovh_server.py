"""The stand-in as clients other than our driver see it: raw HTTP, signed by hand as OVHcloud's documents say."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from yarl import URL

from xrm_platform.testing.http_faults import Fault
from xrm_platform.testing.ovh_account import EXPIRED, OvhService
from xrm_platform.testing.ovh_server import OvhServer

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
JOB = {"message": "Bonjour", "receivers": ["+33639980011"], "sender": "XRM", "noStopClause": True}


@pytest.fixture
async def ovh():
    services = (OvhService(), OvhService("sms-xr12345-2", "Lyon"))
    async with OvhServer(*services, now=lambda: START, ahead=timedelta(minutes=5)) as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def ask(ovh, http):
    async def ask(method, path, body=None, **changed):
        url = ovh.url + path
        text = "" if body is None else json.dumps(body)
        keys = {"secret": ovh.application_secret, "consumer": ovh.consumer_key, "application": ovh.application_key}
        late = changed.pop("late", 0)
        keys |= changed
        timestamp = int(START.timestamp()) + 300 - late
        signed = f"{keys['secret']}+{keys['consumer']}+{method}+{url}+{text}+{timestamp}"
        headers = {
            "X-Ovh-Application": keys["application"],
            "X-Ovh-Consumer": keys["consumer"],
            "X-Ovh-Timestamp": str(timestamp),
            "X-Ovh-Signature": "$1$" + hashlib.sha1(signed.encode()).hexdigest(),
        }
        async with http.request(method, URL(url, encoded=True), data=text.encode() or None, headers=headers) as answer:
            return answer.status, await answer.json()

    return ask


async def post(ask, **changed):
    return await ask("POST", "/sms/sms-xr12345-1/jobs", {**JOB, **changed})


async def test_the_time_is_told_without_keys(ovh, http):
    async with http.get(f"{ovh.url}/auth/time") as answer:
        assert await answer.json() == int(START.timestamp()) + 300


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"application": "other"}, 403, "INVALID_KEY"),
        ({"consumer": "other"}, 403, "INVALID_CREDENTIAL"),
        ({"secret": "other"}, 400, "INVALID_SIGNATURE"),
        ({"late": 31}, 400, "QUERY_TIME_OUT"),
        ({"late": -31}, 400, "QUERY_TIME_OUT"),
    ],
)
async def test_what_is_not_signed_as_it_must_be_is_refused(ask, changed, status, code):
    answered, told = await ask("GET", "/sms", **changed)
    assert (answered, told["errorCode"]) == (status, code)


async def test_the_signature_covers_the_address_as_it_was_sent(ask):
    path = "/sms/sms-xr12345-1/outgoing?creationDatetime.from=2026-11-24T12%3A00%3A00%2B00%3A00"
    assert await ask("GET", path) == (200, [])


async def test_a_job_answers_ids_and_what_it_did_not_take(ovh, ask):
    receivers = ["+33639980011", "0033639980012", "0639980013", "+99912345678"]
    status, told = await post(ask, receivers=receivers)
    assert status == 200
    assert told == {
        "totalCreditsRemoved": 2,
        "invalidReceivers": receivers[2:],
        "ids": [job.id for job in ovh.jobs],
        "validReceivers": receivers[:2],
    }
    assert [job.to for job in ovh.jobs] == ["+33639980011", "+33639980012"]


async def test_an_invalid_receiver_alone_is_answered_200_without_an_id(ovh, ask):
    status, told = await post(ask, receivers=["x"])
    assert (status, told["ids"], told["validReceivers"]) == (200, [], [])


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"message": ""}, 400),
        ({"receivers": []}, 400),
        ({"receivers": "+33639980011"}, 400),
        ({"receivers": [1]}, 400),
        ({"to": "x"}, 400),
        ({"noStopClause": "true"}, 400),
        ({"charset": "UTF-16"}, 400),
        ({"priority": "urgent"}, 400),
        ({"validityPeriod": 0}, 400),
        ({"validityPeriod": True}, 400),
        ({"senderForResponse": True}, 400),
        ({"sender": "Nobody"}, 403),
        ({"sender": ""}, 400),
        ({"sender": "", "senderForResponse": True, "message": "https://a.fr"}, 403),
    ],
)
async def test_what_ovhcloud_refuses_is_refused(ovh, ask, changed, status):
    assert (await post(ask, **changed))[0] == status
    assert list(ovh.jobs) == []


async def test_credit_goes_down_by_parts_and_then_sending_is_refused(ovh, ask):
    ovh.services[0].credits_left = 3
    await post(ask, message="a" * 161)
    assert (await ask("GET", "/sms/sms-xr12345-1"))[1]["creditsLeft"] == 1
    assert (await post(ask, message="l’été" * 20))[0] == 402


async def test_the_mention_is_added_and_counted_unless_it_is_declined(ovh, ask):
    told = [(await post(ask, message="a" * 150, noStopClause=declined))[1] for declined in (False, True)]
    assert [one["totalCreditsRemoved"] for one in told] == [2, 1]
    assert [job.text[150:] for job in ovh.jobs] == [" STOP 36111", ""]


async def test_marketing_waits_for_the_morning(ovh, ask):
    ovh.services[0].night = True
    await post(ask, noStopClause=False)
    await post(ask)
    ovh.advance(timedelta(minutes=1))
    assert (await ask("GET", "/sms/sms-xr12345-1/jobs"))[1] == [ovh.jobs[0].id]
    ovh.advance(timedelta(hours=12))
    assert (await ask("GET", "/sms/sms-xr12345-1/jobs"))[1] == []


async def test_a_job_becomes_an_outgoing_message_with_a_receipt(ovh, ask):
    _, told = await post(ask, tag="t")
    (id_,) = told["ids"]
    assert (await ask("GET", f"/sms/sms-xr12345-1/jobs/{id_}"))[1]["message"] == "Bonjour"
    assert (await ask("GET", f"/sms/sms-xr12345-1/outgoing/{id_}"))[0] == 404
    states = []
    for _ in range(2):
        ovh.advance(timedelta(seconds=4))
        _, sent = await ask("GET", f"/sms/sms-xr12345-1/outgoing/{id_}")
        states.append((sent["ptt"], sent["deliveryReceipt"]))
    assert states == [(3, 4), (4, 1)]
    assert sent["creationDatetime"] == "2026-11-24T13:00:00+01:00"
    assert (await ask("GET", f"/sms/sms-xr12345-1/jobs/{id_}"))[0] == 404


async def test_it_calls_for_every_change_once(ovh, ask):
    _, told = await post(ask)
    ovh.end(told["ids"][0], EXPIRED)
    for _ in range(3):
        ovh.advance(timedelta(seconds=4))
        ovh.collect_callbacks()
    assert [call.split("&")[:2] for call in ovh.callbacks] == [
        [f"id={told['ids'][0]}", "ptt=3"],
        [f"id={told['ids'][0]}", "ptt=8"],
    ]


async def test_services_senders_answers_and_the_blacklist_are_told(ovh, ask):
    ovh.receive("+33639980011", "STOP")
    ovh.opt_out("+33639980011")
    assert (await ask("GET", "/sms"))[1] == ["sms-xr12345-1", "sms-xr12345-2"]
    assert (await ask("GET", "/sms/sms-xr12345-2"))[1]["description"] == "Lyon"
    assert (await ask("GET", "/sms/sms-xr12345-1/senders/XRM"))[1]["status"] == "enable"
    (id_,) = (await ask("GET", "/sms/sms-xr12345-1/incoming"))[1]
    assert (await ask("GET", f"/sms/sms-xr12345-1/incoming/{id_}"))[1]["message"] == "STOP"
    assert (await ask("GET", "/sms/sms-xr12345-1/blacklists"))[1] == ["+33639980011"]
    _, entry = await ask("GET", "/sms/sms-xr12345-1/blacklists/%2B33639980011")
    assert entry["dateCreation"] == "2026-11-24T13:00:00+01:00"


@pytest.mark.parametrize("path", ["/sms/none", "/sms/sms-xr12345-1/senders/none", "/sms/sms-xr12345-1/incoming/1"])
async def test_what_does_not_exist_is_not_found(ask, path):
    assert (await ask("GET", path))[0] == 404


async def test_a_fault_spoils_one_signed_request(ovh, ask):
    ovh.faults.append(Fault(status=429, retry_after="3"))
    assert [(await ask("GET", "/sms"))[0] for _ in range(2)] == [429, 200]
