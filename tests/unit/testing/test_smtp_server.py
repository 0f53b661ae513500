"""The stand-in SMTP server, seen by another client than ours: the standard library's."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Callable
from typing import Any

import pytest

from xrm_platform.testing.smtp_server import CertificateFlaw, SmtpFault, SmtpSecurity, SmtpServer, SmtpStage

SENDER, ANNA = "com@example.com", "anna@client.example"
MAIL = b"Subject: Hello\r\n\r\n..two dots and\r\n.one\r\n"
USERS = {SENDER: "secret"}


def connected(server: SmtpServer, *, sign_in: bool = True) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=str(server.ca_file)) if server.ca_file else None
    if server.security is SmtpSecurity.TLS:
        client: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=60, context=context)
    else:
        client = smtplib.SMTP(server.host, server.port, timeout=60)
    try:
        if server.security is SmtpSecurity.STARTTLS:
            client.starttls(context=context)
        if server.users and sign_in:
            client.login(SENDER, "secret")
    except BaseException:
        client.close()
        raise
    return client


def send(
    server: SmtpServer, *, options: tuple[str, ...] = (), to: tuple[str, ...] = (ANNA,), sign_in: bool = True
) -> Any:
    with connected(server, sign_in=sign_in) as client:
        return client.sendmail(SENDER, list(to), MAIL, mail_options=options)


async def off_the_loop(call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    return await asyncio.to_thread(call, *arguments, **options)


@pytest.mark.parametrize("security", list(SmtpSecurity))
async def test_a_message_is_kept_as_it_was_sent(security: SmtpSecurity) -> None:
    async with SmtpServer(security=security, users=USERS) as server:
        await off_the_loop(send, server, options=("ENVID=m-42",))
        (mail,) = server.received
    assert (mail.sender, mail.recipients, mail.content) == (SENDER, (ANNA,), MAIL)
    assert mail.message["Subject"] == "Hello"
    assert (mail.username, mail.envelope_id) == (SENDER, "m-42")
    assert mail.secured is (security is not SmtpSecurity.NONE)


@pytest.mark.parametrize("flaw", [CertificateFlaw.EXPIRED, CertificateFlaw.WRONG_HOST])
async def test_a_bad_certificate_is_refused_by_a_careful_client(flaw: CertificateFlaw) -> None:
    async with SmtpServer(security=SmtpSecurity.TLS, flaw=flaw) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await off_the_loop(send, server)


async def test_who_does_not_sign_in_sends_nothing() -> None:
    async with SmtpServer(users=USERS) as server:
        with pytest.raises(smtplib.SMTPSenderRefused):
            await off_the_loop(send, server, sign_in=False)
        server.users = {SENDER: "another"}
        with pytest.raises(smtplib.SMTPAuthenticationError):
            await off_the_loop(connected, server)
    assert server.received == []


async def test_a_fault_strikes_as_often_as_it_was_told() -> None:
    async with SmtpServer() as server:
        server.faults.add(SmtpFault(SmtpStage.RCPT, "450 4.2.0 later", address=ANNA, times=2))
        for _ in range(2):
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                await off_the_loop(send, server)
        assert await off_the_loop(send, server) == {}
        server.faults.add(SmtpFault(SmtpStage.RCPT, "550 5.1.1 unknown", address="ben@client.example", times=None))
        for _ in range(2):
            assert list(await off_the_loop(send, server, to=(ANNA, "ben@client.example"))) == ["ben@client.example"]
        server.faults.clear()
        assert await off_the_loop(send, server, to=(ANNA, "ben@client.example")) == {}


@pytest.mark.parametrize(
    ("stage", "error"),
    [
        (SmtpStage.MAIL, smtplib.SMTPSenderRefused),
        (SmtpStage.RCPT, smtplib.SMTPRecipientsRefused),
        (SmtpStage.DATA, smtplib.SMTPDataError),
        (SmtpStage.END, smtplib.SMTPDataError),
    ],
)
async def test_a_refused_message_is_not_kept(stage: SmtpStage, error: type[Exception]) -> None:
    async with SmtpServer() as server:
        server.faults.add(SmtpFault(stage, "554 5.0.0 no"))
        with pytest.raises(error):
            await off_the_loop(send, server)
    assert server.received == []


@pytest.mark.parametrize(("stage", "kept"), [(SmtpStage.DATA, 0), (SmtpStage.BODY, 0), (SmtpStage.END, 1)])
async def test_a_connection_is_cut_before_or_after_the_message_is_kept(stage: SmtpStage, kept: int) -> None:
    async with SmtpServer() as server:
        server.faults.add(SmtpFault(stage, drop=True))
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            await off_the_loop(send, server)
        assert len(server.received) == kept
        await off_the_loop(send, server)
    assert len(server.received) == kept + 1


async def test_what_is_not_offered_is_not_named() -> None:
    async with SmtpServer(security=SmtpSecurity.STARTTLS, max_bytes=5000) as server:
        server.offers_auth = server.offers_dsn = server.offers_smtputf8 = server.offers_starttls = False

        def extensions() -> dict[str, str]:
            with smtplib.SMTP(server.host, server.port, timeout=60) as client:
                client.ehlo()
                return dict(client.esmtp_features)

        assert await off_the_loop(extensions) == {"size": "5000", "8bitmime": "", "help": ""}


async def test_a_server_comes_back_where_it_was() -> None:
    async with SmtpServer() as server:
        port = server.port
        await server.go_down()
        with pytest.raises(ConnectionRefusedError):
            await off_the_loop(send, server)
        await server.come_up()
        await off_the_loop(send, server)
    assert (server.port, len(server.received)) == (port, 1)


async def test_a_stopped_server_leaves_no_task_and_no_session() -> None:
    before = asyncio.all_tasks()
    async with SmtpServer(security=SmtpSecurity.TLS) as server:
        client = await off_the_loop(connected, server)
        assert len(server.sessions) == 1
    client.close()
    assert not server.sessions
    assert asyncio.all_tasks() == before
