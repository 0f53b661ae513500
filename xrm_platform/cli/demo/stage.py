"""Sets the stage: a base with its people and accounts, as an administrator would by the same use cases."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xrm_platform.cli.session import operator_name
from xrm_platform.people.actor import Actor
from xrm_platform.problems import Problem
from xrm_platform.providers import Channel
from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.smtp_server import SmtpSecurity, SmtpServer

from .example import (
    ACCOUNT_REFERENCE,
    ADMIN,
    BASE,
    COLLABORATOR,
    COMPANY,
    LOGIN,
    MANAGER,
    MANAGER_ADDRESS,
    MANAGER_LOGIN,
    ORIGINATOR,
    SENDER_ADDRESS,
    Letter,
)
from .screen import Screen

if TYPE_CHECKING:
    from xrm_platform.app import Platform


PROVIDERS = (
    (Channel.MAIL, "smtp"),
    (Channel.SMS, "esendex"),
    (Channel.CALENDAR, "ical"),
    (Channel.CALENDAR, "google_calendar"),
)


class StageIncomplete(Problem):
    """A plugin or an account that the demo needs does not work."""


@dataclass(frozen=True, slots=True)
class Company:
    """Who acts in the demo, and with which passwords a person can sign in as them."""

    admin: Actor
    collaborator: Actor
    manager: Actor
    sign_ins: tuple[tuple[str, str], ...]


def smtp_stand_in() -> SmtpServer:
    """A mail server that wants encryption and a password, and lets its user send by one address only."""
    return SmtpServer(
        security=SmtpSecurity.STARTTLS,
        users={SENDER_ADDRESS: secrets.token_urlsafe(12)},
        senders=(SENDER_ADDRESS,),
    )


def esendex_stand_in() -> EsendexServer:
    account = EsendexAccount(ACCOUNT_REFERENCE, messages_remaining=500)
    return EsendexServer(account, username="sms@societe-demo.example")


async def found_company(xrm: Platform, screen: Screen, letter: Letter, image: bytes, language: str) -> Company:
    """The base, its administrator, the manager DIR and COM, each with the user bound to them."""
    passwords = {login: secrets.token_urlsafe(9) for login in (ADMIN, LOGIN, MANAGER_LOGIN)}
    name = COMPANY[language]
    await xrm.bases.found(
        BASE,
        name,
        admin_login=ADMIN,
        admin_password=passwords[ADMIN],
        language=language,
        actor_name=operator_name(),
    )
    screen.done("base_founded", base=BASE, name=name, login=ADMIN)
    admin = await _signed_in(xrm, ADMIN, passwords[ADMIN])
    await xrm.collaborators.create(
        admin, MANAGER, type="manager", first_name="Dominique", last_name="DIRECTION", email=MANAGER_ADDRESS
    )
    screen.done("manager_added", code=MANAGER)
    await xrm.collaborators.create(
        admin,
        COLLABORATOR,
        type="representative",
        first_name="Camille",
        last_name="COMMERCIAL",
        email=SENDER_ADDRESS,
        mobile="06 23 45 67 89",
        manager=MANAGER,
        signature_text=letter.signature,
    )
    await xrm.collaborators.set_signature_image(admin, COLLABORATOR, image)
    screen.done("collaborator_added", code=COLLABORATOR, manager=MANAGER)
    for login, code in ((LOGIN, COLLABORATOR), (MANAGER_LOGIN, MANAGER)):
        await xrm.users.create(admin, login, password=passwords[login], xrm_allowed=True, collaborator=code)
        screen.done("user_added", login=login, code=code)
    collaborator = await _signed_in(xrm, LOGIN, passwords[LOGIN])
    manager = await _signed_in(xrm, MANAGER_LOGIN, passwords[MANAGER_LOGIN])
    return Company(admin, collaborator, manager, tuple(passwords.items()))


async def add_accounts(xrm: Platform, screen: Screen, admin: Actor, smtp: SmtpServer, esendex: EsendexServer) -> None:
    """Enable the providers of mail and SMS and give the base an account of each, tried before anything is sent."""
    for channel, slug in PROVIDERS:
        if xrm.registry.provider(channel, slug) is None:
            raise StageIncomplete("demo_plugin_missing", slug=slug)
    for slug in ("smtp", "esendex"):
        await xrm.providers.enable(admin, slug)
    screen.done("providers_enabled")
    ((username, password),) = smtp.users.items()
    smtp_account = await xrm.accounts.add(
        admin,
        "smtp",
        "SMTP",
        {
            "host": smtp.host,
            "port": smtp.port,
            "security": "starttls",
            "username": username,
            "password": password,
            "ca_file": str(smtp.ca_file),
        },
        default=True,
    )
    await check_account(xrm, screen, admin, smtp_account.id, f"smtp://{smtp.host}:{smtp.port}")
    sms_account = await xrm.accounts.add(
        admin,
        "esendex",
        "Esendex",
        {
            "url": esendex.url,
            "username": esendex.username,
            "password": esendex.password,
            "account_reference": ACCOUNT_REFERENCE,
            "originator": ORIGINATOR,
        },
        default=True,
    )
    await check_account(xrm, screen, admin, sms_account.id, esendex.url)


async def check_account(xrm: Platform, screen: Screen, admin: Actor, account_id: str, where: str) -> None:
    """Try an account, and say where it leads. Raises `StageIncomplete` when it does not work."""
    checked = await xrm.accounts.check(admin, account_id)
    name = checked.account.name
    if not checked.ok:
        raise StageIncomplete("demo_account_failing", account=name, reason=checked.account.health_code or "?")
    screen.done("account_checked", account=name, where=where)


async def _signed_in(xrm: Platform, login: str, password: str) -> Actor:
    """The user by a session of their own, with the rights that their row gives."""
    signed_in = await xrm.sign_in.sign_in(BASE, login, password, user_agent="xrm demo", address="127.0.0.1")
    found = await xrm.sign_in.actor_of(signed_in.token)
    if found is None:
        raise StageIncomplete("sign_in_failed")
    return found[0]
