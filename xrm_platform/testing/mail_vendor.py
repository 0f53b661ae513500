"""The stand-in for a mail service as tests see it, mails to give to it, and readings of what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from typing import Any, Protocol

from xrm_platform.providers import (
    Address,
    Attachment,
    CalendarPart,
    Handover,
    OutgoingMail,
    ProviderDescriptor,
    ProviderError,
    RecipientResult,
    SendResult,
)

from .driver_contract import Vendor
from .translations import assert_explained

_numbers = count(1)

ANNA, BEN, CLEO = "anna@client.example", "ben@client.example", "cleo@client.example"
PICTURE = Attachment("signature.png", "image/png", b"\x89PNG\r\n\x1a\n.\r\n\x00\xff" * 40, cid="signature")
INVITATION = CalendarPart(
    "REQUEST",
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:1@example.com\r\n"
    "DTSTAMP:20261124T080000Z\r\nDTSTART:20261201T090000Z\r\nSEQUENCE:0\r\n"
    "SUMMARY:Réunion à l’été : un titre qui ne tient pas sur une ligne d\r\n e soixante-quinze octets\r\n"
    "ORGANIZER:mailto:com@example.com\r\nATTENDEE;RSVP=TRUE:mailto:anna@client.example\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n",
)
QUOTE = Attachment("Devis été n° 7.pdf", "application/pdf", bytes(range(256)) * 20)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as it came out at the other end: the envelope and what was in it."""

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage


class MailVendor(Vendor, Protocol):
    """The stand-in for a mail service. A provider that only drafts may leave out what refuses recipients."""

    async def arrived(self) -> Sequence[Arrival]:
        """What was accepted so far, oldest first; for a provider that drafts, the drafts."""

    async def refuse_recipient(self, address: str) -> None:
        """From now on `address` does not exist."""

    async def defer_recipient(self, address: str) -> None:
        """From now on `address` is not accepted for the moment."""

    async def lose_next_answer(self) -> None:
        """Accept the next message, and cut the connection instead of saying so."""

    async def cut_next_message(self) -> None:
        """Cut the connection before the next message is accepted."""

    async def accept_at_most(self, octets: int) -> None:
        """From now on refuse larger messages."""


def outgoing_mail(sender: Address | None = None, **changes: Any) -> OutgoingMail:
    """A small mail, different from all others of this run. Without an `envelope`, to everybody it names."""
    number = next(_numbers)
    given: dict[str, Any] = {
        "id": f"mail-{number}",
        "message_id": f"<mail-{number}.message@example.com>",
        "date": datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
        "sender": sender or Address("com@example.com", "Camille Odile Martin"),
        "to": (Address(ANNA, "Anna"),),
        "subject": f"Mail {number}",
        "text": "Hello\n",
        **changes,
    }
    named = [*given["to"], *given.get("cc", ()), *given.get("bcc", ())]
    return OutgoingMail(**{"envelope": tuple(address.email for address in named), **given})


async def outcomes(driver: Any, mails: Sequence[OutgoingMail]) -> list[dict[str, RecipientResult]]:
    """What became of each recipient of `mails`, however the driver said it: raised, for a message, or for each."""
    try:
        results: Sequence[SendResult] = await driver.send(mails)
    except ProviderError as error:
        return [{to: RecipientResult(to, Handover.FAILED, error=error) for to in mail.envelope} for mail in mails]
    assert [result.id for result in results] == [mail.id for mail in mails]
    told: list[dict[str, RecipientResult]] = []
    for mail, result in zip(mails, results, strict=True):
        if result.error is not None:
            assert not result.recipients
            whole = {to: RecipientResult(to, Handover.FAILED, error=result.error) for to in mail.envelope}
            told.append(whole)
        else:
            assert sorted(one.recipient for one in result.recipients) == sorted(mail.envelope)
            told.append({one.recipient: one for one in result.recipients})
    return told


def ids(arrivals: Sequence[Arrival]) -> list[str]:
    """The Message-IDs of `arrivals`."""
    return [str(arrival.message["Message-ID"]) for arrival in arrivals]


def content(message: EmailMessage, content_type: str) -> str:
    """The text of the first part of this type, its lines ended as in Python."""
    part = next(part for part in message.walk() if part.get_content_type() == content_type)
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def explained(descriptor: ProviderDescriptor, result: RecipientResult) -> ProviderError:
    """The error of a recipient that was not reached, for which there is a sentence in every language."""
    assert result.outcome is Handover.FAILED
    assert result.error is not None
    assert_explained(descriptor, result.error.code, result.error.params)
    return result.error
