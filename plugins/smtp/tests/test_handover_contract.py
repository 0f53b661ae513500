"""Outlook and Mail keep the contract of hand-over where there is no mailbox: the person gets files."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from xrm_smtp.handover.descriptors import APPLE_MAIL, OUTLOOK
from xrm_smtp.handover.driver import AppleMail, OutlookMail

from xrm_platform.providers import Rung
from xrm_platform.testing.handover_contract import HandoverContract
from xrm_platform.testing.mail_contract import Arrival


class Desk:
    """Where a person finds the files. There is no server that could fail."""

    def __init__(self):
        self.files = []

    def keep(self, results):
        self.files += [result.draft.content for result in results if result.draft is not None]
        return results

    async def arrived(self):
        return [Arrival("", (), message_from_bytes(octets, policy=policy.default)) for octets in self.files]

    async def refuse_credentials(self):
        """There are none."""

    async def go_down(self):
        """There is nothing to go down."""


class TestOutlookGetsFiles(HandoverContract):
    rung = Rung.FILE
    driver_of = OutlookMail

    @pytest.fixture
    def descriptor(self):
        return OUTLOOK

    @pytest.fixture
    def vendor(self):
        return Desk()

    @pytest.fixture
    def settings(self, vendor):
        return {"without_mailbox": "file"}

    @pytest.fixture
    def driver_class(self, vendor):
        class Kept(self.driver_of):
            async def send(self, batch):
                return vendor.keep(await super().send(batch))

        return Kept

    async def test_a_file_opens_as_a_message_to_be_written(self, driver, vendor, sender):
        await self.exercise(driver)
        for arrival in await vendor.arrived():
            assert arrival.message["X-Unsent"] == "1"
            assert arrival.message["X-XRM-Ref"].startswith("mail-")


class TestMailGetsFiles(TestOutlookGetsFiles):
    driver_of = AppleMail

    @pytest.fixture
    def descriptor(self):
        return APPLE_MAIL
