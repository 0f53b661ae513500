"""Outlook and Mail keep the contract of hand-over: drafts in a mailbox on Dovecot."""

from __future__ import annotations

import pytest
from servers.drafts_mailbox import DraftsMailbox
from servers.mail_servers import CAMILLE, PASSWORDS
from xrm_smtp.handover.descriptors import APPLE_MAIL, OUTLOOK

from xrm_platform.testing.handover_contract import HandoverContract

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


class TestMailDraftsInTheMailbox(TestOutlookDraftsInTheMailbox):
    @pytest.fixture
    def descriptor(self):
        return APPLE_MAIL
