"""The real application on SQLite, in front of it two bases and people with every kind of right.

The database is filled once and copied for each test. Providers are those in memory: nothing leaves the process.
"""

from __future__ import annotations

import asyncio
import dataclasses
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from yarl import URL

import xrm_platform.app
from xrm_platform.agenda import EventGiven
from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.messaging.requests import MailRequest
from xrm_platform.people.actor import Scope
from xrm_platform.people.passwords import Passwords
from xrm_platform.providers import Channel, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.store import new_key
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail
from xrm_platform.testing.memory_sms import MEMORY_SMS, MemorySms
from xrm_platform.web import create_app

PASSWORD = "correct horse"
BASE = "/api/v1/bases/ACME"


class InMemory:
    """The plugin of both providers in memory."""

    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL]

    @hookimpl
    def xrm_sms_providers(self):
        return [MEMORY_SMS]


PLUGIN = InProcessPlugin(
    "in_memory",
    InMemory(),
    {(Channel.MAIL, "memory_mail"): MemoryMail, (Channel.SMS, "memory_sms"): MemorySms},
)


@dataclass(frozen=True)
class Session:
    """What a signed-in browser has."""

    cookie: str
    csrf_token: str


@dataclass(frozen=True)
class Seed:
    """What is in the database. `chief`, `marie` and `nobody` are users of ACME: administrator and DIR, the collaborator
    COM, and one without any right; `stranger` is the administrator of OTHER. `tokens` are by scope."""

    database: Path
    keys: tuple[str, ...]
    sessions: dict[str, Session]
    tokens: dict[str, str]
    token_id: str
    mail_account: str
    sms_account: str
    message: str
    contact: str
    event: str
    feed: str


@pytest.fixture(scope="session")
def cheap_passwords():
    """Real Argon2, with parameters that cost next to nothing."""
    return lambda: Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="session")
def seed(sqlite_template, tmp_path_factory, cheap_passwords):
    home = tmp_path_factory.mktemp("seed")
    database = Path(shutil.copyfile(sqlite_template, home / "xrm.db"))
    keys = (new_key(),)
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(xrm_platform.app, "Passwords", cheap_passwords)
        return runner.run(fill(config_of(home, keys), database))


async def fill(config: Config, database: Path) -> Seed:
    async with Platform.open(config, plugins=[PLUGIN]) as xrm:
        for base, login in (("ACME", "chief"), ("OTHER", "stranger")):
            await xrm.bases.found(base, base, admin_login=login, admin_password=PASSWORD, actor_name="operator:test")
        other = await xrm.bases.operator("OTHER")
        await xrm.collaborators.create(other, "COM", last_name="Stranger")
        await xrm.users.change(other, "stranger", {"xrm_allowed": True, "collaborator": "COM"})
        actor = await xrm.bases.operator("ACME")
        await xrm.collaborators.create(actor, "DIR", last_name="Dupont", email="dir@acme.example")
        await xrm.collaborators.create(
            actor, "COM", last_name="Martin", email="com@acme.example", mobile="0612345678", manager="DIR"
        )
        await xrm.users.change(actor, "chief", {"xrm_allowed": True, "collaborator": "DIR"})
        await xrm.users.create(actor, "marie", password=PASSWORD, xrm_allowed=True, collaborator="COM")
        await xrm.users.create(actor, "nobody", password=PASSWORD)
        accounts = []
        for slug in ("memory_mail", "memory_sms"):
            await xrm.providers.enable(actor, slug)
            settings = {"service": "here", "password": "s3cret"}
            accounts.append(await xrm.accounts.add(actor, slug, slug, settings, default=True))
        mail = MailRequest(sender="DIR", to=("a@b.example",), subject="Hello", text="Hello")
        message = await xrm.sending.send_mail(actor, mail)
        event = await xrm.agenda.add(actor, EventGiven("COM", "Visit", date(2026, 3, 2), recurrence="FREQ=WEEKLY"))
        feed, _ = await xrm.feeds.create(actor, "COM")
        contact = await xrm.contacts.create(actor, last_name="Client", reference="C-1")
        tokens = {scope.value: await xrm.tokens.create(actor, scope.value, [scope]) for scope in Scope}
        sessions = {}
        for login in ("chief", "marie", "nobody", "stranger"):
            base = "OTHER" if login == "stranger" else "ACME"
            opened = await xrm.sign_in.sign_in(base, login, PASSWORD, user_agent="test", address="127.0.0.1")
            sessions[login] = Session(opened.token, opened.csrf_token)
    return Seed(
        database=database,
        keys=config.secret_keys,
        sessions=sessions,
        tokens={scope: secret for scope, (_, secret) in tokens.items()},
        token_id=tokens["read"][0].id,
        mail_account=accounts[0].id,
        sms_account=accounts[1].id,
        message=message.id,
        contact=contact.id,
        event=event.id,
        feed=feed.id,
    )


def config_of(home: Path, keys: tuple[str, ...]) -> Config:
    return Config(home=home, database_url=f"sqlite+aiosqlite:///{home / 'xrm.db'}", secret_keys=keys, language="fr")


@pytest.fixture
def config(seed, tmp_path):
    shutil.copyfile(seed.database, tmp_path / "xrm.db")
    return config_of(tmp_path, seed.keys)


@pytest.fixture
async def xrm(config, monkeypatch, cheap_passwords):
    monkeypatch.setattr(xrm_platform.app, "Passwords", cheap_passwords)
    async with Platform.open(config, plugins=[PLUGIN]) as platform:
        yield platform


@pytest.fixture
async def client(xrm, aiohttp_client):
    return await aiohttp_client(create_app(xrm))


@pytest.fixture
def as_token(client, seed):
    """Calls as the token of a scope; `as_token("admin")("GET", "/users")` is below the base."""

    def of(scope: str):
        async def call(method: str, path: str, **options):
            headers = {"Authorization": f"Bearer {seed.tokens[scope]}", **options.pop("headers", {})}
            return await client.request(method, address(path), headers=headers, **options)

        return call

    return of


@pytest.fixture
def as_user(client, seed):
    """Calls as a browser that is signed in, with the token against forgery unless `csrf=None` or another is given."""

    def of(login: str):
        session = seed.sessions[login]

        async def call(method: str, path: str, *, csrf: str | None = session.csrf_token, **options):
            client.session.cookie_jar.clear()
            client.session.cookie_jar.update_cookies({"xrm": session.cookie}, URL(str(client.make_url("/"))))
            headers = {**({"X-CSRF-Token": csrf} if csrf else {}), **options.pop("headers", {})}
            return await client.request(method, address(path), headers=headers, **options)

        return call

    return of


def address(path: str) -> str:
    return path if path.startswith("/api") else BASE + path


def https(config: Config) -> Config:
    return dataclasses.replace(config, public_url="https://xrm.example")
