"""Signing in to a mailbox by consent, on servers that do what Dovecot does not: they are ill, leave, tell a token."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from servers.scripted_mailbox import Answer, ScriptedMailbox
from xrm_smtp.driver import SmtpMail
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import AuthError, ProviderError, TransientError
from xrm_platform.testing.driver_context import driver_context, open_driver, utc_now
from xrm_platform.testing.google_sign_in import SignIn
from xrm_platform.testing.mail_sign_in import MailSignIn, connect
from xrm_platform.testing.translations import assert_explained

WHO = "com@example.com"
WHY = base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}')
GREETINGS = {"imap": b"* OK ready\r\n", "pop": b"+OK ready\r\n"}

Said = Callable[[str], bytes | None]


def imap(shown: bytes | None, after: Said = lambda _: b"", mechanisms: bytes = b"AUTH=XOAUTH2") -> Answer:
    """An IMAP server that answers a token with `shown`, in which TAG is the command's, what follows with `after`."""
    tag = ""

    def answer(line: str) -> bytes | None:
        nonlocal tag
        first, _, command = line.partition(" ")
        if command == "CAPABILITY":
            return b"* CAPABILITY IMAP4rev1 " + mechanisms + b"\r\n" + first.encode() + b" OK done\r\n"
        if command == "AUTHENTICATE XOAUTH2":
            tag = first
            return b"+ \r\n"
        told = after(line) if line == "" else shown
        return None if told is None else told.replace(b"TAG", tag.encode())

    return answer


def pop(shown: bytes | None, after: Said = lambda _: b"", mechanisms: bytes = b"XOAUTH2") -> Answer:
    def answer(line: str) -> bytes | None:
        if line == "CAPA":
            return b"+OK\r\nSASL " + mechanisms + b"\r\n.\r\n"
        if line == "AUTH XOAUTH2":
            return b"+ \r\n"
        return after(line) if line == "" else shown

    return answer


async def error_of(receive: str, answer: Answer) -> tuple[ProviderError, ScriptedMailbox, MailSignIn]:
    """Why the mailbox is not opened."""
    async with MailSignIn(SignIn(), WHO) as service, ScriptedMailbox(GREETINGS[receive], answer) as server:
        given = {
            "host": "localhost",
            "security": "none",
            "receive": receive,
            "receive_host": "127.0.0.1",
            "receive_port": server.port,
            "receive_security": "none",
            **service.settings(),
        }
        async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            await connect(driver)
            with pytest.raises(ProviderError) as caught:
                await driver.inbox(None)
            error = caught.value
            assert_explained(SMTP, error.code, error.params)
            tokens = await context.tokens.load()
    assert tokens["access_token"] not in f"{error} {error.detail} {error.params}"
    return error, server, service


@pytest.mark.parametrize(
    ("receive", "answer"),
    [
        ("imap", imap(b"+ " + WHY + b"\r\n", lambda _: b"TAG NO [AUTHENTICATIONFAILED] Invalid credentials\r\n")),
        ("imap", imap(b"TAG NO AUTHENTICATE failed.\r\n")),
        ("pop", pop(b"+ " + WHY + b"\r\n", lambda _: b"-ERR [AUTH] Web login required\r\n")),
        ("pop", pop(b"-ERR Authentication failure: unknown user name or bad password.\r\n")),
    ],
)
async def test_a_refused_token_is_replaced_once_with_and_without_a_challenge(receive: str, answer: Answer) -> None:
    error, server, service = await error_of(receive, answer)
    assert (type(error), error.code) == (AuthError, "mailbox_token_refused")
    assert [form["grant_type"] for form in service.forms] == ["authorization_code", "refresh_token"]
    shown = [base64.b64decode(line) for line in server.said if line.startswith("dXNlcj")]
    assert len(set(shown)) == 2
    assert all(one.startswith(b"user=com@example.com\x01auth=Bearer ya29.") for one in shown)


@pytest.mark.parametrize(
    ("receive", "answer", "code"),
    [
        ("imap", imap(b"TAG NO [UNAVAILABLE] Try again later\r\n"), "mailbox_not_open"),
        ("imap", imap(None), "mailbox_connection_lost"),
        ("imap", imap(b"+ " + WHY + b"\r\n", lambda _: None), "mailbox_connection_lost"),
        ("pop", pop(b"-ERR [SYS/TEMP] Try again later\r\n"), "mailbox_not_open"),
        ("pop", pop(b"-ERR [IN-USE] Another session\r\n"), "mailbox_in_use"),
        ("pop", pop(None), "mailbox_connection_lost"),
        ("pop", pop(b"+ " + WHY + b"\r\n", lambda _: None), "mailbox_connection_lost"),
        ("pop", pop(b"what?\r\n"), "mailbox_connection_lost"),
    ],
)
async def test_a_server_that_is_ill_is_tried_again_later(receive: str, answer: Answer, code: str) -> None:
    error, _, service = await error_of(receive, answer)
    assert (type(error), error.code) == (TransientError, code)
    assert len(service.forms) == 1


@pytest.mark.parametrize(
    ("receive", "answer"), [("imap", imap(b"", mechanisms=b"AUTH=PLAIN")), ("pop", pop(b"", mechanisms=b"PLAIN"))]
)
async def test_a_mailbox_without_xoauth2_is_told(receive: str, answer: Answer) -> None:
    error, server, _ = await error_of(receive, answer)
    assert (type(error), error.code) == (AuthError, "no_consent_offered")
    assert not [line for line in server.said if line.startswith("dXNlcj")]


async def test_a_mailbox_that_waits_for_a_token_takes_no_thread_from_those_who_fetch_it() -> None:
    """The names of servers are looked up in threads too; here there is one for them."""
    ahead = timedelta(0)
    answer = imap(b"TAG NO [UNAVAILABLE] later\r\n")
    async with MailSignIn(SignIn(), WHO) as service, ScriptedMailbox(GREETINGS["imap"], answer) as server:
        given = {
            "host": "localhost",
            "security": "none",
            "receive": "imap",
            "receive_host": "127.0.0.1",
            "receive_port": server.port,
            "receive_security": "none",
            **service.settings(),
        }
        async with driver_context(lambda: utc_now() + ahead) as context:
            async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
                await connect(driver)
            ahead = timedelta(hours=2)
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
            given["token_url"] = given["token_url"].replace("127.0.0.1", "localhost")
            async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
                with pytest.raises(TransientError) as caught:
                    await driver.inbox(None)
    assert caught.value.code == "mailbox_not_open"
    assert [form["grant_type"] for form in service.forms] == ["authorization_code", "refresh_token"]


async def test_a_server_that_repeats_a_token_does_not_get_it_into_the_error() -> None:
    def repeating(line: str) -> bytes | None:
        if line.startswith("dXNlcj"):
            said = base64.b64decode(line).decode().partition("Bearer ")[2].strip("\x01")
            return f"-ERR no {said}\r\n".encode()
        return pop(b"")(line)

    error, _, _ = await error_of("pop", repeating)
    assert error.detail == "no …"
