"""Kill -9 of the worker in the middle of sending: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import io
from collections import Counter

import pytest
from aiohttp import web
from company import environment, found, migrated
from killing import finish, kill_while

from xrm_platform.app import Platform
from xrm_platform.messaging import MailRequest, SmsRequest
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.smtp_server import SmtpServer

MESSAGES = 1_000
KILLS = 10
KILLS_OF_BULK = 3


@pytest.mark.slow
async def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(tmp_path):
    variables = environment(tmp_path, XRM_LEASE_SECONDS="2", XRM_TICK_SECONDS="0.5")
    config = await migrated(variables)
    async with SmtpServer() as smtp, EsendexServer(EsendexAccount(messages_remaining=5 * MESSAGES)) as esendex:
        async with Platform.open(config) as xrm:
            admin = await found(xrm, smtp, esendex)
            await _queue(xrm, admin)

        await kill_while(lambda: len(smtp.received) + len(esendex.sent), variables, kills=KILLS)
        killed_at = len(smtp.received), len(esendex.sent)

        async with Platform.open(config) as xrm:
            while (states := await _states(xrm, admin)).keys() & {"queued", "sending"}:
                await finish(variables)
            unknown = await _unknown(xrm, admin)

    mails = Counter(received.message["Subject"] for received in smtp.received)
    texts = Counter(sent.text for sent in esendex.sent)
    print(f"killed after {killed_at} of {2 * MESSAGES}; at the end {dict(states)}")
    assert states.total() == 2 * MESSAGES
    assert set(states) <= {"sent", "delivered", "unknown"}
    assert max(mails.values()) == max(texts.values()) == 1
    missing = {f"Mail {n}" for n in range(MESSAGES)} - mails.keys() | {
        f"SMS {n}" for n in range(MESSAGES)
    } - texts.keys()
    assert missing <= unknown


class SlowEsendex(EsendexServer):
    """It takes its time for a batch, so that a worker can be killed between two."""

    async def _dispatch(self, request: web.Request) -> web.Response:
        await asyncio.sleep(0.2)
        answer = await super()._dispatch(request)
        await asyncio.sleep(0.1)
        return answer


@pytest.mark.slow
async def test_a_worker_that_is_killed_in_a_bulk_job_serves_everybody_once(tmp_path):
    """Each kill may come while rows become messages, while messages go, or between."""
    variables = environment(tmp_path, XRM_LEASE_SECONDS="2", XRM_TICK_SECONDS="0.5")
    config = await migrated(variables)
    numbers = {f"336{index:08d}" for index in range(10_000_000, 10_000_000 + MESSAGES)}
    people = "Mobile\n" + "".join(f"+{number}\n" for number in sorted(numbers))
    async with SmtpServer() as smtp, SlowEsendex(EsendexAccount(messages_remaining=5 * MESSAGES)) as esendex:
        async with Platform.open(config) as xrm:
            admin = await found(xrm, smtp, esendex)
            request = BulkRequest(sender="COM", text="Bonjour", file=io.BytesIO(people.encode()))
            job = await xrm.bulks.start(admin, (await xrm.bulk_preparing.prepare(admin, request)).id)

        await kill_while(lambda: len(esendex.sent), variables, kills=KILLS_OF_BULK)
        killed_at = len(esendex.sent)

        async with Platform.open(config) as xrm:
            while (shown := await xrm.bulks.get(admin, job.id)).progress.keys() & {"ready", "queued", "sending"}:
                await xrm.run_until_idle()
                await asyncio.sleep(0.1)
            rows = await _rows(xrm, admin, job.id)

    print(f"killed after {killed_at} of {MESSAGES}; at the end {shown.progress}")
    arrived = Counter(sent.to for sent in esendex.sent)
    unknown = {row.address.removeprefix("+") for row, state in rows if state == "unknown"}
    assert len(rows) == MESSAGES
    assert set(shown.progress) <= {"sent", "delivered", "unknown"}
    assert max(arrived.values()) == 1
    assert numbers - arrived.keys() <= unknown
    assert killed_at < MESSAGES


async def _rows(xrm: Platform, admin, job: str):
    """Every row of a bulk job with the state of its message."""
    states = {message.id: message.state for message in await _all(xrm, admin)}
    rows, after = [], None
    while True:
        page = await xrm.bulks.rows(admin, job, after=after, limit=500)
        rows += [(row, states[row.message]) for row in page.items]
        if page.next is None:
            return rows
        after = page.next


async def _queue(xrm: Platform, admin) -> None:
    for number in range(MESSAGES):
        mail = MailRequest(sender="COM", to=(f"a{number}@client.example",), subject=f"Mail {number}", text="Bonjour")
        await xrm.sending.send_mail(admin, mail)
        await xrm.sending.send_sms(admin, SmsRequest(sender="COM", to=("06 12 34 56 78",), text=f"SMS {number}"))


async def _states(xrm: Platform, admin) -> Counter[str]:
    return Counter([message.state for message in await _all(xrm, admin)])


async def _unknown(xrm: Platform, admin) -> set[str]:
    """Subjects and texts of the messages that are `unknown`."""
    return {message.subject or message.text for message in await _all(xrm, admin) if message.state == "unknown"}


async def _all(xrm: Platform, admin):
    after = None
    found_messages = []
    while True:
        page = await xrm.messages.list(admin, after=after, limit=500)
        found_messages += page.items
        if page.next is None:
            return found_messages
        after = page.next
