"""The mailbox of an account, against Dovecot: IMAP and POP, and the folder of sent mail."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, PASSWORDS, MailServers
from servers.reading import delivered, mailbox
from xrm_smtp.driver import SmtpMail
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import Address, AuthError, InboundMail, MailEntry, News, OutgoingMail, TickState
from xrm_platform.testing.driver_context import driver_context, open_driver

pytestmark = pytest.mark.servers

Opened = Callable[..., Any]
MIB = 1024 * 1024


@pytest.fixture
def account(postfix_and_dovecot: MailServers) -> Opened:
    """Opens a driver for Camille's account, its mailbox by `receive` with `security`."""
    servers = postfix_and_dovecot
    ports = {
        ("imap", "tls"): servers.dovecot.imaps,
        ("imap", "starttls"): servers.dovecot.imap,
        ("pop", "tls"): servers.dovecot.pop3s,
        ("pop", "starttls"): servers.dovecot.pop3,
    }

    @asynccontextmanager
    async def opened(receive: str = "imap", security: str = "tls", **changes: Any) -> AsyncIterator[SmtpMail]:
        given = {
            "host": "localhost",
            "port": servers.postfix.submission,
            "security": "starttls",
            "username": CAMILLE,
            "password": PASSWORDS[CAMILLE],
            "ca_file": str(servers.authority),
            "receive": receive,
            "receive_host": "localhost",
            "receive_security": security,
            "receive_port": ports[receive, security],
            **changes,
        }
        async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            yield driver

    return opened


def mail(to: str = CAMILLE, **changes: Any) -> OutgoingMail:
    """A mail of Camille's."""
    key = uuid.uuid4().hex
    values = {
        "id": key,
        "message_id": f"<{key}@{DOMAIN}>",
        "date": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        "sender": Address(CAMILLE, "Camille Lefèvre"),
        "envelope": (to,),
        "to": (Address(to),),
        "subject": "Devis n° 12 : toiture de l’église",
        "text": "Bonjour,\n.\n" + "x" * 5000 + "\n",
        **changes,
    }
    return OutgoingMail(**values)


async def received(driver: SmtpMail, servers: MailServers, sent: OutgoingMail) -> MailEntry:
    """The entry of `sent`, which is sent to Camille and waited for."""
    before = {entry.key for entry in (await driver.inbox(None)).entries}
    await driver.send([sent])
    delivered(servers, CAMILLE, sent.message_id)
    (entry,) = [entry for entry in (await driver.inbox(None)).entries if entry.key not in before]
    return entry


@pytest.mark.parametrize("receive", ["imap", "pop"])
@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mail_is_read_as_it_came_and_stays_where_it_is(
    account: Opened, postfix_and_dovecot: MailServers, receive: str, security: str
) -> None:
    sent = mail()
    async with account(receive, security) as driver:
        entry = await received(driver, postfix_and_dovecot, sent)
        (read,) = await driver.fetch([entry.key], MIB)
        (again,) = await driver.fetch([entry.key], MIB)

    assert read == again
    assert read.content is not None
    assert len(read.content) == entry.size
    message = message_from_bytes(read.content, policy=policy.default)
    assert message["Message-ID"] == sent.message_id
    assert message.get_content().splitlines() == sent.text.splitlines()
    with mailbox(postfix_and_dovecot, CAMILLE) as session:
        session.select("INBOX", readonly=True)
        # By POP, Dovecot itself takes what was read for seen.
        flag = "UNSEEN" if receive == "imap" else "ALL"
        _, (found,) = session.search(None, flag, "HEADER", "Message-ID", f'"{sent.message_id}"')
        assert found


async def test_a_cursor_of_imap_goes_on_after_what_was_listed(
    account: Opened, postfix_and_dovecot: MailServers
) -> None:
    async with account("imap") as driver:
        await received(driver, postfix_and_dovecot, mail())
        first = await driver.inbox(None)
        nothing = await driver.inbox(first.cursor)
        entry = await received(driver, postfix_and_dovecot, mail())
        then = await driver.inbox(first.cursor)
        other_numbering = await driver.inbox("1.1")

    assert (nothing.entries, nothing.cursor) == ((), first.cursor)
    assert then.entries == (entry,)
    assert len(other_numbering.entries) == len(first.entries) + 1


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_keys_are_the_same_in_every_session(
    account: Opened, postfix_and_dovecot: MailServers, receive: str
) -> None:
    async with account(receive) as driver:
        entry = await received(driver, postfix_and_dovecot, mail())
    async with account(receive) as driver:
        assert entry in (await driver.inbox(None)).entries


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_a_mail_larger_than_asked_for_is_named_and_not_loaded(
    account: Opened, postfix_and_dovecot: MailServers, receive: str
) -> None:
    async with account(receive) as driver:
        entry = await received(driver, postfix_and_dovecot, mail())
        assert await driver.fetch([entry.key], 1000) == [InboundMail(entry.key, None)]


@pytest.mark.parametrize(("receive", "gone"), [("imap", "1.1"), ("imap", "nonsense"), ("pop", "nonsense")])
async def test_a_mail_that_left_the_mailbox_is_left_out(account: Opened, receive: str, gone: str) -> None:
    async with account(receive) as driver:
        assert await driver.fetch([gone], MIB) == []


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_a_wrong_password_of_the_mailbox_is_a_matter_of_credentials(account: Opened, receive: str) -> None:
    async with account(receive, receive_username=CAMILLE, receive_password="not that é") as driver:
        with pytest.raises(AuthError, match="mailbox_sign_in_refused"):
            await driver.inbox(None)
        ticks = await driver.check()
    assert [(tick.step, tick.state) for tick in ticks[3:]] == [
        ("may_send", TickState.OK),
        ("may_receive", TickState.FAILED),
    ]


@pytest.mark.parametrize(("receive", "steps"), [("imap", ["may_receive", "copied"]), ("pop", ["may_receive"])])
async def test_a_check_tries_the_mailbox(account: Opened, receive: str, steps: list[str]) -> None:
    async with account(receive) as driver:
        ticks = await driver.check()
    assert [tick.step for tick in ticks[4:]] == steps
    assert {tick.state for tick in ticks} == {TickState.OK}


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_waiting_ends_when_a_mail_comes(account: Opened, postfix_and_dovecot: MailServers, security: str) -> None:
    async with account("imap", security) as driver:
        cursor = (await driver.inbox(None)).cursor
        waiting = asyncio.create_task(driver.wait_for_news(cursor, 600))
        assert (await asyncio.wait([waiting], timeout=0.5))[1]  # nothing came
        sent = mail()
        await driver.send([sent])
        async with asyncio.timeout(60):
            assert await waiting is News.CAME
        assert (await driver.inbox(cursor)).entries
        assert await driver.wait_for_news(cursor, 600) is News.CAME  # it is there already
        now = (await driver.inbox(cursor)).cursor
        assert await driver.wait_for_news(now, 0.05) is News.NONE
        assert await driver.wait_for_news("1.1", 600) is News.CAME  # of another numbering


async def test_waiting_that_is_given_up_ends_at_once_and_leaves_nothing_open(account: Opened) -> None:
    async with account("imap") as driver:
        cursor = (await driver.inbox(None)).cursor
        for wait in (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.4):  # while it signs in, and after
            waiting = asyncio.create_task(driver.wait_for_news(cursor, 600))
            await asyncio.wait([waiting], timeout=wait)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting


async def test_pop_tells_nothing_by_itself(account: Opened) -> None:
    async with account("pop") as driver:
        assert await driver.wait_for_news(None, 600) is News.UNTOLD


async def test_a_copy_lies_in_sent_once_read_and_with_its_hidden_recipients(
    account: Opened, postfix_and_dovecot: MailServers
) -> None:
    sent = mail(DIRECTOR, bcc=(Address(CAMILLE, "Camille"),), envelope=(DIRECTOR, CAMILLE))
    async with account("imap") as driver:
        (result,) = await driver.send([sent])
        assert result.copy_wanted
        for _ in range(2):
            await driver.file_sent(sent)

    with mailbox(postfix_and_dovecot, CAMILLE) as session:
        session.select('"&AMk-l&AOk-ments envoy&AOk-s"', readonly=True)
        _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{sent.message_id}"')
        (number,) = numbers.split()
        _, ((head, octets), *_) = session.fetch(number.decode(), "(FLAGS BODY.PEEK[HEADER])")
    assert b"\\Seen" in head
    assert f"Bcc: Camille <{CAMILLE}>".encode() in octets


async def test_a_copy_makes_the_folder_that_vanished(account: Opened, postfix_and_dovecot: MailServers) -> None:
    with mailbox(postfix_and_dovecot, DIRECTOR) as session:
        session.delete('"&AMk-l&AOk-ments envoy&AOk-s"')
    sent = mail(CAMILLE, sender=Address(DIRECTOR))
    given = {"username": DIRECTOR, "password": PASSWORDS[DIRECTOR]}
    async with account("imap", **given) as driver:
        await driver.file_sent(sent)
        await driver.file_sent(sent)

    found = []
    with mailbox(postfix_and_dovecot, DIRECTOR) as session:
        for folder in ("Sent", '"&AMk-l&AOk-ments envoy&AOk-s"'):
            if session.select(folder, readonly=True)[0] == "OK":
                _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{sent.message_id}"')
                found += numbers.split()
    assert len(found) == 1
