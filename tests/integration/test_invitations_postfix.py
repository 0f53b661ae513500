"""An invitation from the agenda to somebody's mailbox, and their answer back into it, through Postfix and Dovecot."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import make_msgid
from zoneinfo import ZoneInfo

import pytest
from company import environment, migrated
from icalendar import Calendar, Event
from servers.mail_servers import CAMILLE, DIRECTOR, DOMAIN, PASSWORDS, MailServers
from servers.reading import delivered

from xrm_platform.agenda import EventGiven
from xrm_platform.app import Platform

pytestmark = pytest.mark.servers

BETWEEN_LOOKS = timedelta(minutes=6)


def settings(servers: MailServers) -> dict[str, object]:
    return {
        "host": "localhost",
        "port": servers.postfix.submission,
        "security": "starttls",
        "username": CAMILLE,
        "password": PASSWORDS[CAMILLE],
        "ca_file": str(servers.authority),
        "receive": "imap",
        "receive_host": "localhost",
        "receive_security": "tls",
        "receive_port": servers.dovecot.imaps,
    }


def calendar_part(message: EmailMessage) -> EmailMessage:
    """The last alternative of the text, where mail programs look for an invitation."""
    assert message.get_content_type() == "multipart/mixed"
    alternative = next(message.iter_parts())
    assert alternative.get_content_type() == "multipart/alternative"
    *_, part = alternative.iter_parts()
    assert part.get_content_type() == "text/calendar"
    return part


def answer(invitation: Calendar, status: str) -> EmailMessage:
    """What the mail program of the one who is invited sends back (RFC 5546 §3.2.3, RFC 6047 §2)."""
    (asked,) = invitation.walk("VEVENT")
    event = Event()
    for name in ("UID", "SEQUENCE", "ORGANIZER", "DTSTART", "DTEND", "SUMMARY"):
        event.add(name, asked[name])
    event.add("DTSTAMP", asked["DTSTAMP"].dt + timedelta(minutes=1))
    event.add("ATTENDEE", f"mailto:{DIRECTOR}", parameters={"PARTSTAT": status, "CN": "La direction générale"})
    calendar = Calendar()
    for name, value in (("VERSION", "2.0"), ("PRODID", "-//A mail program//EN"), ("METHOD", "REPLY")):
        calendar.add(name, value)
    calendar.add_component(event)
    message = EmailMessage()
    message["From"], message["To"] = f"Direction générale <{DIRECTOR}>", CAMILLE
    message["Subject"], message["Message-ID"] = f"{status}: {asked['SUMMARY']}", make_msgid(domain=DOMAIN)
    message.set_content("La direction a répondu.\n")
    message.add_alternative(calendar.to_ical().decode(), subtype="calendar", params={"method": "REPLY"})
    return message


def send(servers: MailServers, message: EmailMessage) -> None:
    with smtplib.SMTP("localhost", servers.postfix.submission, timeout=60) as session:
        session.starttls(context=ssl.create_default_context(cafile=servers.authority))
        session.login(DIRECTOR, PASSWORDS[DIRECTOR])
        session.send_message(message)


async def test_an_invitation_arrives_and_its_answer_comes_back(postfix_and_dovecot: MailServers, tmp_path, clock):
    servers = postfix_and_dovecot
    async with Platform.open(await migrated(environment(tmp_path)), now=clock) as xrm:
        await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
        admin = await xrm.bases.operator("ACME", "operator:test")
        await xrm.collaborators.create(
            admin, "COM", last_name="Lefèvre", first_name="Camille", email=CAMILLE, signature_text="Camille Lefèvre"
        )
        await xrm.providers.enable(admin, "smtp")
        await xrm.accounts.add(admin, "smtp", "Postfix", settings(servers), default=True)
        await xrm.run_until_idle()  # what lies in the mailbox already

        start = datetime(2026, 3, 10, 9, 30, tzinfo=ZoneInfo("Europe/Paris"))
        given = EventGiven(
            "COM",
            "Visite de l’église, devis n° 12",
            start,
            location="Lyon",
            description="Ne pas céder sur le prix",
            participants=(f"Direction générale <{DIRECTOR}>",),
        )
        made = await xrm.agenda.add(admin, given)
        await xrm.run_until_idle()

        told = await xrm.invitations.of(admin, made.id)
        ((person,),) = [one.people for one in told.sent]
        read = await asyncio.to_thread(delivered, servers, DIRECTOR, f"<{person.message}@{DOMAIN}>")
        part = calendar_part(read)
        assert part["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
        invitation = Calendar.from_ical(part.get_payload(decode=True))
        (asked,) = invitation.walk("VEVENT")
        assert (invitation["METHOD"], asked["UID"], asked["SEQUENCE"]) == ("REQUEST", made.uid, 0)
        assert (asked["SUMMARY"], asked.start) == (given.summary, start)
        assert (asked["ORGANIZER"], asked["ATTENDEE"].params["RSVP"]) == (f"mailto:{CAMILLE}", "TRUE")
        assert str(read["From"]) == f"Camille Lefèvre <{CAMILLE}>"
        text = read.get_body(("plain",)).get_content()
        assert "Quand\u00a0: mardi 10 mars 2026, 09:30–10:30 (Europe/Paris)" in text
        assert "céder" not in read.as_string() + part.get_content()
        assert [file.get_filename() for file in read.iter_attachments()] == ["invite.ics"]

        replied = answer(invitation, "ACCEPTED")
        await asyncio.to_thread(send, servers, replied)
        await asyncio.to_thread(delivered, servers, CAMILLE, replied["Message-ID"])
        clock.advance(BETWEEN_LOOKS)
        await xrm.run_until_idle()

        (participant,) = (await xrm.agenda.get(admin, made.id)).participants
        assert (participant.status, participant.invited) == ("accepted", "sent")
        (taken,) = (await xrm.invitations.of(admin, made.id)).answers
        assert (taken.address, taken.taken) == (DIRECTOR, True)

        await xrm.agenda.delete(admin, made.id)
        await xrm.run_until_idle()
        cancelled = (await xrm.invitations.of(admin, made.id)).sent[0]
        read = await asyncio.to_thread(delivered, servers, DIRECTOR, f"<{cancelled.people[0].message}@{DOMAIN}>")
        assert calendar_part(read)["Content-Type"].params["method"] == "CANCEL"
