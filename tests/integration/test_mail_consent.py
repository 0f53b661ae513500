"""A collaborator's mail account is connected by consent, loses it, and gets it back: the platform, the real plugin, the
stand-ins of Google and Microsoft, and two servers."""

from __future__ import annotations

import aiohttp
import pytest
from company import environment, migrated
from yarl import URL

from xrm_platform.app import Platform
from xrm_platform.messaging import MailRequest
from xrm_platform.testing.google_sign_in import SignIn
from xrm_platform.testing.mail_sign_in import MailSignIn
from xrm_platform.testing.microsoft_sign_in import MicrosoftSignIn
from xrm_platform.testing.smtp_server import SmtpServer

COM, DIR = "com@acme.example", "roux@acme.example"
RIGHTS = {"google": "https://mail.google.com/", "microsoft": "https://outlook.office.com/SMTP.Send"}


@pytest.fixture
def sign_in():
    return MicrosoftSignIn()


@pytest.fixture
async def service(sign_in):
    async with MailSignIn(sign_in, COM) as service:
        yield service


@pytest.fixture
async def server(service):
    """That of the service, where COM sends."""
    async with SmtpServer() as server:
        server.bearer = service.bearer(RIGHTS[service.settings()["sign_in"]])
        yield server


@pytest.fixture
async def xrm(tmp_path):
    async with Platform.open(await migrated(environment(tmp_path))) as platform:
        yield platform


@pytest.fixture
async def admin(xrm):
    await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
    admin = await xrm.bases.operator("ACME", "operator:test")
    await xrm.collaborators.create(admin, "DIR", last_name="Roux", email=DIR)
    await xrm.collaborators.create(admin, "COM", last_name="Martin", email=COM, manager="DIR")
    await xrm.users.create(admin, "chief", password="correct horse", is_admin=True, collaborator="DIR")
    await xrm.providers.enable(admin, "smtp")
    return admin


@pytest.fixture
async def account(xrm, admin, service, server):
    settings = {"host": server.host, "port": server.port, "security": "none", **service.settings()}
    added = await xrm.accounts.add(admin, "smtp", "Léa", settings, collaborator="COM")
    await xrm.choice.choose(admin, added.id, collaborator="COM")
    return added.id


@pytest.fixture
async def others(xrm, admin):
    """The server by which everybody else sends."""
    async with SmtpServer() as others:
        await xrm.accounts.add(
            admin, "smtp", "SMTP", {"host": others.host, "port": others.port, "security": "none"}, default=True
        )
        yield others


async def connect(xrm, admin, account):
    started = await xrm.consents.start(admin, account, redirect="http://127.0.0.1:1/oauth/callback")
    async with aiohttp.ClientSession() as browser, browser.get(started.url, allow_redirects=False) as answer:
        back = URL(answer.headers["Location"])
    return await xrm.consents.finish(back.query["state"], code=back.query["code"])


async def send(xrm, admin, subject):
    request = MailRequest(sender="COM", to=("anna@client.example",), subject=subject, text="Bonjour\n")
    view = await xrm.sending.send_mail(admin, request)
    await xrm.run_until_idle()
    return view.id


@pytest.mark.parametrize("sign_in", [SignIn(), MicrosoftSignIn()], ids=["google", "microsoft"])
async def test_a_consent_that_was_taken_back_is_told_once_and_nothing_is_lost(
    xrm, admin, service, server, others, account
):
    connected = await connect(xrm, admin, account)
    assert (connected.ok, [tick.step for tick in connected.ticks][:3]) == (True, ["reached", "secured", "signed_in"])
    await send(xrm, admin, "Un")

    service.sign_in.revoke(COM)
    await server.cut_connections()
    waiting = [await send(xrm, admin, subject) for subject in ("Deux", "Trois")]

    view = await xrm.accounts.get(admin, account)
    assert (view.suspended, view.health_code) == (True, "reconnect_needed")
    assert {(await xrm.messages.get(admin, one)).state for one in waiting} == {"queued"}
    (told,) = others.received
    assert (set(told.recipients), told.sender) == ({COM, DIR}, DIR)
    assert "xrm accounts connect" in told.message.get_content()

    assert (await connect(xrm, admin, account)).ok
    await xrm.run_until_idle()
    await send(xrm, admin, "Quatre")
    assert {mail.message["Subject"] for mail in server.received} == {"Un", "Deux", "Trois", "Quatre"}
    assert len(server.received) == 4
    assert len(others.received) == 1


async def test_where_all_mail_would_wait_behind_the_account_it_shows_what_is_wrong(xrm, admin, service, server):
    settings = {"host": server.host, "port": server.port, "security": "none", **service.settings()}
    added = await xrm.accounts.add(admin, "smtp", "Léa", settings, default=True)

    await send(xrm, admin, "Un")

    view = await xrm.accounts.get(admin, added.id)
    assert (view.suspended, view.health_code) == (True, "consent_needed")
    assert len((await xrm.messages.list(admin)).items) == 1


async def test_the_consent_of_another_mailbox_is_said_when_it_is_given(xrm, admin, service, account):
    service.email = "home@example.net"

    checked = await connect(xrm, admin, account)

    assert (checked.ok, checked.account.health_code) == (False, "consent_of_other_mailbox")


async def test_no_token_is_shown_or_stored_in_clear(xrm, admin, service, account, tmp_path):
    await connect(xrm, admin, account)
    tokens = [*service.sign_in._access, *service.sign_in._refresh]
    told = repr(await xrm.accounts.get(admin, account)) + repr((await xrm.audit.list(admin)).items)

    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())

    assert tokens
    for secret in (*tokens, service.sign_in.client_secret):
        assert secret not in told
        assert secret.encode() not in stored
