"""Mailboxes on servers that do what Dovecot does not: no UIDL, long lines, a connection that drops."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from servers.scripted_mailbox import Answer, ScriptedMailbox, pop_answers
from xrm_smtp.access import Access
from xrm_smtp.driver import SmtpMail
from xrm_smtp.imap_session import opened as opened_session
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import (
    AccountError,
    AuthError,
    BadResponse,
    InboundMail,
    MailEntry,
    MailListing,
    News,
    NotFound,
    ProviderError,
    RateLimited,
    TransientError,
    Unsupported,
)
from xrm_platform.testing.certificates import make_certificate
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.translations import assert_explained

MIB = 1024 * 1024
PASSWORD = "s3cret-é"
MAILS = [
    b"Message-ID: <1@b.example>\r\nStatus: RO\r\n\r\n.\r\n..\r\nend of one\r\n",
    b"Message-ID: <2@b.example>\r\n\r\n" + b"y" * 200_000 + b"\r\n.hidden\r\n",
]


@asynccontextmanager
async def opened(receive: str, greeting: bytes, answer: Answer, **changes: Any):
    async with ScriptedMailbox(greeting, answer) as server:
        given = {
            "host": "localhost",
            "security": "none",
            "receive": receive,
            "receive_host": "127.0.0.1",
            "receive_port": server.port,
            "receive_security": "none",
            "receive_username": "com",
            "receive_password": PASSWORD,
            **changes,
        }
        async with driver_context() as context, open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            yield driver, server


def explained(error: ProviderError) -> ProviderError:
    assert_explained(SMTP, error.code, error.params)
    assert PASSWORD not in f"{error} {error.detail} {error.params}"
    return error


async def test_dots_and_long_lines_come_as_they_are() -> None:
    async with opened("pop", b"+OK\r\n", pop_answers(MAILS)) as (driver, _):
        listing = await driver.inbox(None)
        read = await driver.fetch([entry.key for entry in listing.entries], MIB)
    assert listing.entries == tuple(MailEntry(f"key-{n}", len(mail)) for n, mail in enumerate(MAILS, 1))
    assert read == [InboundMail(f"key-{n}", mail) for n, mail in enumerate(MAILS, 1)]


async def test_what_a_pop_server_says_after_a_size_is_passed_over() -> None:
    plain = pop_answers(MAILS)

    def answer(line: str) -> bytes | None:
        return b"+OK\r\n1 47 octets\r\n2 many\r\n.\r\n" if line == "LIST" else plain(line)

    async with opened("pop", b"+OK\r\n", answer) as (driver, _):
        listing = await driver.inbox(None)
    assert listing.entries == (MailEntry("key-1", 47), MailEntry("key-2", 0))


async def test_without_uidl_the_headers_are_the_key_whatever_the_server_adds() -> None:
    async with opened("pop", b"+OK\r\n", pop_answers(MAILS, uidl=False)) as (driver, _):
        before = (await driver.inbox(None)).entries
    changed = [MAILS[1], MAILS[0].replace(b"Status: RO", b"Status: O")]
    async with opened("pop", b"+OK\r\n", pop_answers(changed, uidl=False)) as (driver, _):
        after = (await driver.inbox(None)).entries
        (read,) = await driver.fetch([before[0].key], MIB)
    assert [entry.key for entry in before] == [entry.key for entry in reversed(after)]
    assert read.content == changed[1]


@pytest.mark.parametrize(("old", "young"), [(0, 3), (1, 0), (500, 0), (500, 1), (500, 37), (3, 200)])
async def test_of_a_pop_mailbox_of_many_years_only_the_young_are_listed(old: int, young: int) -> None:
    def came(days: int) -> bytes:
        return (
            f"Received: by b.example; {format_datetime(datetime.now(UTC) - timedelta(days=days))}\r\n\r\nx\r\n".encode()
        )

    mails = [came(400)] * old + [came(2)] * young
    async with opened("pop", b"+OK\r\n", pop_answers(mails)) as (driver, server):
        first = await driver.inbox(None)
        asked = len([line for line in server.said if line.startswith("TOP")])
        mails.append(came(0))
        then = await driver.inbox(first.cursor)
        del mails[: old // 2]
        again = await driver.inbox("gone")
    assert len(first.entries) == young
    assert asked <= 25
    assert [entry.key for entry in then.entries] == [f"key-{n}" for n in range(old + 1, old + young + 2)]
    assert len(again.entries) == young + 1


async def test_without_uidl_and_top_no_mail_can_be_told_from_another() -> None:
    async with opened("pop", b"+OK\r\n", pop_answers(MAILS, uidl=False, top=False)) as (driver, _):
        with pytest.raises(Unsupported) as caught:
            await driver.inbox(None)
    assert explained(caught.value).code == "mailbox_without_keys"


@pytest.mark.parametrize("cut_at", ["USER com", "LIST", "UIDL", "RETR 2"])
async def test_a_pop_server_that_drops_in_the_middle_can_be_asked_again(cut_at: str) -> None:
    async with opened("pop", b"+OK\r\n", pop_answers(MAILS, cut_at=cut_at)) as (driver, _):
        asked = driver.fetch(["key-1", "key-2"], MIB) if cut_at == "RETR 2" else driver.inbox(None)
        with pytest.raises(TransientError) as caught:
            await asked
    assert explained(caught.value).code == "mailbox_connection_lost"


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("-ERR [AUTH] no", AuthError),
        (f"-ERR {PASSWORD} is wrong", AuthError),
        ("-ERR [IN-USE] Outlook is here", TransientError),
        ("-ERR [LOGIN-DELAY] too early", RateLimited),
        ("-ERR [SYS/TEMP] ill", TransientError),
    ],
)
async def test_a_refused_sign_in_says_whose_fault_it_is(words: str, kind: type[ProviderError]) -> None:
    def answer(line: str) -> bytes:
        if line.startswith("PASS"):
            return f"{words}\r\n".encode()
        return b"+OK\r\n.\r\n" if line == "CAPA" else b"+OK\r\n"

    async with opened("pop", b"+OK\r\n", answer) as (driver, server):
        with pytest.raises(kind) as caught:
            await driver.inbox(None)
    explained(caught.value)
    assert f"PASS {PASSWORD}" in server.said


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_what_is_no_such_server_harms_nothing(receive: str) -> None:
    async with opened(receive, b"HTTP/1.1 400 Bad Request\r\n\r\n", lambda _: b"<html>\r\n") as (driver, _):
        with pytest.raises(TransientError) as caught:
            await driver.inbox(None)
    explained(caught.value)


@pytest.mark.parametrize(("receive", "greeting"), [("imap", b"* OK hello\r\n"), ("pop", b"+OK\r\n")])
async def test_a_password_does_not_go_over_a_line_that_was_to_be_secured(receive: str, greeting: bytes) -> None:
    def answer(line: str) -> bytes:
        if receive == "pop":
            return b"+OK\r\nUIDL\r\n.\r\n"
        return f"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n{line.partition(' ')[0]} OK done\r\n".encode()

    async with opened(receive, greeting, answer, receive_security="starttls") as (driver, server):
        with pytest.raises(AccountError) as caught:
            await driver.inbox(None)
    assert explained(caught.value).code == "mailbox_no_starttls"
    assert not [line for line in server.said if PASSWORD in line or "AUTH" in line]


def imap_answers(**given: str) -> Answer:
    """Answers to commands by their first word, after the tag; `%s` stands for the tag."""
    answers = {
        "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n%s OK done\r\n",
        "AUTHENTICATE": "+\r\n",
        "EXAMINE": "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n%s OK done\r\n",
        "SEARCH": "* SEARCH 5 3\r\n%s OK done\r\n",
        "FETCH": "* 1 FETCH (RFC822.SIZE 10 UID 3)\r\n* 9 EXPUNGE\r\n"
        "* 2 FETCH (UID 5 RFC822.SIZE 12)\r\n%s OK done\r\n",
        **given,
    }
    tag = ""

    def answer(line: str) -> bytes | None:
        nonlocal tag
        words = line.split()
        if len(words) == 1:
            return f"{tag} OK signed in\r\n".encode()
        tag, word = words[0], words[1] if words[1] != "UID" else words[2]
        said = answers.get(word, "%s OK done\r\n")
        return None if said == "cut" else said.replace("%s", tag).encode()

    return answer


async def test_sizes_are_read_however_the_server_orders_them() -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers()) as (driver, _):
        listing = await driver.inbox(None)
    assert listing.entries == (MailEntry("7.3", 10), MailEntry("7.5", 12))
    assert listing.cursor == "7.5"


@pytest.mark.parametrize("cut_at", ["AUTHENTICATE", "EXAMINE", "SEARCH", "FETCH"])
async def test_an_imap_server_that_drops_in_the_middle_can_be_asked_again(cut_at: str) -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers(**{cut_at: "cut"})) as (driver, _):
        with pytest.raises(TransientError) as caught:
            await driver.inbox(None)
    assert explained(caught.value).code == "mailbox_connection_lost"


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"EXAMINE": "%s NO [NONEXISTENT] no such folder\r\n"}, NotFound),
        ({"EXAMINE": "* 1 EXISTS\r\n%s OK done\r\n"}, BadResponse),
        ({"SEARCH": "%s NO not today\r\n"}, Unsupported),
        ({"SEARCH": "%s BAD what\r\n"}, Unsupported),
        ({"AUTHENTICATE": "%s NO [AUTHENTICATIONFAILED] no\r\n"}, AuthError),
        ({"AUTHENTICATE": "%s NO [UNAVAILABLE] later\r\n"}, TransientError),
        ({"FETCH": "* 1 FETCH (BODY[] {99999999999}\r\n"}, TransientError),
    ],
)
async def test_what_an_imap_server_refuses_has_a_sentence(given: dict[str, str], kind: type[ProviderError]) -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers(**given)) as (driver, _):
        with pytest.raises(kind) as caught:
            await driver.inbox(None)
    explained(caught.value)


async def test_a_length_that_nobody_believes_is_not_allocated() -> None:
    answers = imap_answers(FETCH="* 1 FETCH (UID 3 BODY[]<0> {99999999999}\r\nx")
    async with opened("imap", b"* OK hello\r\n", answers) as (driver, _):
        with pytest.raises(TransientError):
            await driver.fetch(["7.3"], MIB)


IDLE = {
    "CAPABILITY": "* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n%s OK done\r\n",
    "SEARCH": "* SEARCH\r\n%s OK done\r\n",
}


@pytest.mark.parametrize(
    ("told", "news"),
    [
        ("+ idling\r\n* 2 EXISTS\r\n* 1 RECENT\r\n", News.CAME),
        ("* 2 EXISTS\r\n+ idling\r\n", News.CAME),
        ("+ idling\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n", News.CAME),
        ("+ idling\r\n* 1 EXISTS\r\n* OK Still here\r\n* 1 FETCH (FLAGS (\\Seen))\r\n", News.NONE),
        ("+ idling\r\n* 1 EXPUNGE\r\n* 0 EXISTS\r\n", News.NONE),
        ("%s NO not for you\r\n", News.UNTOLD),
        ("%s BAD what?\r\n", News.UNTOLD),
    ],
)
async def test_only_more_mails_than_there_were_are_news(told: str, news: News) -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers(**IDLE, IDLE=told)) as (driver, _):
        assert await driver.wait_for_news("7.5", 0.2) is news


@pytest.mark.parametrize(
    ("search", "idle", "news"),
    [
        ("* SEARCH\r\n* 2 EXISTS\r\n* 1 RECENT\r\n%s OK done\r\n", "+ idling\r\n", News.CAME),
        ("* SEARCH\r\n* 1 EXPUNGE\r\n* 1 EXISTS\r\n%s OK done\r\n", "+ idling\r\n", News.CAME),
        ("* SEARCH\r\n* 1 EXPUNGE\r\n%s OK done\r\n", "+ idling\r\n* 1 EXISTS\r\n", News.CAME),
        ("* SEARCH\r\n* 1 EXISTS\r\n%s OK done\r\n", "+ idling\r\n", News.NONE),
    ],
)
async def test_a_mail_that_comes_while_waiting_begins_is_news(search: str, idle: str, news: News) -> None:
    """A server tells of it once, with the answer to the search, in which it is not."""
    answers = imap_answers(**{**IDLE, "SEARCH": search}, IDLE=idle)
    async with opened("imap", b"* OK hello\r\n", answers) as (driver, _):
        assert await driver.wait_for_news("7.5", 0.2) is news


async def test_a_mail_that_comes_between_the_first_two_questions_is_not_passed_over() -> None:
    plain, asked = imap_answers(FETCH="* 1 FETCH (UID 10 RFC822.SIZE 4)\r\n%s OK done\r\n"), iter(["", "10"])

    def answer(line: str) -> bytes | None:
        if "SEARCH" not in line:
            return plain(line)
        found = next(asked) or ("9" if "*" in line else "")  # an old mail; then a young one comes
        return f"* SEARCH {found}\r\n{line.partition(' ')[0]} OK done\r\n".encode()

    async with opened("imap", b"* OK hello\r\n", answer) as (driver, _):
        assert await driver.inbox(None) == MailListing((MailEntry("7.10", 4),), "7.10")


@pytest.mark.parametrize("told", ["cut", "* BYE shutting down\r\n", "+ idling\r\n* BYE\r\n", "+ idling\r\n%s OK\r\n"])
async def test_a_server_that_ends_the_waiting_is_a_lost_connection(told: str) -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers(**IDLE, IDLE=told)) as (driver, _):
        with pytest.raises(TransientError) as caught:
            await driver.wait_for_news("7.5", 600)
    assert explained(caught.value).code == "mailbox_connection_lost"


async def test_a_server_without_idle_says_so_and_is_not_asked_for_more() -> None:
    async with opened("imap", b"* OK hello\r\n", imap_answers()) as (driver, server):
        assert await driver.wait_for_news("7.5", 600) is News.UNTOLD
    assert not [line for line in server.said if "IDLE" in line or "EXAMINE" in line]


async def test_what_was_said_before_the_line_was_secured_is_not_believed(tmp_path: Path) -> None:
    """Somebody on the way puts an answer into the stream ahead of TLS (as CVE-2021-33515 and its kin)."""
    certificate, context = make_certificate(tmp_path)
    said: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hello\r\n")
        while line := (await reader.readline()).decode():
            said.append(line)
            tag, word, *_ = line.split()
            if word == "STARTTLS":
                following = f"{tag[:-1]}{int(tag[-1]) + 1}"
                forged = f"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n{following} OK forged\r\n"
                writer.write(f"{tag} OK begin\r\n{forged}".encode())
                await writer.drain()
                await writer.start_tls(context)
            elif word == "CAPABILITY":
                writer.write(f"* CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN\r\n{tag} OK done\r\n".encode())
            else:
                writer.write(f"{tag} NO [AUTHENTICATIONFAILED] no\r\n".encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        access = Access(
            protocol="imap",
            host="localhost",
            port=server.sockets[0].getsockname()[1],
            security="starttls",
            username="com",
            password=PASSWORD,
            ca_file=str(certificate),
        )
        with pytest.raises(AuthError):
            await asyncio.to_thread(opened_session, access)
    assert [line.split()[1] for line in said] == ["CAPABILITY", "STARTTLS", "CAPABILITY", "AUTHENTICATE"]


async def test_a_closed_port_can_be_tried_again() -> None:
    async with opened("imap", b"", lambda _: None, receive_port=1) as (driver, _):
        with pytest.raises(TransientError) as caught:
            await driver.inbox(None)
    assert explained(caught.value).code == "unreachable"
