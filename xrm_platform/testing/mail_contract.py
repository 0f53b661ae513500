"""What every mail provider owes the platform:

class TestAcme(MailContract):
    @pytest.fixture
    def descriptor(self): return ACME
    @pytest.fixture
    async def vendor(self): ...    # a `MailVendor`, fresh for each test
    @pytest.fixture
    def settings(self, vendor): return {"url": vendor.url, "token": vendor.token}
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from itertools import count
from typing import Any, ClassVar, Protocol

import pytest

from xrm_platform.providers import (
    Address,
    Attachment,
    AuthError,
    Capability,
    Channel,
    Handover,
    InvalidRecipient,
    OutcomeUnknown,
    OutgoingMail,
    ProviderDescriptor,
    ProviderError,
    RecipientResult,
    SendResult,
    TooLarge,
    TransientError,
)

from .driver_contract import DriverContract, Vendor
from .translations import assert_explained

_numbers = count(1)

ANNA, BEN, CLEO = "anna@client.example", "ben@client.example", "cleo@client.example"
PICTURE = Attachment("signature.png", "image/png", b"\x89PNG\r\n\x1a\n.\r\n\x00\xff" * 40, cid="signature")
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


class MailContract(DriverContract):
    """Beside the three fixtures, a test class may give `sender`, the address that the account of `settings` has."""

    handover: ClassVar[Handover] = Handover.ACCEPTED
    """`DRAFTED` for a provider that puts a message into the drafts of the person's own mail program."""

    @pytest.fixture
    def sender(self) -> Address:
        return Address("com@example.com", "Camille Odile Martin")

    async def exercise(self, driver: Any) -> Any:
        return [await driver.check(), await driver.send([outgoing_mail(), outgoing_mail()])]

    def test_it_is_a_provider_of_mail(self, descriptor: ProviderDescriptor) -> None:
        assert descriptor.channel is Channel.MAIL

    # Results

    async def test_results_come_one_for_each_message_in_their_order(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        mails = [outgoing_mail(sender) for _ in range(descriptor.limits.batch)]
        told = await outcomes(driver, mails)
        assert [one[ANNA].outcome for one in told] == [self.handover] * len(mails)
        assert sorted(ids(await vendor.arrived())) == sorted(mail.message_id for mail in mails)

    async def test_an_empty_batch_has_no_results(self, driver: Any) -> None:
        assert list(await driver.send([])) == []

    async def test_a_refused_recipient_does_not_stop_the_others(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_for_senders()
        await vendor.refuse_recipient(BEN)
        (told,) = await outcomes(driver, [outgoing_mail(sender, to=(Address(ANNA), Address(BEN), Address(CLEO)))])
        assert [told[to].outcome for to in (ANNA, BEN, CLEO)] == [self.handover, Handover.FAILED, self.handover]
        assert isinstance(explained(descriptor, told[BEN]), InvalidRecipient)
        assert [arrival.recipients for arrival in await vendor.arrived()] == [(ANNA, CLEO)]

    async def test_a_recipient_who_is_not_accepted_for_the_moment_can_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_for_senders()
        await vendor.defer_recipient(BEN)
        (told,) = await outcomes(driver, [outgoing_mail(sender, to=(Address(ANNA), Address(BEN)))])
        assert told[ANNA].outcome is self.handover
        assert isinstance(explained(descriptor, told[BEN]), TransientError)

    async def test_a_message_without_any_accepted_recipient_does_not_stop_the_next(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_for_senders()
        await vendor.refuse_recipient(BEN)
        refused, good = outgoing_mail(sender, to=(Address(BEN),)), outgoing_mail(sender)
        told = await outcomes(driver, [refused, good])
        assert (told[0][BEN].outcome, told[1][ANNA].outcome) == (Handover.FAILED, self.handover)
        assert ids(await vendor.arrived()) == [good.message_id]

    # Failures

    async def test_a_lost_answer_after_acceptance_is_an_unknown_outcome(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        await vendor.lose_next_answer()
        mail = outgoing_mail(sender)
        (told,) = await outcomes(driver, [mail])
        assert isinstance(explained(descriptor, told[ANNA]), OutcomeUnknown)
        assert ids(await vendor.arrived()) == [mail.message_id]

    async def test_a_connection_lost_before_acceptance_can_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        await vendor.cut_next_message()
        mail = outgoing_mail(sender)
        (told,) = await outcomes(driver, [mail])
        assert isinstance(explained(descriptor, told[ANNA]), TransientError)
        assert await vendor.arrived() == []
        (again,) = await outcomes(driver, [mail])
        assert again[ANNA].outcome is self.handover

    async def test_a_vendor_that_is_down_can_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        await vendor.go_down()
        (told,) = await outcomes(driver, [outgoing_mail(sender)])
        assert isinstance(explained(descriptor, told[ANNA]), TransientError)

    async def test_refused_credentials_are_an_auth_error_of_every_message(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        await vendor.refuse_credentials()
        for told in await outcomes(driver, [outgoing_mail(sender) for _ in range(descriptor.limits.batch)]):
            assert isinstance(explained(descriptor, told[ANNA]), AuthError)
        assert await vendor.arrived() == []

    async def test_a_message_that_is_too_large_is_refused_and_the_next_one_goes(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        await vendor.accept_at_most(20_000)
        large, small = outgoing_mail(sender, attachments=(QUOTE,) * 5), outgoing_mail(sender)
        told = await outcomes(driver, [large, small])
        assert isinstance(explained(descriptor, told[0][ANNA]), TooLarge)
        assert told[1][ANNA].outcome is self.handover
        assert ids(await vendor.arrived()) == [small.message_id]

    # What arrives

    async def test_only_the_envelope_gets_it_though_the_headers_name_all(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_for_senders()
        mail = outgoing_mail(sender, to=(Address(ANNA), Address(BEN)), cc=(Address(CLEO),), envelope=(BEN,))
        (told,) = await outcomes(driver, [mail])
        (arrival,) = await vendor.arrived()
        assert list(told) == [BEN]
        assert arrival.recipients == (BEN,)
        assert [address.addr_spec for address in arrival.message["To"].addresses] == [ANNA, BEN]
        assert [address.addr_spec for address in arrival.message["Cc"].addresses] == [CLEO]

    async def test_a_blind_copy_is_delivered_and_named_nowhere(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_for_senders()
        await outcomes(driver, [outgoing_mail(sender, bcc=(Address(CLEO, "Cleo"),))])
        (arrival,) = await vendor.arrived()
        assert set(arrival.recipients) == {ANNA, CLEO}
        assert "cleo" not in arrival.message.as_string().lower()

    async def test_message_id_and_date_are_kept_exactly(self, driver: Any, vendor: MailVendor, sender: Address) -> None:
        long_id = f"<{'0192f3c4-' * 12}.mail@example.com>"
        mail = outgoing_mail(sender, message_id=long_id, headers={"In-Reply-To": long_id, "References": long_id})
        await outcomes(driver, [mail])
        (arrival,) = await vendor.arrived()
        assert [arrival.message[name] for name in ("Message-ID", "In-Reply-To", "References")] == [long_id] * 3
        assert arrival.message["Date"].datetime == mail.date

    async def test_subjects_and_names_keep_their_accents(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        mail = outgoing_mail(
            Address(sender.email, "Élodie Garnier, née « Ça »"),
            subject="Votre devis n° 7 : l'été à la plage — 20 € de remise, et bien d'autres surprises ☀️",
            to=(Address(ANNA, "Łukasz Ångström"),),
            reply_to=Address("elodie@example.com", "Élodie"),
        )
        await outcomes(driver, [mail])
        (arrival,) = await vendor.arrived()
        message = arrival.message
        assert message["Subject"] == mail.subject
        assert [message[name].addresses[0].display_name for name in ("From", "To", "Reply-To")] == [
            mail.sender.name,
            "Łukasz Ångström",
            "Élodie",
        ]

    async def test_text_html_pictures_and_files_arrive_as_they_were(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        text = "Bonjour Élodie,\n.\n..\nFrom here on it is a very long line " + "x" * 1200 + "\n-- \nCamille\n"
        html = '<p style="color:#123">Bonjour Élodie</p>\n<img src="cid:signature" alt="">\n'
        await outcomes(driver, [outgoing_mail(sender, text=text, html=html, attachments=(PICTURE, QUOTE))])
        (arrival,) = await vendor.arrived()
        message = arrival.message
        assert content(message, "text/plain") == text
        assert content(message, "text/html") == html
        parts = {part.get_filename(): part for part in message.walk() if part.get_filename()}
        assert parts.keys() == {PICTURE.filename, QUOTE.filename}
        picture, quote = parts[PICTURE.filename], parts[QUOTE.filename]
        assert (picture.get_content(), picture["Content-ID"]) == (PICTURE.content, "<signature>")
        assert picture.get_content_disposition() == "inline"
        assert (quote.get_content(), quote.get_content_type()) == (QUOTE.content, "application/pdf")
        assert quote.get_content_disposition() == "attachment"

    async def test_other_headers_arrive(self, driver: Any, vendor: MailVendor, sender: Address) -> None:
        link = f"<https://example.com/unsubscribe/{'a1b2c3d4' * 20}>"
        headers = {"List-Unsubscribe": link, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "X-XRM-Ref": "42"}
        await outcomes(driver, [outgoing_mail(sender, headers=headers)])
        (arrival,) = await vendor.arrived()
        assert {name: arrival.message[name] for name in headers} == headers

    async def test_a_line_break_in_a_field_adds_no_header(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        for changes in (
            {"subject": "Hello\r\nBcc: eve@evil.example"},
            {"to": (Address(ANNA, "Anna\r\nBcc: eve@evil.example"),)},
            {"headers": {"X-XRM-Ref": "1\nBcc: eve@evil.example"}},
            {"attachments": (Attachment("a\r\nBcc: eve@evil.example", "text/plain", b"x"),)},
        ):
            await outcomes(driver, [outgoing_mail(sender, **changes)])
        for arrival in await vendor.arrived():
            assert arrival.message["Bcc"] is None
            assert set(arrival.recipients) <= {ANNA}

    # Many at once

    async def test_calls_at_once_do_not_mix_their_messages(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        batches = [
            [outgoing_mail(sender, to=(Address(f"to{n}.{m}@client.example"),), text=f"{n}.{m}\n") for m in range(3)]
            for n in range(descriptor.limits.connections + 1)
        ]
        batches = [batch[: descriptor.limits.batch] for batch in batches]
        told = await asyncio.gather(*(outcomes(driver, batch) for batch in batches))
        outcome = [one.outcome for batch in told for results in batch for one in results.values()]
        assert outcome == [self.handover] * sum(map(len, batches))
        for arrival in await vendor.arrived():
            (address,) = arrival.message["To"].addresses
            assert content(arrival.message, "text/plain") == address.username.removeprefix("to") + "\n"
            assert self.handover is Handover.DRAFTED or arrival.recipients == (address.addr_spec,)

    # Idempotence

    async def test_the_same_message_again_is_one_message_only_where_that_is_declared(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        mail = outgoing_mail(sender)
        for _ in range(2):
            (told,) = await outcomes(driver, [mail])
            assert told[ANNA].outcome is self.handover
        expected = 1 if Capability.IDEMPOTENT_SEND in descriptor.capabilities else 2
        assert len(await vendor.arrived()) == expected

    def only_for_senders(self) -> None:
        """A draft has no envelope yet: its recipients are refused, if ever, when the person sends it."""
        if self.handover is Handover.DRAFTED:
            pytest.skip("a draft reaches nobody yet")


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
