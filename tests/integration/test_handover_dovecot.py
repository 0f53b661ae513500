"""Outlook and Mail keep the contract of hand-over: drafts in a mailbox on Dovecot."""

from __future__ import annotations

import pytest
from servers.drafts_mailbox import DraftsMailbox
from servers.mail_servers import CAMILLE, PASSWORDS
from xrm_smtp.handover.descriptors import APPLE_MAIL, OUTLOOK

from xrm_platform.providers import Whereabouts, draft_id
from xrm_platform.testing.handover_contract import HandoverContract, drafted
from xrm_platform.testing.mail_vendor import outgoing_mail

pytestmark = pytest.mark.servers


class TestOutlookDraftsInTheMailbox(HandoverContract):
    @pytest.fixture
    def descriptor(self):
        return OUTLOOK

    @pytest.fixture
    async def vendor(self, postfix_and_dovecot):
        mailbox = DraftsMailbox(postfix_and_dovecot.dovecot.imap, CAMILLE, PASSWORDS[CAMILLE])
        async with mailbox.opened():
            yield mailbox

    @pytest.fixture
    def settings(self, vendor):
        return {
            "receive": "imap",
            "receive_host": "127.0.0.1",
            "receive_port": vendor.port,
            "receive_security": "none",
            "receive_username": CAMILLE,
            "receive_password": PASSWORDS[CAMILLE],
        }

    async def test_what_was_sent_with_another_id_is_known_by_the_draft_that_it_names(self, driver, vendor, sender):
        """As Thunderbird sends what it opened as a draft."""
        mail = outgoing_mail(sender)
        await drafted(driver, mail)
        await vendor.delete_draft(mail.message_id)
        await vendor.put_sent(
            f"Message-ID: <another@example.com>\r\nReferences: {draft_id(mail.message_id)}\r\n\r\nHello\r\n".encode()
        )
        assert await driver.whereabouts({mail.id: mail.message_id}) == {mail.id: Whereabouts.SENT}
        await drafted(driver, mail)
        assert await vendor.arrived() == []

    async def test_a_draft_of_an_answer_names_first_its_draft_and_then_what_it_answers(self, driver, vendor, sender):
        mail = outgoing_mail(sender, headers={"In-Reply-To": "<2@c>", "References": "<1@c> <2@c>"})
        await drafted(driver, mail)
        (arrival,) = await vendor.arrived()
        assert arrival.message["References"].split() == [draft_id(mail.message_id), "<1@c>", "<2@c>"]
        assert arrival.message["In-Reply-To"] == "<2@c>"


class TestMailDraftsInTheMailbox(TestOutlookDraftsInTheMailbox):
    @pytest.fixture
    def descriptor(self):
        return APPLE_MAIL
