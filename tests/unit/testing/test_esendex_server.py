"""The stand-in as clients other than our driver see it: raw HTTP, against what Esendex's documents and SDKs say."""

import asyncio
import json
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.http_faults import (
    RESET_AFTER_ACCEPTANCE,
    TIMEOUT_AFTER_ACCEPTANCE,
    TIMEOUT_BEFORE_ACCEPTANCE,
    TRUNCATED_ANSWER,
    Fault,
)

NS = "{http://api.esendex.com/ns/}"
START = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def esendex():
    accounts = (EsendexAccount("EX0000001"), EsendexAccount("EX0000002", messages_remaining=3))
    async with EsendexServer(*accounts, password="secret", now=lambda: START) as server:
        yield server


@pytest.fixture
async def http(esendex):
    auth = aiohttp.encode_basic_auth(esendex.username, esendex.password)
    async with aiohttp.ClientSession(esendex.url, headers={"Authorization": auth}) as session:
        yield session


async def post_json(http, messages, **envelope):
    body = {"accountreference": "EX0000001", "messages": messages, **envelope}
    async with http.post("/v1.0/messagedispatcher", json=body, headers={"Accept": "application/json"}) as answer:
        return answer.status, await answer.json()


async def refused(http, message, **envelope):
    status, told = await post_json(http, [message], **envelope)
    return status, told["errors"][0]["code"]


async def get(http, path, **query):
    async with http.get(path, params=query) as answer:
        assert answer.status == 200, await answer.text()
        return ET.fromstring(await answer.text())


ONE = {"to": "33612345678", "body": "Bonjour", "from": "Shop"}


async def test_json_in_and_json_out(esendex, http):
    status, told = await post_json(http, [ONE, {**ONE, "to": "33612345679"}])
    assert status == 200
    assert [header["id"] for header in told["batch"]["messageheaders"]] == [sms.id for sms in esendex.sent]
    assert told["batch"]["batchid"] == esendex.sent[0].batch_id
    assert [(sms.to, sms.text, sms.sender) for sms in esendex.sent] == [
        ("33612345678", "Bonjour", "Shop"),
        ("33612345679", "Bonjour", "Shop"),
    ]


@pytest.mark.parametrize("namespace", ["", ' xmlns="http://api.esendex.com/ns/"'])
async def test_xml_in_and_xml_out_with_and_without_namespace(esendex, http, namespace):
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><messages{namespace}><accountreference>EX0000001</accountreference>'
        "<from>Shop</from><message><to>33612345678</to><body>a &amp; b</body></message>"
        "<message><to>33612345679</to><body>l’été</body><characterset>Unicode</characterset></message></messages>"
    )
    async with http.post(
        "/v1.0/messagedispatcher", data=body.encode(), headers={"Content-Type": "application/xml"}
    ) as answer:
        root = ET.fromstring(await answer.text())
    assert root.tag == f"{NS}messageheaders"
    assert [header.get("id") for header in root] == [sms.id for sms in esendex.sent]
    assert [(sms.text, sms.characterset) for sms in esendex.sent] == [("a & b", "GSM"), ("l’été", "Unicode")]


async def test_one_message_object_instead_of_a_list_is_no_message(esendex, http):
    status, told = await post_json(http, ONE)
    assert (status, told["errors"][0]["description"]) == (400, "No messages were supplied")
    assert esendex.sent == []


@pytest.mark.parametrize("authorization", ["Basic bm86bm8=", "Bearer x", ""])
async def test_other_credentials_are_refused(esendex, http, authorization):
    async with http.get("/v1.0/accounts", headers={"Authorization": authorization}) as answer:
        assert answer.status == 401


async def test_an_unknown_account_reference_is_refused_and_a_known_one_may_be_in_lower_case(http):
    assert await refused(http, ONE, accountreference="EX9") == (400, "accountreference_invalid")
    status, _ = await post_json(http, [ONE], accountreference="ex0000001")
    assert status == 200


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to": ""}, "phonenumber_missing"),
        ({"to": "+33612345678"}, "phonenumber_invalid"),
        ({"to": "33 612345678"}, "phonenumber_invalid"),
        ({"to": "99912345678"}, "phonenumber_invalid"),
        ({"to": "33612345678,"}, "phonenumber_missing"),
        ({"body": ""}, "body_missing"),
        ({"from": "TwelveLetter"}, "originator_invalid"),
        ({"from": "Café"}, "originator_invalid"),
        ({"from": "123456789012345678901"}, "originator_invalid"),
        ({"characterset": "UTF-8"}, "characterset_invalid"),
        ({"validity": 73}, "validity_invalid"),
        ({"validity": "x"}, "validity_invalid"),
        ({"sendat": "2026-11-25T10:00:00Z"}, "sendat_invalid"),
    ],
)
async def test_one_bad_message_refuses_the_whole_batch(esendex, http, changed, code):
    status, told = await post_json(http, [ONE, {**ONE, **changed}])
    assert (status, told["errors"][0]["code"]) == (400, code)
    assert esendex.sent == []
    assert esendex.accounts[0].messages_remaining == 100_000


@pytest.mark.parametrize(
    ("written", "reached"),
    [
        ("447700900123", "447700900123"),
        ("0612345678", "33612345678"),
        ("00687751234", "687751234"),
        ("687751234", "33687751234"),
    ],
)
async def test_a_number_short_of_eleven_digits_is_national_unless_it_starts_with_00(esendex, http, written, reached):
    await post_json(http, [{**ONE, "to": written}])
    assert [sms.to for sms in esendex.sent] == [reached]


async def test_a_list_of_recipients_makes_a_header_for_each(esendex, http):
    _, told = await post_json(http, [{**ONE, "to": "33612345678,33612345679"}])
    assert len(told["batch"]["messageheaders"]) == len(esendex.sent) == 2


async def test_credit_goes_down_by_parts_and_then_sending_is_refused(esendex, http):
    for_two = {**ONE, "body": "a" * 161}
    assert (await post_json(http, [for_two], accountreference="EX0000002"))[0] == 200
    assert await refused(http, for_two, accountreference="EX0000002") == (402, "insufficient_credit")
    accounts = await get(http, "/v1.0/accounts")
    left = {account.findtext(f"{NS}reference"): account.findtext(f"{NS}messagesremaining") for account in accounts}
    assert left == {"EX0000001": "100000", "EX0000002": "1"}


@pytest.mark.parametrize(
    ("characterset", "text", "shown", "said"),
    [
        (None, "l’été €", "l?été €", "GSM"),
        ("GSM", "Reçu", "Re?u", "GSM"),
        ("Unicode", "Reçu 😀", "Reçu 😀", "Unicode"),
        ("Auto", "Reçu", "Reçu", "Unicode"),
        ("Auto", "10 €", "10 €", "GSM"),
    ],
)
async def test_what_a_character_set_lacks_does_not_reach_the_handset(esendex, http, characterset, text, shown, said):
    message = {**ONE, "body": text} | ({"characterset": characterset} if characterset else {})
    await post_json(http, [message])
    assert [(sms.text, sms.characterset) for sms in esendex.sent] == [(shown, said)]


async def status_of(http, id_):
    return (await get(http, f"/v1.0/messageheaders/{id_}")).findtext(f"{NS}status")


async def test_a_message_goes_on_as_time_passes(esendex, http):
    await post_json(http, [ONE, {**ONE, "to": "33639980001"}, {**ONE, "to": "33639980002"}])
    words = []
    for seconds in (0, 1, 10):
        esendex.advance(timedelta(seconds=seconds))
        words.append([await status_of(http, sms.id) for sms in esendex.sent])
    assert words == [["Submitted"] * 3, ["Sent"] * 3, ["Delivered", "Failed", "Expired"]]
    failed = await get(http, f"/v1.0/messageheaders/{esendex.sent[1].id}")
    assert failed.findtext(f"{NS}failurereason/{NS}permanentfailure") == "true"


async def test_a_scheduled_batch_waits_for_its_time(esendex, http):
    await post_json(http, [ONE], sendat="2026-11-24T13:00:00Z")
    assert await status_of(http, esendex.sent[0].id) == "Scheduled"
    esendex.advance(timedelta(hours=2))
    assert await status_of(http, esendex.sent[0].id) == "Delivered"
    assert await refused(http, ONE, sendat="tomorrow") == (400, "sendat_invalid")


async def test_dates_come_in_different_forms(esendex, http):
    await post_json(http, [ONE])
    esendex.advance(timedelta(minutes=1))
    header = await get(http, f"/v1.0/messageheaders/{esendex.sent[0].id}")
    dates = {name: header.findtext(NS + name) for name in ("submittedat", "sentat", "deliveredat", "laststatusat")}
    assert dates == {
        "submittedat": "2026-11-24T12:00:00.00Z",
        "sentat": "2026-11-24T12:00:00.0000000Z",
        "deliveredat": "2026-11-24T12:00:06Z",
        "laststatusat": "2026-11-24T12:00:06.000",
    }


@pytest.mark.parametrize("version", ["v1.0", "v1.1"])
async def test_the_listing_is_paged_from_zero_newest_first(esendex, http, version):
    await post_json(http, [{**ONE, "body": f"{index}"} for index in range(25)])
    page = await get(http, f"/{version}/messageheaders", startindex=20, count=10)
    assert page.attrib == {"startindex": "20", "count": "5", "totalcount": "25"}
    assert [header.findtext(f"{NS}summary") for header in page] == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"accountreference": "EX0000002"}, ["second"]),
        ({"filterBy": "account", "filterValue": "ex0000001"}, ["first"]),
        ({"status": "delivered"}, ["second", "first"]),
        ({"status": "Sent"}, []),
        ({"start": "2026-11-24T12:00:01Z"}, []),
        ({"finish": "2026-11-24T12:00:00Z"}, ["second", "first"]),
    ],
)
async def test_the_listing_can_be_filtered(esendex, http, query, found):
    await post_json(http, [{**ONE, "body": "first"}])
    await post_json(http, [{**ONE, "body": "second"}], accountreference="EX0000002")
    esendex.advance(timedelta(minutes=1))
    page = await get(http, "/v1.0/messageheaders", **query)
    assert [header.findtext(f"{NS}summary") for header in page] == found


async def test_a_batch_lists_its_messages_for_reconciliation(esendex, http):
    await post_json(http, [ONE])
    await post_json(http, [{**ONE, "body": "a"}, {**ONE, "body": "b"}])
    batches = await get(http, "/v1.1/messagebatches")
    assert [batch.findtext(f"{NS}batchsize") for batch in batches] == ["2", "1"]
    messages = await get(http, f"/v1.0/messagebatches/{batches[0].get('id')}/messages")
    assert [message.findtext(f"{NS}summary") for message in messages] == ["a", "b"]


async def test_the_inbox_shows_starts_and_bodies_show_all(esendex, http):
    message = esendex.receive("33612345678", "x" * 200 + "\f", characterset=None)
    (header,) = await get(http, "/v1.0/inbox/EX0000001/messages")
    assert (header.findtext(f"{NS}direction"), header.findtext(f"{NS}summary")) == ("Inbound", "x" * 50)
    body = await get(http, f"/v1.0/messageheaders/{message.id}/body")
    assert (body.findtext(f"{NS}bodytext"), body.find(f"{NS}characterset")) == ("x" * 200, None)
    assert len(await get(http, "/v1.0/inbox/EX0000002/messages")) == 0


@pytest.mark.parametrize("path", ["/v1.0/messageheaders/none", "/v1.0/messagebatches/none/messages", "/v1.0/nothing"])
async def test_what_does_not_exist_is_not_found(http, path):
    async with http.get(path) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("body", ["", "<messages", "[]", "<!DOCTYPE a [<!ENTITY b 'c'>]><messages>&b;</messages>"])
@pytest.mark.parametrize("kind", ["application/xml", "application/json"])
async def test_what_cannot_be_read_is_refused(esendex, http, body, kind):
    async with http.post("/v1.0/messagedispatcher", data=body, headers={"Content-Type": kind}) as answer:
        assert answer.status == 400
    assert esendex.sent == []


async def test_a_scripted_error_has_the_form_that_was_asked_for(esendex, http):
    esendex.faults.extend([Fault(status=429, retry_after="5"), Fault(status=503)])
    async with http.get("/v1.0/accounts", headers={"Accept": "application/json"}) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
        assert json.loads(await answer.text())["errors"]
    async with http.get("/v1.0/accounts") as answer:
        assert ET.fromstring(await answer.text()).tag == f"{NS}response"
    assert not esendex.faults


async def test_a_fault_may_wait_for_its_path(esendex, http):
    esendex.faults.append(Fault(status=500, on="messagedispatcher"))
    await get(http, "/v1.0/accounts")
    assert (await post_json(http, [ONE]))[0] == 500
    assert esendex.sent == []


@pytest.mark.parametrize(
    ("fault", "arrived"), [(TIMEOUT_BEFORE_ACCEPTANCE, 0), (TIMEOUT_AFTER_ACCEPTANCE, 1), (RESET_AFTER_ACCEPTANCE, 1)]
)
async def test_an_answer_may_never_come_whether_or_not_the_message_was_taken(esendex, http, fault, arrived):
    esendex.faults.append(fault)
    with pytest.raises((TimeoutError, aiohttp.ClientConnectionError)):
        async with asyncio.timeout(0.2):
            await post_json(http, [ONE])
    assert len(esendex.sent) == arrived


async def test_a_truncated_answer_is_half_an_answer(esendex, http):
    esendex.faults.append(TRUNCATED_ANSWER)
    with pytest.raises(json.JSONDecodeError):
        await post_json(http, [ONE])
    assert len(esendex.sent) == 1


async def test_it_comes_back_at_the_same_address_with_what_it_had(esendex, http):
    await post_json(http, [ONE])
    url = esendex.url
    await esendex.stop()
    await esendex.stop()
    with pytest.raises(aiohttp.ClientConnectionError):
        await post_json(http, [ONE])
    await esendex.start()
    assert esendex.url == url
    await post_json(http, [ONE])
    assert len(esendex.sent) == 2
