"""Kill -9 of the worker in the middle of sending: nothing is lost, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from pathlib import Path

import pytest
from company import environment, found, migrated

from xrm_platform.app import Platform
from xrm_platform.messaging import MailRequest, SmsRequest
from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.smtp_server import SmtpServer

MESSAGES = 1_000
KILLS = 10
XRM = Path(sys.executable).with_name("xrm")


@pytest.mark.slow
async def test_a_killed_worker_loses_nothing_and_sends_nothing_twice(tmp_path):
    variables = environment(tmp_path, XRM_LEASE_SECONDS="2", XRM_TICK_SECONDS="0.5")
    config = await migrated(variables)
    async with SmtpServer() as smtp, EsendexServer(EsendexAccount(messages_remaining=5 * MESSAGES)) as esendex:
        async with Platform.open(config) as xrm:
            admin = await found(xrm, smtp, esendex)
            await _queue(xrm, admin)

        for _ in range(KILLS):
            before = len(smtp.received) + len(esendex.sent)
            worker = await _worker(variables)
            await _until(lambda before=before: len(smtp.received) + len(esendex.sent) > before)
            await asyncio.sleep(random.uniform(0, 0.2))
            worker.kill()
            await worker.wait()
        killed_at = len(smtp.received), len(esendex.sent)

        async with Platform.open(config) as xrm:
            while (states := await _states(xrm, admin)).keys() & {"queued", "sending"}:
                worker = await _worker(variables, "--until-idle")
                assert await worker.wait() == 0
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


async def _queue(xrm: Platform, admin) -> None:
    for number in range(MESSAGES):
        mail = MailRequest(sender="COM", to=(f"a{number}@client.example",), subject=f"Mail {number}", text="Bonjour")
        await xrm.sending.send_mail(admin, mail)
        await xrm.sending.send_sms(admin, SmsRequest(sender="COM", to=("06 12 34 56 78",), text=f"SMS {number}"))


async def _worker(variables: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        XRM, "worker", *arguments, env={**os.environ, **variables}, stderr=asyncio.subprocess.DEVNULL
    )


async def _until(happened) -> None:
    """Until it has happened, or so long that nothing is left to happen: the rest went, or is unknown."""
    for _ in range(1000):
        if happened():
            return
        await asyncio.sleep(0.02)


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
