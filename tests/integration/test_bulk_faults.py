"""Ten thousand SMS of one bulk job, to a vendor that fails in every way it can: everybody ends in the true state.

The vendor is the stand-in for Esendex, spoken to by the real plugin; only the clock is the test's.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import ClientTimeout
from company import environment, migrated

from xrm_platform.app import Platform
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.testing.esendex_outbox import MAGIC_NUMBERS
from xrm_platform.testing.esendex_server import EsendexServer
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

PEOPLE = 10_000
SENDS = "/messagedispatcher"
ROUNDS = 60

HOW_SENDING_FAILS = [
    Fault(status=401),
    Fault(status=402),
    Fault(status=403),
    Fault(status=408),
    Fault(status=429, retry_after="30"),
    Fault(status=429),
    Fault(status=500),
    Fault(status=500, accepted=True),
    Fault(status=503),
    Fault(status=503, retry_after="120"),
    Fault(status=504, accepted=True),
    HTML_ERROR_PAGE,
    TEXT_ERROR,
    TIMEOUT_BEFORE_ACCEPTANCE,
    TIMEOUT_AFTER_ACCEPTANCE,
    RESET_BEFORE_ACCEPTANCE,
    RESET_AFTER_ACCEPTANCE,
    TRUNCATED_ANSWER,
    Fault(body="<html>maintenance</html>", status=200, content_type="text/html", accepted=True),
    Fault(body="[]", status=200, content_type="application/json", accepted=True),
]
HOW_ASKING_FAILS = [
    Fault(status=500),
    Fault(Answer.RESET),
    Fault(Answer.TRUNCATED),
    HTML_ERROR_PAGE,
    Fault(status=429, retry_after="5"),
]
BAD_ENDINGS = tuple(MAGIC_NUMBERS.values())


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 8, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def true_states(esendex: EsendexServer, now: datetime) -> dict[str, str]:
    words = {"Delivered": "delivered", "Failed": "failed", "Expired": "expired"}
    return {f"+{one.to}": words.get(one.status(now), "sent") for one in esendex.sent}


async def lived_through(xrm, admin, esendex: EsendexServer, account: str, job: str, clock: Clock) -> None:
    """Let time pass, and do what a person does when the account is suspended, until the job has ended. Every fiftieth
    message ends badly at the vendor."""
    for _ in range(ROUNDS):
        await xrm.run_until_idle()
        for place, one in enumerate(esendex.sent[::50]):
            esendex.end(one.id, BAD_ENDINGS[place % len(BAD_ENDINGS)])
        if (await xrm.accounts.get(admin, account)).suspended:
            await xrm.accounts.resume(admin, account)
        if (await xrm.bulks.get(admin, job)).state == "done":
            return
        clock.time += timedelta(minutes=3)
    pytest.fail(f"not done: {(await xrm.bulks.get(admin, job)).progress}")


@pytest.mark.slow
async def test_everybody_of_ten_thousand_ends_in_the_true_state_and_nobody_gets_it_twice(tmp_path, monkeypatch):
    monkeypatch.setattr("xrm_esendex.client.TIMEOUT", ClientTimeout(total=2))  # a vendor that is silent for good
    clock = Clock()
    numbers = [f"+336{index:08d}" for index in range(10_000_000, 10_000_000 + PEOPLE)]
    people = "Mobile;Prénom\n" + "".join(f"{number};Nom {place}\n" for place, number in enumerate(numbers))
    config = await migrated(environment(tmp_path / "home"))
    taking = timedelta(milliseconds=1.5)
    """What the vendor needs for a message: its listings tell by the time where messages lie."""
    async with (
        EsendexServer(now=lambda: clock() + taking * len(esendex.sent)) as esendex,
        Platform.open(config, now=clock) as xrm,
    ):
        admin, account = await founded(xrm, esendex)
        draft = await xrm.bulk_preparing.prepare(
            admin, BulkRequest("COM", "Bonjour {prenom}", file=io.BytesIO(people.encode()))
        )
        assert draft.counts.ready == PEOPLE
        for fault in HOW_SENDING_FAILS:
            esendex.faults.append(Fault(**{**fields_of(fault), "on": SENDS}))
        for fault in HOW_ASKING_FAILS:
            esendex.faults.append(Fault(**{**fields_of(fault), "on": "/messageheaders"}))
        await xrm.bulks.start(admin, draft.id)
        async with asyncio.timeout(300):
            await lived_through(xrm, admin, esendex, account, draft.id, clock)
            for _ in range(3):  # the last reports
                clock.time += timedelta(minutes=20)
                await xrm.run_until_idle()

        report = b"".join([piece async for piece in xrm.bulks.report(admin, draft.id, language="en")])
        messages = {line["Number or address"].replace(" ", ""): line["State"] for line in lines_of(report)}
        progress = (await xrm.bulks.get(admin, draft.id)).progress

    assert not esendex.faults
    assert len(esendex.requests) < PEOPLE / 4
    truth = true_states(esendex, clock.time)
    assert Counter(one.to for one in esendex.sent).most_common(1)[0][1] == 1
    refused = messages.keys() - truth.keys()
    assert {messages[number] for number in refused} <= {"failed"}
    assert {number: state for number, state in messages.items() if number in truth} == truth
    assert progress == Counter(messages.values())


def fields_of(fault: Fault) -> dict[str, object]:
    return {name: getattr(fault, name) for name in fault.__dataclass_fields__}


def lines_of(report: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.decode("utf-8-sig"))))


async def founded(xrm, esendex: EsendexServer):
    """The base ACME with the collaborator COM and an account of the stand-in, SMS released."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    admin = await xrm.bases.operator("ACME", "operator:test")
    await xrm.collaborators.create(admin, "COM", last_name="Martin")
    await xrm.providers.enable(admin, "esendex")
    settings = {
        "url": esendex.url,
        "username": esendex.username,
        "password": esendex.password,
        "account_reference": esendex.accounts[0].reference,
        "originator": "ACME",
    }
    account = await xrm.accounts.add(admin, "esendex", "Esendex", settings, default=True)
    await xrm.sms_pause.release(admin)
    return admin, account.id
