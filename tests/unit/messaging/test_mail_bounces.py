"""Reports of servers, read: those of the standard, and letters of servers that keep to none."""

from __future__ import annotations

import pytest

from xrm_platform.messaging.inbound.mail.bounces import DeliveryReport, RecipientReport
from xrm_platform.messaging.inbound.mail.reading import read_mail

from .incoming import ANNA, bounce

QMAIL = f"""Hi. This is the qmail-send program at mx.client.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{ANNA}>:
192.0.2.7 does not like recipient.
Remote host said: 550 5.1.1 <{ANNA}>: no such user
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

Return-Path: <lea@acme.example>
Message-ID: <1@acme.example>
Subject: Devis

x@elsewhere.example
"""

EXIM = f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ANNA}
    host mx.client.example [192.0.2.7]: 552 5.2.2 mailbox full

------ This is a copy of the message, including all the headers. ------

Message-ID: <1@acme.example>
"""

WARNING = f"""This is a warning message only. You do not need to resend.

Your message has not yet been delivered to the following recipients:

  {ANNA}

------ This is a copy of the message ------
Message-ID: <1@acme.example>
"""


def letter(text: str, *lines: str, sender: str = "MAILER-DAEMON@mx.client.example") -> DeliveryReport | None:
    head = "\r\n".join([f"From: {sender}", "Subject: failure notice", *lines])
    return read_mail(f"{head}\r\n\r\n{text}".encode()).report


@pytest.mark.parametrize(
    ("text", "lines", "action", "status"),
    [
        (QMAIL, [], "failed", "5.1.1"),
        (EXIM, [], "failed", "5.2.2"),
        (EXIM, [f"X-Failed-Recipients: {ANNA}"], "failed", "5.2.2"),
        (WARNING, [], "delayed", ""),
    ],
)
def test_a_letter_of_a_server_is_read(text, lines, action, status):
    report = letter(text, *lines)
    assert (report.message_id, report.loose) == ("<1@acme.example>", True)
    ((told,)) = report.recipients
    assert (told.addresses, told.action, told.status) == ((ANNA,), action, status)


@pytest.mark.parametrize(
    "text", ["", "Thank you for writing to the postmaster.\n", f"{ANNA}\nis on holiday\n", "x" * 100_000]
)
def test_a_letter_that_says_of_no_failure_reports_none(text):
    assert letter(text) is None


def test_a_person_who_quotes_a_letter_reports_nothing():
    assert letter(QMAIL, sender="Anna <anna@client.example>") is None


def test_a_report_of_the_standard_is_read_with_whom_it_is_about():
    report = read_mail(bounce("<1@acme.example>", envelope_id="m+2B42")).report
    assert (report.envelope_id, report.message_id, report.loose) == ("m+42", "<1@acme.example>", False)
    assert report.recipients == (RecipientReport((ANNA,), "failed", "5.1.1", "550 5.1.1 no such user"),)


def test_a_report_with_addresses_in_other_letters_is_read_too():
    octets = bounce("<1@acme.example>", recipient="zoé@client.example", envelope_id="m+2B42")
    octets = octets.replace(b"message/delivery-status", b"message/global-delivery-status")
    octets = octets.replace(b"text/rfc822-headers", b"message/global-headers")
    read = read_mail(octets.replace(b"rfc822; zo", b"utf-8; zo"))
    assert (read.report.envelope_id, read.report.message_id) == ("m+42", "<1@acme.example>")
    (told,) = read.report.recipients
    assert (told.addresses, told.action, told.status) == (("zoé@client.example",), "failed", "5.1.1")


@pytest.mark.parametrize(
    "octets",
    [
        bounce("").replace(b"Status: 5.1.1", b"Status: nonsense"),
        bounce("").replace(b"Final-Recipient: rfc822; anna@client.example", b"Final-Recipient: \xff\x00;;;"),
        bounce("").replace(b"Action: failed", b""),
        bounce("<1@a>")[:350],
    ],
)
def test_a_report_that_is_broken_harms_nothing(octets):
    report = read_mail(octets).report
    assert report is None or all(told.status == "" or told.addresses == () for told in report.recipients)
