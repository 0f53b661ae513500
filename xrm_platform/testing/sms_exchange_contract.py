"""What a driver of SMS tells of what its vendor knows: calls of the vendor, what it took, who opted out, its accounts.

Authors take it as part of `SmsContract`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    Capability,
    DeliveryEvent,
    DeliveryStatus,
    DriverContext,
    InboundSms,
    OptedOut,
    OutcomeUnknown,
    ProviderDescriptor,
    SmsEncoding,
    TransientError,
    load_sign_in,
)

from .driver_context import open_driver
from .driver_contract import METHOD_OF, DriverContract
from .sms_vendor import GOOD_NUMBERS, SHORT_NUMBERS, Pushed, SmsVendor, batch_of, errors_of, references_of, sms

HOSTILE_BODIES = (
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe\xfd",
    b"Hello",
    b"id=",
    b"id=1&id=2&ptt=%ff%fe",
    b"&" * 10_000,
    b"{}",
    b"[]",
    b"null",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"<a",
    b"<a/>",
    b"<a>" * 50_000 + b"</a>" * 50_000,
    b"<html><body>Hotel Wi-Fi</body></html>",
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>',
    b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    b"x" * 5_000_000,
)


class SmsExchangeContract(DriverContract):
    """Capabilities of SMS beyond sending and reading one's own messages."""

    # Calls of the vendor

    @pytest.mark.parametrize("status", [DeliveryStatus.DELIVERED, DeliveryStatus.FAILED])
    async def test_a_pushed_report_says_what_a_polled_one_says(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, status: DeliveryStatus
    ) -> None:
        self._needs_pushes(descriptor, vendor, DeliveryEvent)
        (reference,) = references_of(await driver.send(batch_of(1)))
        await vendor.end(reference, status)
        event = (await self._pushed(driver, vendor))[-1]
        assert isinstance(event, DeliveryEvent)
        assert (event.reference, event.status) == (reference, status)
        assert event.at.tzinfo is not None
        assert (event.error is not None) == (status is DeliveryStatus.FAILED)
        if Capability.DELIVERY_REPORTS in descriptor.capabilities:
            (polled,) = await driver.reports([reference])
            assert event.key == polled.key

    async def test_a_pushed_message_is_the_one_of_the_inbox(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self._needs_pushes(descriptor, vendor, InboundSms)
        text = "J’arrête : <STOP> & merci 😀"
        since = context.now() - timedelta(minutes=1)
        await vendor.receive(GOOD_NUMBERS[0], text)
        (message,) = await self._pushed(driver, vendor)
        assert isinstance(message, InboundSms)
        assert (message.sender, message.text) == (GOOD_NUMBERS[0], text)
        assert message.at.tzinfo is not None
        if Capability.INBOUND in descriptor.capabilities:
            (polled,) = await driver.inbox(since)
            assert message.key == polled.key

    async def test_a_pushed_opt_out_is_the_one_of_the_list(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self._needs_pushes(descriptor, vendor, OptedOut)
        since = context.now() - timedelta(minutes=1)
        await vendor.opt_out(GOOD_NUMBERS[0])
        (opted_out,) = await self._pushed(driver, vendor)
        assert isinstance(opted_out, OptedOut)
        assert opted_out.number == GOOD_NUMBERS[0]
        assert opted_out.at.tzinfo is not None
        if Capability.OPT_OUTS in descriptor.capabilities:
            (listed,) = await driver.opt_outs(since)
            assert opted_out.key == listed.key

    @pytest.mark.parametrize("body", HOSTILE_BODIES, ids=lambda body: repr(body[:20]))
    async def test_what_no_vendor_would_push_is_a_bad_response(
        self, descriptor: ProviderDescriptor, driver: Any, body: bytes
    ) -> None:
        self.needs(descriptor, Capability.PUSH)
        with pytest.raises(BadResponse):
            driver.parse_push({}, body)

    async def test_a_push_that_was_cut_short_is_a_bad_response(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.PUSH)
        (reference,) = references_of(await driver.send(batch_of(1)))
        await vendor.end(reference, DeliveryStatus.DELIVERED)
        push = (await vendor.pushes())[-1]
        with pytest.raises(BadResponse):
            driver.parse_push(push.headers, push.body[:8])

    async def _pushed(self, driver: Any, vendor: SmsVendor) -> list[DeliveryEvent | InboundSms | OptedOut]:
        """What all calls say, twice the same."""
        told = []
        for push in await vendor.pushes():
            once = list(driver.parse_push(push.headers, push.body))
            again = list(driver.parse_push(push.headers, push.body))
            assert [one.key for one in once] == [one.key for one in again]
            told += once
        return told

    def _needs_pushes(self, descriptor: ProviderDescriptor, vendor: SmsVendor, kind: Pushed) -> None:
        self.needs(descriptor, Capability.PUSH)
        assert vendor.pushes_of
        if kind not in vendor.pushes_of:
            pytest.skip(f"the vendor pushes no {kind.__name__}")

    # What the vendor took

    async def test_messages_whose_answer_was_lost_are_found_at_the_vendor(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self.needs(descriptor, Capability.RECONCILE)
        since = context.now() - timedelta(minutes=1)
        batch = [
            sms("m1", GOOD_NUMBERS[0], "Bonjour & <à demain>"),
            sms("m2", SHORT_NUMBERS[0], "Reçu à l’hôtel 😀", SmsEncoding.UCS2),
            sms("m3", GOOD_NUMBERS[2], "é" * 400),
        ][: descriptor.limits.batch]
        await vendor.lose_next_answer()
        assert isinstance((await errors_of(driver, batch))[0], OutcomeUnknown)
        found = {one.to: one for one in await driver.sent_since(since)}
        assert found.keys() == {one.to for one in await vendor.received()}
        for message in batch:
            one = found.get(message.to)
            if one is not None:
                assert message.text.startswith(one.text)
                assert one.text == message.text or (one.text and not one.whole)
                assert one.at.tzinfo is not None

    async def test_what_was_answered_is_listed_under_its_reference_with_its_status(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self.needs(descriptor, Capability.RECONCILE)
        since = context.now() - timedelta(minutes=1)
        references = references_of(await driver.send(batch_of(min(descriptor.limits.batch, 2))))
        await vendor.end(references[0], DeliveryStatus.DELIVERED)
        listed = {one.reference: one for one in await driver.sent_since(since)}
        assert listed.keys() == set(references)
        assert listed[references[0]].status is DeliveryStatus.DELIVERED

    async def test_a_long_list_of_what_was_sent_is_complete_and_starts_at_its_date(
        self, descriptor: ProviderDescriptor, driver: Any, context: DriverContext
    ) -> None:
        self.needs(descriptor, Capability.RECONCILE)
        since = context.now() - timedelta(minutes=1)
        messages, size = batch_of(130), descriptor.limits.batch
        for start in range(0, len(messages), size):
            references_of(await driver.send(messages[start : start + size]))
        listed = await driver.sent_since(since)
        assert sorted(one.to for one in listed) == [message.to for message in messages]
        assert list(await driver.sent_since(context.now() + timedelta(minutes=1))) == []

    # Who opted out

    async def test_who_opted_out_at_the_vendor_is_told_with_the_same_key_each_time(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self.needs(descriptor, Capability.OPT_OUTS)
        since = context.now() - timedelta(minutes=1)
        for number in GOOD_NUMBERS:
            await vendor.opt_out(number)
        told = await driver.opt_outs(since)
        assert sorted(one.number for one in told) == sorted(GOOD_NUMBERS)
        assert len({one.key for one in told}) == len(GOOD_NUMBERS)
        assert all(one.at.tzinfo is not None for one in told)
        assert {one.key for one in await driver.opt_outs(since)} == {one.key for one in told}
        assert list(await driver.opt_outs(context.now() + timedelta(minutes=1))) == []

    @pytest.mark.parametrize("number", [GOOD_NUMBERS[0], SHORT_NUMBERS[0]])
    async def test_an_opt_out_is_told_to_the_vendor_and_may_be_told_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, number: str
    ) -> None:
        self.needs(descriptor, Capability.ADD_OPT_OUT)
        await driver.add_opt_out(number)
        await driver.add_opt_out(number)
        assert list(await vendor.opted_out()) == [number]

    # Accounts of a sign-in

    async def test_every_account_of_the_sign_in_is_told(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.ACCOUNTS)
        before = {one.reference for one in await driver.accounts()}
        added = await vendor.add_account("Agence de Lyon")
        after = {one.reference: one for one in await driver.accounts()}
        assert added not in before
        assert after.keys() == before | {added}
        assert after[added].label == "Agence de Lyon"

    async def test_the_accounts_are_told_before_one_is_chosen(
        self,
        descriptor: ProviderDescriptor,
        driver_class: Any,
        driver: Any,
        settings: dict[str, Any],
        context: DriverContext,
    ) -> None:
        self.needs(descriptor, Capability.ACCOUNTS)
        sign_in = {name: value for name, value in settings.items() if name != descriptor.account_setting}
        async with open_driver(driver_class, load_sign_in(descriptor.settings, sign_in), context) as unchosen:
            assert list(await unchosen.accounts()) == list(await driver.accounts())

    # Whatever is read

    async def test_reading_with_wrong_credentials_is_an_auth_error(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        await vendor.refuse_credentials()
        for name, arguments in self._reads(descriptor):
            with pytest.raises(AuthError):
                await getattr(driver, name)(*arguments)

    async def test_reading_from_a_vendor_that_is_down_may_be_tried_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        await vendor.go_down()
        for name, arguments in self._reads(descriptor):
            with pytest.raises(TransientError):
                await getattr(driver, name)(*arguments)

    def _reads(self, descriptor: ProviderDescriptor) -> list[tuple[str, tuple[Any, ...]]]:
        """What is declared and asks the vendor: everything but reading a push."""
        return [METHOD_OF[one] for one in descriptor.capabilities & METHOD_OF.keys() - {Capability.PUSH}]

    def needs(self, descriptor: ProviderDescriptor, capability: Capability) -> None:
        if capability not in descriptor.capabilities:
            pytest.skip(f"{capability} is not declared")
