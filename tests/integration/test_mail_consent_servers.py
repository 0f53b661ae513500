"""An account connected by consent, against Postfix and Dovecot: both ask the sign-in service whose a token is."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, MailServers
from servers.reading import delivered
from xrm_smtp.driver import SmtpMail
from xrm_smtp.handover.driver import OutlookMail
from xrm_smtp.handover.settings import HandoverSettings
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import Address, Handover, OutgoingMail, TickState, Whereabouts
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.google_sign_in import SignIn
from xrm_platform.testing.mail_sign_in import MailSignIn, connect
from xrm_platform.testing.microsoft_sign_in import MicrosoftSignIn

pytestmark = pytest.mark.servers

Opened = Callable[..., Any]


@pytest.fixture(params=["google", "microsoft"])
async def service(request: pytest.FixtureRequest, postfix_and_dovecot: MailServers) -> AsyncIterator[MailSignIn]:
    sign_in = SignIn() if request.param == "google" else MicrosoftSignIn()
    async with MailSignIn(sign_in, CAMILLE, port=postfix_and_dovecot.dovecot.tokens) as service:
        yield service


@pytest.fixture
def account(postfix_and_dovecot: MailServers, service: MailSignIn) -> Opened:
    """Opens a driver of an account for which the person of the service has just given consent."""
    servers = postfix_and_dovecot
    ports = {"imap": servers.dovecot.imaps, "pop": servers.dovecot.pop3s}

    @asynccontextmanager
    async def opened(receive: str = "imap", **changes: Any) -> AsyncIterator[SmtpMail]:
        given = {
            "host": "localhost",
            "port": servers.postfix.submission,
            "security": "starttls",
            "ca_file": str(servers.authority),
            "receive": receive,
            "receive_host": "localhost",
            "receive_port": ports[receive],
            **service.settings(),
            **changes,
        }
        async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            await connect(driver)
            yield driver

    return opened


def mail() -> OutgoingMail:
    key = uuid.uuid4().hex
    return OutgoingMail(
        id=key,
        message_id=f"<{key}@{DOMAIN}>",
        date=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        sender=Address(CAMILLE, "Camille Lefèvre"),
        envelope=(DIRECTOR, CAMILLE),
        to=(Address(DIRECTOR), Address(CAMILLE)),
        subject="Devis n° 12",
        text="Bonjour\n",
    )


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_mail_goes_and_comes_without_any_password(
    account: Opened, service: MailSignIn, postfix_and_dovecot: MailServers, receive: str
) -> None:
    sent = mail()
    async with account(receive) as driver:
        assert {tick.state for tick in await driver.check()} == {TickState.OK}
        (result,) = await driver.send([sent])
        await asyncio.to_thread(delivered, postfix_and_dovecot, CAMILLE, sent.message_id)
        service.sign_in.end_access()  # the mailbox is told so, and shown a new token
        listing = await driver.inbox(None)
        (came,) = await driver.fetch([listing.entries[-1].key], 1_000_000)

    assert [each.outcome for each in result.recipients] == [Handover.ACCEPTED] * 2
    assert came.content is not None
    assert sent.message_id.encode() in came.content
    assert [form["grant_type"] for form in service.forms] == ["authorization_code", "refresh_token"]


async def test_the_consent_of_somebody_else_opens_neither_server(account: Opened, service: MailSignIn) -> None:
    service.email = DIRECTOR
    async with account(username=CAMILLE) as driver:
        failed = (await driver.check())[-1]
        assert (failed.step, failed.code) == ("signed_in", "consent_of_other_mailbox")


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_a_shared_mailbox_is_not_opened_to_everybody(account: Opened, receive: str) -> None:
    async with account(receive, receive_username=DIRECTOR) as driver:
        failed = (await driver.check())[-1]
        assert (failed.step, failed.code) == ("may_receive", "mailbox_token_refused")


async def test_a_draft_lies_in_a_mailbox_that_a_consent_opens(
    service: MailSignIn, postfix_and_dovecot: MailServers
) -> None:
    servers, draft = postfix_and_dovecot, mail()
    settings = {name: value for name, value in service.settings().items() if name != "username"}
    given = {
        **settings,
        "receive": "imap",
        "receive_host": "localhost",
        "receive_port": servers.dovecot.imaps,
        "receive_username": CAMILLE,
        "ca_file": str(servers.authority),
    }
    loaded = HandoverSettings().load(given)

    async with driver_context() as context, open_driver(OutlookMail, loaded, context) as driver:
        assert (await driver.check())[-1].code == "consent_needed"
        await connect(driver)
        assert {tick.state for tick in await driver.check()} == {TickState.OK}
        (result,) = await driver.send([draft])
        found = await driver.whereabouts({draft.id: draft.message_id})

    assert [each.outcome for each in result.recipients] == [Handover.DRAFTED] * 2
    assert found == {draft.id: Whereabouts.DRAFTS}
