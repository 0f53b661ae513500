"""Testing an account by a mail, against real servers: each failure says to a layman what to change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import xrm_smtp.client
from company import environment, migrated
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, PASSWORDS, MailServers
from servers.reading import mailbox

from xrm_platform.app import Platform
from xrm_platform.testing.certificates import CertificateFlaw
from xrm_platform.testing.smtp_server import SmtpFault, SmtpSecurity, SmtpServer, SmtpStage

PASSWORD = "s3cret-é"
Tested = Callable[..., Any]


@pytest.fixture
async def tested(tmp_path) -> AsyncIterator[Tested]:
    """Adds an account with these settings to a base, and tests it as Camille: the ticks as a person reads them."""
    async with Platform.open(await migrated(environment(tmp_path))) as xrm:
        await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
        admin = await xrm.bases.operator("ACME", "operator:test")
        await xrm.collaborators.create(admin, "COM", last_name="Lefèvre", first_name="Camille", email=CAMILLE)
        await xrm.providers.enable(admin, "smtp")
        await xrm.providers.enable(admin, "outlook")

        async def test(
            settings: dict[str, Any], slug: str = "smtp", **options: Any
        ) -> tuple[dict[str, str], dict[str, str]]:
            account = await xrm.accounts.add(admin, slug, "SMTP", settings)
            result = await xrm.mail_tests.send(admin, account.id, sender="COM", **options)
            failed = [one for one in result.ticks if one.state == "failed"]
            said = {
                language: xrm.wording.say("errors", one.code, one.params, language=language, package="xrm_smtp")
                for one in failed
                for language in ("en", "fr")
            }
            assert not any("{" in sentence for sentence in said.values())
            return {one.step: one.state for one in result.ticks}, said

        yield test


def settings_of(server: SmtpServer, **changes: Any) -> dict[str, Any]:
    given = {"host": "localhost", "port": server.port, "security": server.security.value, "username": CAMILLE}
    ca_file = {} if server.security is SmtpSecurity.NONE else {"ca_file": str(server.ca_file)}
    return {**given, **ca_file, "password": PASSWORD, **changes}


def assert_says(said: dict[str, str], english: str, french: str) -> None:
    assert english in said["en"]
    assert french in said["fr"]


async def test_a_wrong_password(tested: Tested) -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users={CAMILLE: PASSWORD}) as server:
        ticks, said = await tested(settings_of(server, password="wrong"))
        assert server.received == []
    assert ticks == {"reached": "ok", "secured": "ok", "signed_in": "failed"}
    assert_says(said, "Enter them again", "Saisissez-les de nouveau")


@pytest.mark.parametrize(
    ("flaw", "english", "french"),
    [
        (CertificateFlaw.EXPIRED, "has to renew it", "doit le renouveler"),
        (CertificateFlaw.WRONG_HOST, "Write the server's name as your provider gives it", "Écrivez le nom du serveur"),
    ],
)
async def test_a_certificate_that_does_not_fit(
    tested: Tested, flaw: CertificateFlaw, english: str, french: str
) -> None:
    async with SmtpServer(security=SmtpSecurity.TLS, users={CAMILLE: PASSWORD}, flaw=flaw) as server:
        ticks, said = await tested(settings_of(server))
    assert ticks == {"reached": "ok", "secured": "failed"}
    assert_says(said, english, french)


async def test_an_authority_that_nobody_knows(tested: Tested) -> None:
    async with SmtpServer(security=SmtpSecurity.TLS, users={CAMILLE: PASSWORD}) as server:
        ticks, said = await tested(settings_of(server, ca_file=None))
    assert ticks == {"reached": "ok", "secured": "failed"}
    assert_says(said, "ca_file", "ca_file")


async def test_tls_where_the_server_begins_in_clear(tested: Tested) -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users={CAMILLE: PASSWORD}) as server:
        ticks, said = await tested(settings_of(server, security="tls"))
    assert ticks == {"reached": "ok", "secured": "failed"}
    assert_says(said, "587 with STARTTLS", "587 avec STARTTLS")


async def test_starttls_where_the_server_speaks_tls_at_once(tested: Tested, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xrm_smtp.client, "CONNECT_SECONDS", 0.3)  # both sides wait for the other
    async with SmtpServer(security=SmtpSecurity.TLS, users={CAMILLE: PASSWORD}) as server:
        ticks, said = await tested(settings_of(server, security="starttls"))
    assert ticks == {"reached": "failed"}
    assert_says(said, "Check the port and the security", "Vérifiez le port et la sécurité")


async def test_a_server_that_offers_no_starttls(tested: Tested) -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users={CAMILLE: PASSWORD}) as server:
        server.offers_starttls = False
        ticks, said = await tested(settings_of(server))
    assert ticks == {"reached": "ok", "secured": "failed"}
    assert_says(said, "Try TLS on port 465", "Essayez TLS sur le port 465")


@pytest.mark.parametrize(
    ("stage", "reply", "english", "french"),
    [
        (SmtpStage.RCPT, "552 5.2.2 Mailbox full", "make room", "faire de la place"),
        (SmtpStage.RCPT, "554 5.7.1 Relay access denied", "user name and password", "nom d'utilisateur"),
        (SmtpStage.RCPT, "550 5.1.1 No such user", "does not accept this recipient", "n’accepte pas ce destinataire"),
        (SmtpStage.MAIL, "553 5.7.1 not yours", "the account's own address", "l'adresse du compte"),
        (SmtpStage.END, "554 5.7.1 spam", "looks like spam", "indésirable"),
        (SmtpStage.MAIL, "451 4.3.0 later", "Nothing has to be changed", "rien à changer"),
    ],
)
async def test_a_server_that_signs_in_and_does_not_take_the_mail(
    tested: Tested, stage: SmtpStage, reply: str, english: str, french: str
) -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users={CAMILLE: PASSWORD}) as server:
        server.faults.add(SmtpFault(stage, reply, times=None))
        ticks, said = await tested(settings_of(server))
        assert server.received == []
    assert ticks == {"reached": "ok", "secured": "ok", "signed_in": "ok", "sent": "failed"}
    assert_says(said, english, french)


async def test_a_server_that_takes_mail_only_from_those_who_sign_in(tested: Tested) -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, users={CAMILLE: PASSWORD}) as server:
        ticks, said = await tested(settings_of(server, username=None, password=None))
        assert server.received == []
    assert ticks == {"reached": "ok", "secured": "ok", "signed_in": "skipped", "sent": "failed"}
    assert_says(said, "give the user name and the password", "donnez le nom d'utilisateur et le mot de passe")


async def test_no_route_to_the_server(tested: Tested, unused_tcp_port: int) -> None:
    settings = {"host": "localhost", "port": unused_tcp_port, "security": "tls"}
    ticks, said = await tested(settings)
    assert ticks == {"reached": "failed"}
    assert_says(said, "Check the server's name and the port", "Vérifiez le nom du serveur et le port")


@pytest.mark.servers
async def test_all_five_steps_at_postfix_and_dovecot(tested: Tested, postfix_and_dovecot: MailServers) -> None:
    servers = postfix_and_dovecot
    settings = {
        "host": "localhost",
        "port": servers.postfix.smtps,
        "security": "tls",
        "username": CAMILLE,
        "password": PASSWORDS[CAMILLE],
        "ca_file": str(servers.authority),
        "receive": "imap",
        "receive_host": "localhost",
        "receive_port": servers.dovecot.imaps,
    }
    ticks, said = await tested(settings, to=f"Direction <{DIRECTOR}>")
    assert (ticks, said) == (dict.fromkeys(("reached", "secured", "signed_in", "sent", "copied"), "ok"), {})
    assert await asyncio.to_thread(copies, servers) == 1


@pytest.mark.servers
async def test_an_address_that_postfix_does_not_let_the_account_use(
    tested: Tested, postfix_and_dovecot: MailServers
) -> None:
    servers = postfix_and_dovecot
    settings = {
        "host": "localhost",
        "port": servers.postfix.submission,
        "security": "starttls",
        "username": DIRECTOR,
        "password": PASSWORDS[DIRECTOR],
        "ca_file": str(servers.authority),
    }
    ticks, said = await tested(settings)
    assert (ticks["signed_in"], ticks["sent"]) == ("ok", "failed")
    assert_says(said, "the account's own address", "l'adresse du compte")


async def test_without_a_mailbox_nothing_is_handed_over_for_a_test(tested: Tested) -> None:
    assert await tested({}, "outlook") == (dict.fromkeys(("reached", "signed_in", "drafted"), "skipped"), {})


@pytest.mark.servers
async def test_mail_software_gets_a_draft_in_its_mailbox(tested: Tested, postfix_and_dovecot: MailServers) -> None:
    mailbox_of = {
        "receive": "imap",
        "receive_host": "localhost",
        "receive_port": postfix_and_dovecot.dovecot.imaps,
        "receive_username": CAMILLE,
        "receive_password": PASSWORDS[CAMILLE],
        "ca_file": str(postfix_and_dovecot.authority),
    }
    ticks, said = await tested(mailbox_of, "outlook")
    assert (ticks["signed_in"], ticks["drafted"], said) == ("ok", "ok", {})


def copies(servers: MailServers) -> int:
    """How many test mails lie in Camille's folder of sent mail."""
    with mailbox(servers, CAMILLE) as session:
        for folder in ("Sent", "&AMk-l&AOk-ments envoy&AOk-s"):
            state, _ = session.select(f'"{folder}"', readonly=True)
            if state == "OK":
                _, (numbers,) = session.search(None, "SUBJECT", "SMTP", "FROM", f"camille@{DOMAIN}")
                return len(numbers.split())
    return 0
