"""What the stand-in for Esendex pushes, as an address that it calls sees it."""

import xml.etree.ElementTree as ET
from collections import Counter
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from xrm_platform.testing.esendex_server import EsendexServer

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
NS = 'xmlns="http://api.esendex.com/ns/"'


class Webhook:
    """An address that answers `answers` in turn, then 200."""

    def __init__(self):
        self.bodies = []
        self.answers = []

    async def called(self, request):
        self.bodies.append(await request.text())
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    def kinds(self):
        return [ET.fromstring(body).tag for body in self.bodies]


@pytest.fixture
async def webhook(aiohttp_server):
    webhook = Webhook()
    app = web.Application()
    app.router.add_post("/secret", webhook.called)
    server = await aiohttp_server(app, host="127.0.0.1")
    webhook.url = str(server.make_url("/secret"))
    return webhook


@pytest.fixture
async def esendex(webhook):
    async with EsendexServer(password="secret", now=lambda: START) as server:
        server.push.url = webhook.url
        yield server


async def send(esendex, *numbers):
    auth = aiohttp.encode_basic_auth(esendex.username, esendex.password)
    body = {"accountreference": "EX0000000", "messages": [{"to": number, "body": "x"} for number in numbers]}
    async with (
        aiohttp.ClientSession(esendex.url, headers={"Authorization": auth}) as http,
        http.post("/v1.0/messagedispatcher", json=body) as answer,
    ):
        assert answer.status == 200


async def test_it_pushes_four_kinds_each_once(esendex, webhook):
    await send(esendex, "33639980011", "33639980001", "33639980002")
    esendex.receive("33639980012", "STOP")
    esendex.opt_out("33639980012")
    await esendex.push_once()
    esendex.advance(timedelta(minutes=1))
    await esendex.push_once()
    await esendex.push_once()
    assert webhook.kinds() == ["InboundMessage", "OptOut", "MessageDelivered", "MessageFailed"]
    assert len({ET.fromstring(body).findtext("Id") for body in webhook.bodies}) == 4
    delivered = ET.fromstring(webhook.bodies[2])
    assert delivered.findtext("MessageId") == esendex.sent[0].id
    assert delivered.findtext("OccurredAt") == "2026-11-24T12:01:00"


async def test_what_is_not_answered_200_is_pushed_again_for_72_hours(esendex, webhook):
    esendex.receive("33639980012", "un")
    webhook.answers = [500, 302, 503]
    for _ in range(5):
        await esendex.push_once()
    assert len(webhook.bodies) == 4
    assert len(set(webhook.bodies)) == 1
    esendex.receive("33639980012", "deux")
    webhook.answers = [500]
    await esendex.push_once()
    esendex.advance(timedelta(hours=73))
    await esendex.push_once()
    assert len(webhook.bodies) == 5


async def test_an_address_where_nobody_listens_is_tried_again(esendex, webhook):
    esendex.receive("33639980012", "un")
    esendex.push.url = "http://127.0.0.1:1/"
    await esendex.push_once()
    esendex.push.url = webhook.url
    await esendex.push_once()
    assert [one.answers for one in esendex.push.notifications] == [[0, 200]]


async def test_it_pushes_copies_and_the_newest_first_on_demand(esendex, webhook):
    for text in ("un", "deux"):
        esendex.receive("33639980012", text)
    esendex.push.copies = 3
    esendex.push.newest_first = True
    await esendex.push_once()
    texts = [ET.fromstring(body).findtext("MessageText") for body in webhook.bodies]
    assert texts == ["deux"] * 3 + ["un"] * 3


async def test_an_opt_out_is_misspelt_unless_told_otherwise(esendex, webhook):
    esendex.opt_out("33639980012")
    esendex.push.typo = False
    esendex.opt_out("33639980013")
    await esendex.push_once()
    spellings = Counter(child.tag for body in webhook.bodies for child in ET.fromstring(body))
    assert (spellings["ReceviedAt"], spellings["ReceivedAt"]) == (1, 1)


async def test_dates_come_in_different_forms_on_demand(esendex, webhook):
    await send(esendex, *(f"336399800{index}" for index in range(11, 16)))
    esendex.push.mixed_dates = True
    esendex.advance(timedelta(minutes=1))
    await esendex.push_once()
    assert len({ET.fromstring(body).findtext("OccurredAt") for body in webhook.bodies}) == 5


async def test_opt_outs_are_listed_by_account_and_refused_twice(esendex):
    auth = aiohttp.encode_basic_auth(esendex.username, esendex.password)
    number_of = "<from><phonenumber>{}</phonenumber></from>"
    body = f"<optout {NS}><accountreference>EX0000000</accountreference>{number_of}</optout>"
    async with aiohttp.ClientSession(esendex.url, headers={"Authorization": auth}) as http:
        statuses = []
        for number in ("447700900123", "447700900123", "+44", "33639980011"):
            async with http.post("/v1.0/optouts", data=body.format(number).encode()) as answer:
                statuses.append(answer.status)
        async with http.get("/v1.0/optouts", params={"accountreference": "ex0000000", "count": "1"}) as answer:
            listed = ET.fromstring(await answer.text())
    assert statuses == [200, 409, 400, 200]
    assert (listed.get("totalcount"), listed.get("count")) == ("2", "1")
    assert [one.number for one in esendex.opt_outs] == ["447700900123", "33639980011"]
