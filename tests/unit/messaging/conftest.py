"""A whole platform over a real database, with providers that keep what they are sent in memory."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.providers import Capability, Channel, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail, MemoryMailService, memory_mail_service
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms, MemorySmsService, memory_sms_service

PLAIN_MAIL = replace(MEMORY_MAIL, slug="plain_mail", capabilities=frozenset())
"""As real mail: it does not recognise what it already has."""

PLAIN_SMS = replace(
    MEMORY_SMS, slug="plain_sms", capabilities=frozenset({Capability.DELIVERY_REPORTS, Capability.BALANCE})
)


RECEIVING_MAIL = replace(
    MEMORY_MAIL, slug="receiving_mail", capabilities=MEMORY_MAIL.capabilities - {Capability.IDEMPOTENT_SEND}
)
"""As an account with a mailbox."""

PUSHING_SMS = replace(
    MEMORY_SMS, slug="pushing_sms", capabilities=MEMORY_SMS.capabilities - {Capability.IDEMPOTENT_SEND}
)
"""As a complete vendor: it calls, and tells what it has, but does not recognise what it already has."""


class MemoryProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL, PLAIN_MAIL, RECEIVING_MAIL]

    @hookimpl
    def xrm_sms_providers(self):
        return [MEMORY_SMS, PLAIN_SMS, PUSHING_SMS]


def memory_plugin() -> InProcessPlugin:
    return InProcessPlugin(
        "memory",
        MemoryProviders(),
        {
            (Channel.MAIL, "memory_mail"): MemoryMail,
            (Channel.MAIL, "plain_mail"): MemoryMail,
            (Channel.MAIL, "receiving_mail"): MemoryMail,
            (Channel.SMS, "memory_sms"): MemorySms,
            (Channel.SMS, "plain_sms"): MemorySms,
            (Channel.SMS, "pushing_sms"): MemorySms,
        },
    )


@pytest.fixture
def plugins():
    """Plugins of the test, beside the providers in memory."""
    return []


@pytest.fixture
async def xrm(database_url, tmp_path: Path, clock, plugins):
    config = Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        disabled_plugins=frozenset(point.name for point in entry_points(group="xrm_platform.plugins")),
    )
    async with Platform.open(config, plugins=[memory_plugin(), *plugins], now=clock) as platform:
        yield platform


@pytest.fixture
async def admin(xrm):
    """The operator of a base with a salesperson COM and her manager DIR."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    actor = await xrm.bases.operator("ACME", "operator:test")
    await xrm.collaborators.create(actor, "DIR", last_name="Roux", email="roux@acme.example")
    await xrm.collaborators.create(
        actor, "COM", last_name="Martin", first_name="Léa", email="lea@acme.example", manager="DIR"
    )
    return actor


@pytest.fixture
def mail_service(tmp_path) -> MemoryMailService:
    return memory_mail_service(str(tmp_path))


@pytest.fixture
def sms_service(tmp_path) -> MemorySmsService:
    return memory_sms_service(str(tmp_path))


async def account(xrm, admin, slug: str) -> str:
    """Enable a provider and make an account of it the base's default; its id."""
    await xrm.providers.enable(admin, slug)
    settings = {"service": str(xrm.config.home), "password": "s3cret-é"}
    return (await xrm.accounts.add(admin, slug, slug, settings, default=True)).id


@pytest.fixture
async def mail_account(xrm, admin, mail_service):
    """An account that does not recognise what it already has."""
    return await account(xrm, admin, "plain_mail")


@pytest.fixture
async def mailbox_account(xrm, admin, mail_service):
    """An account by which mail comes in."""
    return await account(xrm, admin, "receiving_mail")


@pytest.fixture
async def sms_account(xrm, admin, sms_service):
    """An account of a base that lets SMS go."""
    await xrm.sms_pause.release(admin)
    return await account(xrm, admin, "plain_sms")


@pytest.fixture
async def push_account(xrm, admin, sms_service):
    """An account of a vendor that calls, of a base that lets SMS go."""
    await xrm.sms_pause.release(admin)
    return await account(xrm, admin, "pushing_sms")


@pytest.fixture
async def paused_sms_account(xrm, admin, sms_service):
    """As in a new base: SMS is paused."""
    return await account(xrm, admin, "plain_sms")


@pytest.fixture
async def recognising_mail_account(xrm, admin, mail_service):
    """An account whose provider recognises a message that it already has."""
    return await account(xrm, admin, "memory_mail")
