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
from typing import Any, ClassVar

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
    ProviderDescriptor,
    TooLarge,
    TransientError,
    message_of_draft,
)

from .driver_contract import DriverContract
from .mail_vendor import (
    ANNA,
    BEN,
    CLEO,
    INVITATION,
    PICTURE,
    QUOTE,
    Arrival,
    MailVendor,
    content,
    explained,
    ids,
    outcomes,
    outgoing_mail,
)


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
        assert (arrival.message["Message-ID"], arrival.message["In-Reply-To"]) == (long_id, long_id)
        before = [one for one in arrival.message["References"].split() if message_of_draft(one) is None]
        assert before == [long_id]
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

    @pytest.mark.parametrize("html", [None, "<p>Bonjour</p>\n"])
    async def test_an_invitation_is_the_last_alternative_and_a_file_too(
        self, driver: Any, vendor: MailVendor, sender: Address, html: str | None
    ) -> None:
        """RFC 6047 §2.4, and where mail programs look for it: else they show no buttons to answer with."""
        await outcomes(driver, [outgoing_mail(sender, html=html, attachments=(QUOTE,), calendar=INVITATION)])
        (arrival,) = await vendor.arrived()
        assert arrival.message.get_content_type() == "multipart/mixed"
        alternative, *files = arrival.message.iter_parts()
        kinds = [part.get_content_type() for part in alternative.iter_parts()]
        assert kinds == ["text/plain", *([] if html is None else ["text/html"]), "text/calendar"]
        *_, calendar = alternative.iter_parts()
        assert calendar["Content-Type"].params == {"charset": "utf-8", "method": "REQUEST"}
        assert calendar.get_content_disposition() is None
        assert content(arrival.message, "text/calendar") == INVITATION.text.replace("\r\n", "\n")
        named = {file.get_filename(): file for file in files}
        assert named.keys() == {"invite.ics", QUOTE.filename}
        assert named["invite.ics"].get_content_type() == "application/ics"
        assert named["invite.ics"].get_content() == INVITATION.text.encode()

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


__all__ = ["Arrival", "MailContract", "MailVendor", "outcomes", "outgoing_mail"]
