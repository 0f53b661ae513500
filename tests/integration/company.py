"""A base whose mail and SMS go to stand-ins by the real plugins."""

from __future__ import annotations

from pathlib import Path

from cryptography.fernet import Fernet

from xrm_platform.app import Platform
from xrm_platform.config import Config
from xrm_platform.people.actor import Actor
from xrm_platform.store import Store, migrate
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.smtp_server import SmtpServer

SENDER = "com@acme.example"
PASSWORD = "s3cret-é"


def environment(home: Path, **more: str) -> dict[str, str]:
    """What configures the platform over a database of its own in `home`."""
    return {"XRM_HOME": str(home), "XRM_SECRET_KEYS": Fernet.generate_key().decode(), **more}


async def migrated(variables: dict[str, str]) -> Config:
    """The configuration of `variables`, over a database with its tables."""
    config = Config.from_environment(variables)
    config.home.mkdir(parents=True, exist_ok=True)
    store = Store(config.database_url)
    await migrate(store.engine)
    await store.aclose()
    return config


async def found(xrm: Platform, smtp: SmtpServer, esendex: EsendexServer) -> Actor:
    """The base ACME with the collaborator COM and an account of each stand-in as default, SMS released."""
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    admin = await xrm.bases.operator("ACME", "operator:test")
    await xrm.collaborators.create(admin, "COM", last_name="Martin", first_name="Léa", email=SENDER)
    for slug in ("smtp", "esendex"):
        await xrm.providers.enable(admin, slug)
    mail = {"host": smtp.host, "port": smtp.port, "security": smtp.security.value}
    if smtp.users:
        mail |= {"username": SENDER, "password": PASSWORD, "ca_file": str(smtp.ca_file)}
    await xrm.accounts.add(admin, "smtp", "SMTP", mail, default=True)
    sms = {
        "url": esendex.url,
        "username": esendex.username,
        "password": esendex.password,
        "account_reference": esendex.accounts[0].reference,
        "originator": "ACME",
    }
    await xrm.accounts.add(admin, "esendex", "Esendex", sms, default=True)
    await xrm.sms_pause.release(admin)
    return admin
