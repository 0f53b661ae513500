"""Mails that come in, for the tests of them."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from xrm_platform.messaging import MailRequest

ANNA = "anna@client.example"


def mail(text: str = "Oui, merci.\n", sender: str = f"Anna Dupré <{ANNA}>", **headers: str) -> EmailMessage:
    message = EmailMessage()
    given = {"From": sender, "To": "lea@acme.example", "Subject": "Re: Devis", **headers}
    for name, value in given.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message


def calendar_mail() -> EmailMessage:
    """An answer to an invitation, as far as a mailbox sees it."""
    message = mail()
    message.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", params={"method": "REPLY"})
    return message


def bounce(
    message_id: str,
    *,
    action="failed",
    status="5.1.1",
    recipient=ANNA,
    envelope_id: str = "",
    to="contact@acme.example",
) -> bytes:
    """A delivery status notification as Postfix writes it, to the address that the server sent the mail from."""
    envelope = f"Original-Envelope-Id: {envelope_id}\r\n" if envelope_id else ""
    return (
        f"From: MAILER-DAEMON@mx.client.example\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        "Auto-Submitted: auto-replied\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\n\r\nI am sorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.client.example\r\n{envelope}\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\nSubject: Devis\r\n\r\n--b--\r\n"
    ).encode()


async def later(xrm, clock) -> None:
    """The next time that mailboxes are read."""
    clock.advance(timedelta(minutes=6))
    await xrm.run_until_idle()


async def sent(xrm, admin, clock, sender: str = "COM", **changes) -> tuple[str, str]:
    """A mail that went to Anna: its id and its Message-ID."""
    request = MailRequest(**{"sender": sender, "to": (ANNA,), "subject": "Devis", "text": "Bonjour", **changes})
    view = await xrm.sending.send_mail(admin, request)
    await xrm.run_until_idle()
    return view.id, f"<{view.id}@acme.example>"


async def colleague_of(xrm, admin, code: str = "COM"):
    await xrm.users.create(admin, code.lower(), password="long enough 1", xrm_allowed=True, collaborator=code)
    signed_in = await xrm.sign_in.sign_in("ACME", code.lower(), "long enough 1", user_agent="", address="")
    actor, _ = await xrm.sign_in.actor_of(signed_in.token)
    return actor


# Once, and joined
