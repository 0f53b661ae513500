"""A base with two collaborators, over the real registry, with providers in memory and one that misbehaves on demand."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from marshmallow import ValidationError, fields

from xrm_platform.accounts.accounts import Accounts
from xrm_platform.accounts.choice import Choice
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.enabling import Providers
from xrm_platform.accounts.preferences import Preferences
from xrm_platform.people.actor import Actor
from xrm_platform.people.audit import Audit
from xrm_platform.people.collaborators import Collaborators
from xrm_platform.people.lookup import collaborator
from xrm_platform.providers import (
    AuthError,
    Channel,
    DriverContext,
    ProviderDescriptor,
    ProviderSettings,
    Tick,
    TickState,
    hookimpl,
    secret,
)
from xrm_platform.registry import InProcessPlugin, Notices, Registry
from xrm_platform.store import SecretBox, new_key
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms, memory_sms_service
from xrm_platform.wording import load_wording


def check_mood(mood: str) -> None:
    if mood == "rejected":
        raise ValidationError("invalid_recipient")
    if mood == "crash the schema":
        raise KeyError(mood)


class MoodySettings(ProviderSettings):
    mood = fields.String(required=True, validate=check_mood)
    token = secret()


class Moody:
    """Does what its setting `mood` says. What its check answers in other moods is the mood itself: no ticks."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        if settings["mood"] == "crash the constructor":
            raise ZeroDivisionError("never shown " + settings.get("token", ""))
        self.settings = settings
        self.context = context

    async def check(self) -> Any:
        match self.settings["mood"]:
            case "raise AuthError":
                raise AuthError
            case "raise KeyError":
                raise KeyError("mood")
            case "good":
                return [Tick("reached", TickState.OK)]
            case "poor":
                odd = Tick("balance", TickState.FAILED, "no_credit", {"left": 0, "at": object()})
                return [Tick("reached", TickState.OK), odd]
        return self.settings["mood"]

    async def aclose(self) -> None:
        """Nothing is open."""


MOODY = ProviderDescriptor("moody", Channel.MAIL, "Moody", MoodySettings, translations=MEMORY_MAIL.translations)


class Plugin:
    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL, MOODY]

    @hookimpl
    def xrm_sms_providers(self):
        return [MEMORY_SMS]


@pytest.fixture(scope="session")
def registry():
    drivers = {
        (Channel.MAIL, "memory_mail"): MemoryMail,
        (Channel.MAIL, "moody"): Moody,
        (Channel.SMS, "memory_sms"): MemorySms,
    }
    return Registry.load(extra=[InProcessPlugin("in_memory", Plugin(), drivers)])


@pytest.fixture(scope="session")
def bare_registry():
    """The same installation without its plugins."""
    return Registry.load(disabled=[point.name for point in entry_points(group="xrm_platform.plugins")])


@pytest.fixture(scope="session")
def wording():
    return load_wording()


@pytest.fixture
def box():
    return SecretBox((new_key(),))


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def rooms_over(store, box, clock, http, wording):
    """Makes the use cases over a registry, as one process has them."""
    opened = []

    def rooms(registry, box=box):
        connections = Connections(store, registry, box, clock, http, Notices(registry, clock))
        opened.append(connections)
        return SimpleNamespace(
            connections=connections,
            providers=Providers(store, registry, clock),
            accounts=Accounts(store, registry, connections, box, clock, wording),
            choice=Choice(store, clock),
            preferences=Preferences(store, registry, box, clock),
        )

    yield rooms
    for connections in opened:
        await connections.aclose()


@pytest.fixture
def rooms(rooms_over, registry):
    return rooms_over(registry)


@pytest.fixture
def accounts(rooms):
    return rooms.accounts


@pytest.fixture
def choice(rooms):
    return rooms.choice


@pytest.fixture
def providers(rooms):
    return rooms.providers


@pytest.fixture
def connections(rooms):
    return rooms.connections


@pytest.fixture
async def people(store, clock, operator):
    """Ids of the collaborators COM and DIR, by code."""
    room = Collaborators(store, clock)
    ids = {}
    for code in ("COM", "DIR"):
        await room.create(operator, code, last_name=code.title())
        async with store.read() as session:
            ids[code] = (await collaborator(session, base_id=operator.base_id, code=code)).id
    return ids


@pytest.fixture
def com(base, people):
    """The user of the collaborator COM, no administrator."""
    return Actor(
        base_id=base.id,
        base_code=base.code,
        name="user:com",
        is_admin=False,
        xrm_allowed=True,
        collaborator_id=people["COM"],
    )


@pytest.fixture
async def enabled(providers, operator):
    """The base uses all providers of the tests."""
    for slug in ("memory_mail", "memory_sms", "moody"):
        await providers.enable(operator, slug)


@pytest.fixture
def service():
    """The SMS vendor behind the accounts of `add_sms`."""
    return memory_sms_service("accounts")


@pytest.fixture
def add_sms(accounts, operator, enabled):
    """Adds an account of `memory_sms`."""

    async def add(name: str = "SMS", **options: Any) -> Any:
        settings = {"service": "accounts", "password": "hunter2"}
        return await accounts.add(operator, "memory_sms", name, settings, **options)

    return add


@pytest.fixture
def add_moody(accounts, operator, enabled):
    """Adds an account of `moody`."""

    async def add(mood: str, **options: Any) -> Any:
        return await accounts.add(operator, "moody", f"Moody {mood}", {"mood": mood, "token": "hunter2"}, **options)

    return add


@pytest.fixture
def row_of(store, operator):
    """The row of an account, as delivery reads it."""
    from xrm_platform.accounts.queries import account

    async def row(account_id: str) -> Any:
        async with store.read() as session:
            return (await account(session, base_id=operator.base_id, account_id=account_id)).account

    return row


@pytest.fixture
def audited(store, operator):
    """Action and changes of each audit entry of an action that starts so, oldest first."""

    async def entries(prefix: str) -> list[tuple[str, dict[str, Any]]]:
        page = await Audit(store).list(operator, limit=500)
        return [(one.action, one.changes) for one in reversed(page.items) if one.action.startswith(prefix)]

    return entries
