"""Mail goes out and comes in through the platform, Postfix and Dovecot: once, joined, in its thread."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from company import environment, migrated
from servers.mail_servers import CAMILLE, DIRECTOR, PASSWORDS, MailServers
from servers.postfix import UNKNOWN
from servers.reading import delivered, mailbox

from xrm_platform.app import Platform
from xrm_platform.messaging import MailRequest
from xrm_platform.messaging.inbound import polling
from xrm_platform.messaging.mail import copies

pytestmark = pytest.mark.servers


class Clock:
    """The time, with leaps, so that a mailbox is read again without waiting for five minutes."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Office:
    """A base whose collaborator COM has Camille's mailbox, and DIR the director's."""

    def __init__(self, xrm: Platform, admin, clock: Clock, servers: MailServers) -> None:
        self.xrm, self.admin, self.servers = xrm, admin, servers
        self._clock = clock

    async def read(self) -> list:
        """Read the mailboxes; what came in that the test wrote, newest first."""
        self._clock.ahead += timedelta(minutes=6)
        await self.xrm.run_until_idle()
        return list((await self.xrm.inbox.list(self.admin, limit=500)).items)

    async def send(self, sender: str, to: str, subject: str, **more) -> tuple[str, str]:
        """A mail of a collaborator: its id and its Message-ID."""
        request = MailRequest(sender=sender, to=(to,), subject=subject, text="Bonjour\n", **more)
        view = await self.xrm.sending.send_mail(self.admin, request)
        await self.xrm.run_until_idle()
        return view.id, f"<{view.id}@xrm.example>"


@asynccontextmanager
async def office(servers: MailServers, folder, receive: str, *, work: bool = False) -> AsyncIterator[Office]:
    clock = Clock()
    async with Platform.open(await migrated(environment(folder)), work=work, now=clock) as xrm:
        await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
        admin = await xrm.bases.operator("ACME", "operator:test")
        await xrm.providers.enable(admin, "smtp")
        port = servers.dovecot.imaps if receive == "imap" else servers.dovecot.pop3s
        for code, address in (("COM", CAMILLE), ("DIR", DIRECTOR)):
            await xrm.collaborators.create(admin, code, last_name=code, email=address)
            settings = {
                "host": "localhost",
                "port": servers.postfix.submission,
                "security": "starttls",
                "username": address,
                "password": PASSWORDS[address],
                "ca_file": str(servers.authority),
                "receive": receive,
                "receive_host": "localhost",
                "receive_port": port,
            }
            account = await xrm.accounts.add(admin, "smtp", code, settings, collaborator=code)
            await xrm.choice.choose(admin, account.id, collaborator=code)
        yield Office(xrm, admin, clock, servers)


def written(servers: MailServers, to: str, text: str, **headers: str) -> EmailMessage:
    """A mail of a contact's that is delivered to `to`. The contact writes through the director's account here, for
    Postfix takes mail from people it knows only."""
    mail = EmailMessage()
    given = {
        "From": f"Anna Dupré <{DIRECTOR}>",
        "To": to,
        "Message-ID": f"<{uuid.uuid4().hex}@client.example>",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in given.items():
        mail[name] = value
    mail.set_content(text)
    context = ssl.create_default_context(cafile=str(servers.authority))
    with smtplib.SMTP("localhost", servers.postfix.submission) as session:
        session.starttls(context=context)
        session.user, session.password = DIRECTOR, PASSWORDS[DIRECTOR]
        session.auth("PLAIN", session.auth_plain)
        session.send_message(mail, DIRECTOR, [to])
    delivered(servers, to, mail["Message-ID"])
    return mail


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_a_mailbox_read_twice_gives_each_mail_once(postfix_and_dovecot: MailServers, tmp_path, receive: str):
    subject = f"Commande {uuid.uuid4().hex}"
    async with office(postfix_and_dovecot, tmp_path, receive) as acme:
        before = await acme.read()
        await asyncio.to_thread(written, acme.servers, CAMILLE, "Une\n", Subject=subject)
        once = await acme.read()
        await asyncio.to_thread(written, acme.servers, CAMILLE, "Deux\n", Subject=subject)
        twice = await acme.read()
        again = await acme.read()

    assert len(once) == len(before) + 1
    assert [one.text for one in twice if one.subject == subject] == ["Deux", "Une"]
    assert again == twice


async def test_a_mail_is_here_within_seconds_while_mailboxes_are_looked_at_once_an_hour(
    postfix_and_dovecot: MailServers, tmp_path, monkeypatch
):
    monkeypatch.setattr(polling, "EVERY", timedelta(hours=1))
    async with office(postfix_and_dovecot, tmp_path, "imap", work=True) as acme:
        acme.xrm.engine.wake("tick")  # new accounts are looked at with the next one
        async with asyncio.timeout(120):
            while len(acme.xrm._polling._watching.watched()) < 2:
                await asyncio.sleep(0.02)
            for text in ("Une\n", "Deux\n"):
                subject = f"Commande {uuid.uuid4().hex}"
                await asyncio.to_thread(written, acme.servers, CAMILLE, text, Subject=subject)
                while subject not in {one.subject for one in (await acme.xrm.inbox.list(acme.admin)).items}:
                    await asyncio.sleep(0.02)


@pytest.mark.parametrize("receive", ["imap", "pop"])
async def test_five_mails_between_two_collaborators_and_a_contact_are_one_thread(
    postfix_and_dovecot: MailServers, tmp_path, receive: str
):
    subject = f"Devis {uuid.uuid4().hex}"

    def answer(text: str, *chain: str) -> EmailMessage:
        return written(
            postfix_and_dovecot,
            CAMILLE,
            text,
            Subject=f"Re: {subject}",
            In_Reply_To=chain[-1],
            References=" ".join(chain),
        )

    async with office(postfix_and_dovecot, tmp_path, receive) as acme:
        first, first_id = await acme.send("COM", CAMILLE, subject)  # to herself: the contact has no server here
        second = await asyncio.to_thread(answer, "Deux\n", first_id)
        came = {one.text: one for one in await acme.read() if subject in one.subject}
        third, third_id = await acme.send("DIR", CAMILLE, f"Re: {subject}", answers=came["Deux"].id)
        headers = await asyncio.to_thread(delivered, acme.servers, CAMILLE, third_id)
        await asyncio.to_thread(answer, "Quatre\n", first_id)
        await asyncio.to_thread(answer, "Cinq\n", first_id, second["Message-ID"], third_id)
        came = {one.text: one for one in await acme.read() if subject in one.subject}
        thread = await acme.xrm.opening.thread(acme.admin, came["Cinq"].id)

    assert headers["In-Reply-To"] == second["Message-ID"]
    assert headers["References"] == f"{first_id} {second['Message-ID']}"
    assert {text: came[text].answers for text in ("Deux", "Quatre", "Cinq")} == {
        "Deux": first,
        "Quatre": first,
        "Cinq": third,
    }
    texts = [(entry.direction, entry.text.strip()) for entry in thread]
    assert sorted(texts) == [("in", "Cinq"), ("in", "Deux"), ("in", "Quatre"), ("out", "Bonjour"), ("out", "Bonjour")]


async def test_a_report_of_postfix_fails_the_recipient_and_marks_the_address(
    postfix_and_dovecot: MailServers, tmp_path
):
    wrong = f"anna.{uuid.uuid4().hex}@{UNKNOWN}"
    async with office(postfix_and_dovecot, tmp_path, "imap") as acme:
        sent, _ = await acme.send("COM", wrong, "Devis")
        deadline = time.monotonic() + 60
        came = await acme.read()
        while (await acme.xrm.messages.get(acme.admin, sent)).state == "sent" and time.monotonic() < deadline:
            came = await acme.read()
        after = await acme.xrm.messages.get(acme.admin, sent)
        in_error = [one.address for one in (await acme.xrm.addresses_in_error.list(acme.admin)).items]

    assert [event.state for event in after.events if event.recipient is not None] == ["sent", "failed"]
    assert after.state == "failed"
    (recipient,) = after.recipients
    assert (recipient.error_code, recipient.error_params) == ("bounced_address", {"status": "5.1.1"})
    assert "User doesn't exist" in after.events[-1].detail["detail"]
    assert in_error == [wrong]
    (report,) = [one for one in came if one.about == sent]
    assert (report.kind, report.answers) == ("report", None)


async def test_a_copy_of_what_was_sent_lies_in_sent_once(postfix_and_dovecot: MailServers, tmp_path):
    async with office(postfix_and_dovecot, tmp_path, "imap") as acme:
        sent, message_id = await acme.send("COM", DIRECTOR, "Devis")
        await acme.read()
        after = await acme.xrm.messages.get(acme.admin, sent)

    found = []
    with mailbox(postfix_and_dovecot, CAMILLE) as session:
        for folder in ("Sent", '"&AMk-l&AOk-ments envoy&AOk-s"'):
            if session.select(folder, readonly=True)[0] == "OK":
                _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{message_id}"')
                found += numbers.split()
    assert len(found) == 1
    assert (after.state, after.events[-1].detail) == ("sent", {"code": "copied_to_sent"})


async def test_a_crash_after_a_copy_was_put_into_sent_puts_no_second_one_there(
    postfix_and_dovecot: MailServers, tmp_path, monkeypatch
):
    finish = copies.queries.finish_copy
    crashed = []

    async def crash_once(*args, **named):
        if not crashed:
            crashed.append(named["message_id"])
            raise RuntimeError("the process ends here")
        await finish(*args, **named)

    monkeypatch.setattr(copies.queries, "finish_copy", crash_once)
    async with office(postfix_and_dovecot, tmp_path, "imap") as acme:
        sent, message_id = await acme.send("COM", DIRECTOR, "Devis")
        await acme.read()
        after = await acme.xrm.messages.get(acme.admin, sent)

    assert crashed == [sent]
    with mailbox(postfix_and_dovecot, CAMILLE) as session:
        session.select('"&AMk-l&AOk-ments envoy&AOk-s"', readonly=True)
        _, (numbers,) = session.search(None, "HEADER", "Message-ID", f'"{message_id}"')
    assert len(numbers.split()) == 1
    assert after.events[-1].detail == {"code": "copied_to_sent"}
