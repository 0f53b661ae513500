"""A whole platform over a real database: a base with DIR, who manages COM, who manages NEW, and ALONE beside them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from cryptography.fernet import Fernet

from xrm_platform.agenda import EventGiven
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.people.actor import Actor
from xrm_platform.providers import Channel, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_calendar import MEMORY_CALENDAR, MemoryCalendar
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail, memory_mail_service
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms, memory_sms_service

PARIS = ZoneInfo("Europe/Paris")
PEOPLE = {"DIR": None, "COM": "DIR", "NEW": "COM", "ALONE": None}


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


class MemoryProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL]

    @hookimpl
    def xrm_sms_providers(self):
        return [MEMORY_SMS]

    @hookimpl
    def xrm_calendar_providers(self):
        return [MEMORY_CALENDAR]


PLUGIN = InProcessPlugin(
    "memory",
    MemoryProviders(),
    {
        (Channel.MAIL, "memory_mail"): MemoryMail,
        (Channel.SMS, "memory_sms"): MemorySms,
        (Channel.CALENDAR, "memory_calendar"): MemoryCalendar,
    },
)


@pytest.fixture
def config(database_url, tmp_path):
    return Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        public_url="https://xrm.example",
    )


@pytest.fixture
async def xrm(config, clock):
    async with Platform.open(config, plugins=[PLUGIN], now=clock) as platform:
        yield platform


@pytest.fixture
async def admin(xrm):
    """The operator."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    actor = await xrm.bases.operator("ACME", "operator:test")
    for code, manager in PEOPLE.items():
        await xrm.collaborators.create(
            actor, code, last_name=code.title(), email=f"{code.lower()}@acme.example", manager=manager
        )
    await xrm.collaborators.change(actor, "COM", {"mobile": "0612345678"})
    return actor


@pytest.fixture
async def ids(xrm, admin):
    """The id of each collaborator by code."""
    from xrm_platform.people import lookup

    async with xrm.store.read() as session:
        return {code: one for one, code in (await lookup.codes(session, base_id=admin.base_id)).items()}


@pytest.fixture
def as_(admin, ids):
    """The actor that a signed-in collaborator is."""

    def actor(code: str, *, is_admin: bool = False) -> Actor:
        return Actor(
            base_id=admin.base_id,
            base_code="ACME",
            name=f"user:{code.lower()}",
            is_admin=is_admin,
            xrm_allowed=True,
            collaborator_id=ids[code],
            user_id=code,
        )

    return actor


@pytest.fixture
def add(xrm, admin):
    """Add an event; unless said otherwise an hour on Monday, 2 March 2026 from 9 o'clock, of COM."""

    async def made(summary="Visite", start="2026-03-02T09:00", *, owner="COM", actor=None, **more):
        given = EventGiven(owner, summary, paris(start) if isinstance(start, str) else start, **more)
        return await xrm.agenda.add(actor or admin, given)

    return made


async def _account(xrm, admin, slug):
    await xrm.providers.enable(admin, slug)
    settings = {"service": str(xrm.config.home), "password": "s3cret"}
    await xrm.accounts.add(admin, slug, slug, settings, default=True)


@pytest.fixture
async def mail(xrm, admin, tmp_path):
    """A mail account of the base; what it has sent is in the service."""
    await _account(xrm, admin, "memory_mail")
    return memory_mail_service(str(tmp_path))


@pytest.fixture
async def sms(xrm, admin, tmp_path):
    await xrm.sms_pause.release(admin)
    await _account(xrm, admin, "memory_sms")
    return memory_sms_service(str(tmp_path))
