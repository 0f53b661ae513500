"""A vendor's call has a calendar read at once: Google's stand-in calls the platform's own server over TLS."""

from __future__ import annotations

import asyncio
import dataclasses
import ssl
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sync_company import google_account, people
from yarl import URL

from xrm_platform.agenda.sync.channels import LONGEST_WAIT, after_refusal, renewal_of
from xrm_platform.agenda.sync.tables import CalendarChannel
from xrm_platform.agenda.tables import Event
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.providers import NotFound, OutcomeUnknown, TransientError, Unsupported
from xrm_platform.testing.certificates import make_certificate
from xrm_platform.testing.google_faults import Fault
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.web import create_app

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
async def certificate(tmp_path):
    """The server's context, and that of clients that trust it."""
    file, server = await asyncio.to_thread(make_certificate, tmp_path)
    return server, await asyncio.to_thread(ssl.create_default_context, cafile=str(file))


@pytest.fixture
async def google(clock, certificate):
    async with GoogleServer(now=clock) as server:
        server.channels.trusted = certificate[1]
        yield server


@pytest.fixture
def config(database_url, tmp_path, unused_tcp_port):
    return Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        public_url=f"https://127.0.0.1:{unused_tcp_port}",
    )


@pytest.fixture
async def xrm(config, clock):
    async with Platform.open(config, now=clock) as platform:
        yield platform


@pytest.fixture
async def server(xrm, config, certificate, aiohttp_server):
    return await aiohttp_server(create_app(xrm), port=URL(config.public_url).port, ssl=certificate[0])


@pytest.fixture
async def admin(xrm):
    return await people(xrm)


@pytest.fixture
async def link(xrm, admin, google, server):
    """A link that has begun, with the channel that the tick opened for it."""
    account = await google_account(xrm, admin, google)
    view = await xrm.calendar_links.link(admin, "COM", account=account)
    await xrm.calendar_runs.sync(admin, view.id)
    await settled(xrm, google)
    return view.id


async def settled(xrm, google):
    """Everything that is due is done, and every call of the vendor's has come."""
    for _ in range(2):
        await xrm.run_until_idle()
        await google.channels.settle()


async def titles(xrm):
    async with xrm.store.read() as session:
        return sorted((await session.scalars(select(Event.summary).where(Event.deleted_at.is_(None)))).all())


async def rows(xrm):
    async with xrm.store.read() as session:
        return list((await session.scalars(select(CalendarChannel).order_by(CalendarChannel.id))).all())


async def called(address, certificate, **headers):
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=certificate[1])) as http,
        http.post(address, headers=headers) as answer,
    ):
        return answer.status


async def test_a_change_there_is_here_without_waiting_for_the_next_poll(xrm, google, clock, link):
    google.put("Déjeuner")
    await settled(xrm, google)

    assert await titles(xrm) == ["Déjeuner"]


async def test_another_process_finds_what_a_call_told(xrm, config, google, clock, admin, link):
    """The one that takes the call need not be the one that works."""
    google.put("Déjeuner")
    await google.channels.settle()

    shown = await xrm.calendar_links.get(admin, link)
    assert shown.next_run_at == clock()
    assert shown.push_ends_at > clock()
    async with Platform.open(config, now=clock) as worker:
        await worker.run_until_idle()
        assert await titles(worker) == ["Déjeuner"]


async def test_the_call_that_says_that_a_channel_works_reads_nothing(xrm, google, link, certificate):
    (channel,) = google.channels.open.values()
    asked = len(google.requests)
    opened = {"X-Goog-Channel-ID": channel.id, "X-Goog-Channel-Token": channel.token, "X-Goog-Resource-State": "sync"}

    assert await called(channel.address, certificate, **opened) == 200
    await settled(xrm, google)

    assert len(google.requests) == asked


async def test_a_channel_is_renewed_before_it_ends_and_the_former_closed(xrm, google, clock, link):
    (former,) = google.channels.open
    clock.advance(timedelta(days=5))
    await settled(xrm, google)
    assert list(google.channels.open) == [former]

    clock.advance(timedelta(days=1, hours=1))
    await settled(xrm, google)

    (channel,) = google.channels.open.values()
    assert channel.id != former
    assert [row.channel for row in await rows(xrm)] == [channel.id]
    google.put("Déjeuner")
    await settled(xrm, google)
    assert await titles(xrm) == ["Déjeuner"]


@pytest.mark.parametrize("end", ["unlink", "switch_off", "write_only"])
async def test_who_no_longer_listens_says_so(xrm, admin, google, link, end):
    match end:
        case "unlink":
            await xrm.calendar_links.unlink(admin, link)
        case "switch_off":
            await xrm.calendar_links.change(admin, link, {"auto_sync": False})
        case "write_only":
            await xrm.calendar_links.change(admin, link, {"direction": "push"})
    await settled(xrm, google)

    assert (google.channels.open, await rows(xrm)) == ({}, [])


async def test_a_channel_that_cannot_be_closed_now_is_closed_later(xrm, admin, google, clock, link):
    google.faults.append(Fault(status=503, on="/channels/stop"))
    await xrm.calendar_links.unlink(admin, link)
    await settled(xrm, google)
    assert [row.state for row in await rows(xrm)] == ["closing"]

    clock.advance(timedelta(minutes=20))
    await settled(xrm, google)

    assert (google.channels.open, await rows(xrm)) == ({}, [])


async def test_a_vendor_that_refuses_to_call_is_polled_and_asked_again_later(xrm, admin, google, clock, server):
    google.faults.append(Fault(status=503, on="/watch"))
    account = await google_account(xrm, admin, google)
    view = await xrm.calendar_links.link(admin, "COM", account=account)
    await xrm.calendar_runs.sync(admin, view.id)
    google.put("Déjeuner")
    await settled(xrm, google)
    assert [(row.state, row.failures) for row in await rows(xrm)] == [("failed", 1)]

    clock.advance(timedelta(minutes=20))
    await settled(xrm, google)

    assert await titles(xrm) == ["Déjeuner"]
    assert [(row.state, row.failures) for row in await rows(xrm)] == [("open", 0)]
    assert len(google.channels.open) == 1


async def test_a_renewal_that_fails_leaves_the_former_channel_to_work(xrm, google, clock, link):
    (former,) = google.channels.open
    google.faults.append(Fault(status=503, on="/watch"))
    clock.advance(timedelta(days=6, hours=1))
    await settled(xrm, google)

    assert list(google.channels.open) == [former]
    google.put("Déjeuner")
    await settled(xrm, google)
    assert await titles(xrm) == ["Déjeuner"]
    clock.advance(timedelta(minutes=20))
    await settled(xrm, google)
    assert len(google.channels.open) == 1
    assert [row.state for row in await rows(xrm)] == ["open"]


async def test_only_a_call_with_its_address_and_its_secret_is_taken(xrm, google, clock, link, certificate, config):
    (channel,) = google.channels.open.values()
    right = {"X-Goog-Channel-ID": channel.id, "X-Goog-Channel-Token": channel.token, "X-Goog-Resource-State": "exists"}
    other = f"{config.public_url}/hooks/calendar/nobody"

    assert await called(other, certificate, **right) == 404
    assert await called(channel.address, certificate, **{**right, "X-Goog-Channel-Token": "guessed"}) == 404
    assert await called(channel.address, certificate, **{**right, "X-Goog-Channel-ID": "another"}) == 404
    assert await called(channel.address, certificate) == 400
    assert await called(channel.address, certificate, **right) == 200


async def test_address_and_secret_are_stored_nowhere(xrm, google, link):
    (channel,) = google.channels.open.values()
    (row,) = await rows(xrm)
    stored = repr({column.name: getattr(row, column.name) for column in CalendarChannel.__table__.columns})

    assert channel.token not in stored
    assert channel.address.rpartition("/")[2] not in stored


async def test_without_a_public_address_nobody_is_asked_to_call(config, clock, google):
    inside = dataclasses.replace(config, public_url="http://127.0.0.1:8080")
    async with Platform.open(inside, now=clock) as xrm:
        admin = await people(xrm)
        account = await google_account(xrm, admin, google)
        view = await xrm.calendar_links.link(admin, "COM", account=account)
        await xrm.calendar_runs.sync(admin, view.id)
        await settled(xrm, google)

        assert (google.channels.open, await rows(xrm)) == ({}, [])


def test_a_channel_is_renewed_a_day_before_its_end_or_after_most_of_a_short_life():
    assert renewal_of(NOW + timedelta(days=7), NOW) == NOW + timedelta(days=6)
    assert renewal_of(NOW + timedelta(hours=1), NOW) == NOW + timedelta(minutes=48)
    assert renewal_of(NOW - timedelta(hours=1), NOW) <= NOW


def test_what_may_pass_is_tried_sooner_than_what_the_vendor_means():
    waits = [after_refusal(failures, TransientError(), NOW)["due_at"] for failures in range(12)]

    assert waits == sorted(waits)
    assert waits[0] < NOW + timedelta(hours=1)
    assert waits[-1] == NOW + LONGEST_WAIT
    assert after_refusal(0, OutcomeUnknown(), NOW)["due_at"] == waits[0]
    assert {after_refusal(0, error, NOW)["due_at"] for error in (NotFound(), Unsupported())} == {NOW + LONGEST_WAIT}
