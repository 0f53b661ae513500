"""The SMTP provider against the servers that most mail providers run: Postfix takes it, Dovecot keeps it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, PASSWORDS, MailServers
from servers.postfix import MESSAGE_SIZE_LIMIT
from servers.reading import delivered
from xrm_smtp.driver import SmtpMail
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import (
    Address,
    Attachment,
    AuthError,
    Handover,
    InvalidRecipient,
    OutgoingMail,
    PermanentError,
    ProviderError,
    SendResult,
    TickState,
    TooLarge,
)
from xrm_platform.testing.driver_context import driver_context, open_driver

pytestmark = pytest.mark.servers

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d4944415478da63fcffff3f030005fe02fe"
    "a72d9fd10000000049454e44ae426082"
)

Opened = Callable[..., Any]


@pytest.fixture
def account(postfix_and_dovecot: MailServers) -> Opened:
    """Opens a driver for Camille's account, with STARTTLS unless told otherwise."""

    @asynccontextmanager
    async def opened(security: str = "starttls", **changes: Any) -> AsyncIterator[SmtpMail]:
        servers = postfix_and_dovecot
        given = {
            "host": "localhost",
            "port": servers.postfix.smtps if security == "tls" else servers.postfix.submission,
            "security": security,
            "username": CAMILLE,
            "password": PASSWORDS[CAMILLE],
            "ca_file": str(servers.authority),
            **changes,
        }
        async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            yield driver

    return opened


def mail(**changes: Any) -> OutgoingMail:
    """A mail of Camille's to the director."""
    key = uuid.uuid4().hex
    values = {
        "id": key,
        "message_id": f"<{key}@{DOMAIN}>",
        "date": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "sender": Address(CAMILLE, "Camille Lefèvre"),
        "envelope": (DIRECTOR,),
        "to": (Address(DIRECTOR, "Direction générale"),),
        "subject": "Devis n° 12 : toiture de l’église",
        "text": "Bonjour,\n\nVoici le devis. Total : 12 340 €.\n",
        **changes,
    }
    return OutgoingMail(**values)


def error_of(result: SendResult) -> ProviderError:
    """The one reason why the mail did not go."""
    (error,) = {result.error} if result.error else {each.error for each in result.recipients}
    assert error is not None
    return error


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_mail_arrives_as_it_was_written(
    account: Opened, postfix_and_dovecot: MailServers, security: str
) -> None:
    sent = mail(
        html='<p>Voici le <b>devis</b> : 12 340 €.</p><img src="cid:signature@xrm">',
        attachments=(
            Attachment("signature.png", "image/png", PIXEL, cid="signature@xrm"),
            Attachment("Devis n° 12 – église.pdf", "application/pdf", b"%PDF-1.7\r\n\x00\xff\n.\n..\r\n%%EOF"),
        ),
    )

    async with account(security) as driver:
        (result,) = await driver.send([sent])

    assert [(each.recipient, each.outcome) for each in result.recipients] == [(DIRECTOR, Handover.ACCEPTED)]
    read = delivered(postfix_and_dovecot, DIRECTOR, sent.message_id)
    assert read["Subject"] == sent.subject
    assert read["From"].addresses[0].display_name == "Camille Lefèvre"
    assert read["To"].addresses[0].display_name == "Direction générale"
    assert read["Date"].datetime == sent.date
    assert read.get_body(("plain",)).get_content().splitlines() == sent.text.splitlines()
    assert read.get_body(("html",)).get_content().rstrip() == sent.html
    (pdf,) = read.iter_attachments()
    assert (pdf.get_filename(), pdf.get_content()) == (sent.attachments[1].filename, sent.attachments[1].content)
    (image,) = [part for part in read.walk() if part.get_content_type() == "image/png"]
    assert (image["Content-ID"], image.get_content_disposition()) == ("<signature@xrm>", "inline")
    assert image.get_content() == PIXEL


async def test_the_server_saw_an_encrypted_connection_and_who_signed_in(
    account: Opened, postfix_and_dovecot: MailServers
) -> None:
    sent = mail()

    async with account() as driver:
        await driver.send([sent])

    # ESMTPSA: over TLS, with authentication (RFC 3848).
    assert " with ESMTPSA " in str(delivered(postfix_and_dovecot, DIRECTOR, sent.message_id).get_all("Received"))


async def test_a_hidden_recipient_gets_it_and_nobody_reads_of_it(
    account: Opened, postfix_and_dovecot: MailServers
) -> None:
    sent = mail(envelope=(DIRECTOR, CAMILLE), bcc=(Address(CAMILLE),))

    async with account() as driver:
        await driver.send([sent])

    for reader in (DIRECTOR, CAMILLE):
        read = delivered(postfix_and_dovecot, reader, sent.message_id)
        assert read["Bcc"] is None
        assert CAMILLE not in str(read["To"])


async def test_an_unknown_recipient_does_not_stop_the_others(account: Opened, postfix_and_dovecot: MailServers) -> None:
    unknown = f"personne@{DOMAIN}"
    sent = mail(envelope=(unknown, DIRECTOR), to=(Address(unknown), Address(DIRECTOR)))

    async with account() as driver:
        (result,) = await driver.send([sent])

    outcomes = {each.recipient: each for each in result.recipients}
    assert outcomes[DIRECTOR].outcome is Handover.ACCEPTED
    assert isinstance(outcomes[unknown].error, InvalidRecipient)
    delivered(postfix_and_dovecot, DIRECTOR, sent.message_id)


async def test_every_step_of_a_check_succeeds_with_an_accented_password(account: Opened) -> None:
    async with account() as driver:
        ticks = await driver.check()

    assert {tick.state for tick in ticks} == {TickState.OK}
    assert {"reached", "secured", "signed_in"} <= {tick.step for tick in ticks}


async def test_a_wrong_password_is_a_matter_of_credentials(account: Opened) -> None:
    async with account(password="not that") as driver:
        (result,) = await driver.send([mail()])
        (failed,) = [tick for tick in await driver.check() if tick.state is TickState.FAILED]

    assert isinstance(error_of(result), AuthError)
    assert failed.step == "signed_in"


async def test_an_authority_that_nobody_trusts_is_refused(account: Opened) -> None:
    async with account(ca_file=None) as driver:
        (failed,) = [tick for tick in await driver.check() if tick.state is TickState.FAILED]

    assert failed.step == "secured"


async def test_the_address_of_another_is_refused_without_blaming_the_recipient(account: Opened) -> None:
    async with account() as driver:
        (result,) = await driver.send([mail(sender=Address(DIRECTOR))])

    error = error_of(result)
    assert isinstance(error, PermanentError)
    assert not isinstance(error, InvalidRecipient)


async def test_a_mail_over_the_limit_of_the_server_is_too_large(account: Opened) -> None:
    heavy = Attachment("photo.jpg", "image/jpeg", bytes(MESSAGE_SIZE_LIMIT))

    async with account() as driver:
        (result, after) = await driver.send([mail(attachments=(heavy,)), mail()])

    assert isinstance(error_of(result), TooLarge)
    assert [each.outcome for each in after.recipients] == [Handover.ACCEPTED]
