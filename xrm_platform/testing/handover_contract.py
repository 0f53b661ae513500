"""What a provider of mail owes the platform that hands over to the person's own mail software (`HANDS_OVER`):

class TestAcme(HandoverContract):
    rung = Rung.MAILBOX            # how the drafts of `settings` reach the person
    # fixtures as for `MailContract`; the vendor is a `DraftsVendor`
"""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

import pytest

from xrm_platform.providers import (
    Address,
    Capability,
    Handover,
    MailDraft,
    OutgoingMail,
    ProviderDescriptor,
    Rung,
    SendResult,
    Whereabouts,
)

from .mail_contract import MailContract
from .mail_vendor import CLEO, QUOTE, MailVendor, ids, outcomes, outgoing_mail
from .translations import LANGUAGES, placeholders, read_translations


class DraftsVendor(MailVendor, Protocol):
    """The stand-in for a person's mailbox: `arrived` are its drafts."""

    async def send_draft(self, message_id: str) -> None:
        """The person sends a draft: it lies among the sent mail."""

    async def delete_draft(self, message_id: str) -> None:
        """The person deletes a draft."""


class HandoverContract(MailContract):
    handover: ClassVar[Handover] = Handover.DRAFTED
    rung: ClassVar[Rung] = Rung.MAILBOX

    def test_it_declares_that_it_hands_over(self, descriptor: ProviderDescriptor) -> None:
        assert Capability.HANDS_OVER in descriptor.capabilities
        assert Capability.IDEMPOTENT_SEND not in descriptor.capabilities, "what a person deleted would come again"

    async def test_the_person_is_told_how_the_draft_got_there_and_what_to_do(
        self, descriptor: ProviderDescriptor, driver: Any, sender: Address
    ) -> None:
        draft = await drafted(driver, outgoing_mail(sender, attachments=(QUOTE,)))
        assert draft.rung is self.rung
        assert_told(descriptor, draft)
        assert (draft.content is not None) is (draft.rung is Rung.FILE)
        assert (draft.uri is not None) is (draft.rung is Rung.LINK)

    async def test_a_draft_names_its_hidden_recipients_because_the_person_sends_it(
        self, driver: Any, vendor: DraftsVendor, sender: Address
    ) -> None:
        await outcomes(driver, [outgoing_mail(sender, bcc=(Address(CLEO, "Cléo"),))])
        (arrival,) = await vendor.arrived()
        assert [address.addr_spec for address in arrival.message["Bcc"].addresses] == [CLEO]

    async def test_the_same_message_again_is_one_message_only_where_that_is_declared(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        """A draft is looked for before it is put there; a file is the same file."""
        mail = outgoing_mail(sender)
        for _ in range(2):
            assert_told(descriptor, await drafted(driver, mail))
        assert set(ids(await vendor.arrived())) == {mail.message_id}
        if self.rung is Rung.MAILBOX:
            assert len(await vendor.arrived()) == 1

    async def test_a_message_that_is_too_large_is_refused_and_the_next_one_goes(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        """What the mailbox does not take goes another way, and why is said."""
        if self.rung is not Rung.MAILBOX:
            pytest.skip("nobody refuses a file")
        await vendor.accept_at_most(20_000)
        large = await drafted(driver, outgoing_mail(sender, attachments=(QUOTE,) * 5))
        assert large.rung is not Rung.MAILBOX
        assert large.refused is not None
        assert_told(descriptor, large)
        small = outgoing_mail(sender)
        assert (await drafted(driver, small)).rung is Rung.MAILBOX
        assert ids(await vendor.arrived()) == [small.message_id]

    # Whereabouts

    async def test_a_draft_is_among_the_drafts_until_the_person_sends_it(
        self, driver: Any, vendor: DraftsVendor, sender: Address
    ) -> None:
        mail, other = outgoing_mail(sender), outgoing_mail(sender)
        draft = await drafted(driver, mail)
        assert draft.watched is (self.rung is Rung.MAILBOX)
        wanted = {one.id: one.message_id for one in (mail, other)}
        if not draft.watched:
            assert await driver.whereabouts(wanted) is None
            return
        assert await driver.whereabouts(wanted) == {mail.id: Whereabouts.DRAFTS}
        await vendor.send_draft(mail.message_id)
        assert await driver.whereabouts(wanted) == {mail.id: Whereabouts.SENT}

    async def test_a_draft_that_the_person_deleted_is_nowhere(
        self, driver: Any, vendor: DraftsVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        mail = outgoing_mail(sender)
        await drafted(driver, mail)
        await vendor.delete_draft(mail.message_id)
        assert await driver.whereabouts({mail.id: mail.message_id}) == {}

    async def test_what_was_sent_already_is_not_drafted_again(
        self, driver: Any, vendor: DraftsVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        mail = outgoing_mail(sender)
        await drafted(driver, mail)
        await vendor.send_draft(mail.message_id)
        await drafted(driver, mail)
        assert await vendor.arrived() == []

    async def test_a_draft_whose_answer_was_lost_is_found(
        self, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        await vendor.lose_next_answer()
        mail = outgoing_mail(sender)
        await outcomes(driver, [mail])
        assert await driver.whereabouts({mail.id: mail.message_id}) == {mail.id: Whereabouts.DRAFTS}

    # What asks for a server

    async def test_a_lost_answer_after_acceptance_is_an_unknown_outcome(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        await super().test_a_lost_answer_after_acceptance_is_an_unknown_outcome(descriptor, driver, vendor, sender)

    async def test_a_connection_lost_before_acceptance_can_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        await super().test_a_connection_lost_before_acceptance_can_be_tried_again(descriptor, driver, vendor, sender)

    async def test_a_vendor_that_is_down_can_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        await super().test_a_vendor_that_is_down_can_be_tried_again(descriptor, driver, vendor, sender)

    async def test_refused_credentials_are_an_auth_error_of_every_message(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: MailVendor, sender: Address
    ) -> None:
        self.only_with_a_mailbox()
        await super().test_refused_credentials_are_an_auth_error_of_every_message(descriptor, driver, vendor, sender)

    async def test_a_check_tells_wrong_credentials_from_an_unreachable_vendor(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: Any
    ) -> None:
        self.only_with_a_mailbox()
        await super().test_a_check_tells_wrong_credentials_from_an_unreachable_vendor(descriptor, driver, vendor)

    def only_with_a_mailbox(self) -> None:
        if self.rung is not Rung.MAILBOX:
            pytest.skip("without a mailbox nothing is asked of any server")


async def drafted(driver: Any, mail: OutgoingMail) -> MailDraft:
    """What `mail` became."""
    (result,) = await driver.send([mail])
    assert isinstance(result, SendResult)
    assert [one.outcome for one in result.recipients] == [Handover.DRAFTED] * len(mail.envelope)
    assert isinstance(result.draft, MailDraft)
    return result.draft


def assert_told(descriptor: ProviderDescriptor, draft: MailDraft) -> None:
    """There are sentences in each language for what the person does now, and for what this way does not carry."""
    for language in LANGUAGES:
        sections = read_translations(descriptor, language)
        step = sections.get("next_steps", {}).get(draft.next_step)
        assert step, f"{language}: no sentence for the next step {draft.next_step}"
        assert placeholders(step) <= draft.params.keys(), f"{language}: {draft.next_step} lacks params"
        for loss in draft.losses:
            assert sections.get("losses", {}).get(loss), f"{language}: no sentence for the loss {loss}"


__all__ = ["DraftsVendor", "HandoverContract", "assert_told", "drafted"]
