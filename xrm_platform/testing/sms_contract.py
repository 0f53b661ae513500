"""What a driver of SMS owes the platform.

class TestAcme(SmsContract):
    @pytest.fixture
    def descriptor(self): return ACME

    @pytest.fixture
    async def vendor(self): ...        # an `SmsVendor`, fresh for each test

    @pytest.fixture
    def settings(self, vendor): return {...}
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from xrm_platform.providers import (
    AuthError,
    Capability,
    Category,
    DeliveryStatus,
    DriverContext,
    Handover,
    InvalidRecipient,
    OutcomeUnknown,
    OutgoingSms,
    ProviderDescriptor,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    SmsEncoding,
    TransientError,
)

from .sms_exchange_contract import SmsExchangeContract
from .sms_vendor import GOOD_NUMBERS, SHORT_NUMBERS, SmsVendor, batch_of, error_of, errors_of, keys, references_of, sms


class SmsContract(SmsExchangeContract):
    """Fixtures an author gives: `descriptor`, `vendor` (an `SmsVendor`) and `settings`."""

    async def exercise(self, driver: Any) -> Any:
        results = await driver.send([sms("exercise")])
        return results, [
            await getattr(driver, method)(*arguments)
            for method, arguments in (("reports", (references_of(results),)), ("balance", ()))
            if hasattr(driver, method)
        ]

    # Sending

    async def test_every_message_of_a_full_batch_gets_its_result_in_order(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        batch = batch_of(min(descriptor.limits.batch, 200))
        results = await driver.send(batch)
        assert [result.id for result in results] == [message.id for message in batch]
        assert [result.recipients[0].recipient for result in results] == [message.to for message in batch]
        assert {one.outcome for result in results for one in result.recipients} == {Handover.ACCEPTED}
        assert len(set(references_of(results))) == len(batch)
        assert [(one.to, one.text) for one in await vendor.received()] == [
            (message.to, message.text) for message in batch
        ]

    async def test_an_empty_batch_has_no_results(self, driver: Any, vendor: SmsVendor) -> None:
        assert list(await driver.send([])) == []
        assert list(await vendor.received()) == []

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            ("Prix : 10 €, voir [site] {ou} ~ ^ \\ |", SmsEncoding.GSM7),
            ("é è à ù ì ò Ç Ø ø Å å Δ Φ Γ Λ Ω Π Ψ Σ Θ Ξ Æ æ ß É", SmsEncoding.GSM7),
            ("deux\nlignes", SmsEncoding.GSM7),
            ("& < > \" ' ]]>", SmsEncoding.GSM7),
            ("a" * 459, SmsEncoding.GSM7),
            ("Reçu à l’hôtel : « être » … œuf", SmsEncoding.UCS2),
            ("À demain 😀👩‍👧", SmsEncoding.UCS2),
            ("ы" * 134, SmsEncoding.UCS2),
        ],
    )
    async def test_a_text_arrives_as_it_was_written(
        self, driver: Any, vendor: SmsVendor, text: str, encoding: SmsEncoding
    ) -> None:
        references_of(await driver.send([sms("m1", text=text, encoding=encoding)]))
        assert [(one.text, one.encoding) for one in await vendor.received()] == [(text, encoding)]

    async def test_encodings_may_be_mixed_in_a_batch(self, driver: Any, vendor: SmsVendor) -> None:
        batch = [
            sms("m1", GOOD_NUMBERS[0], "plain"),
            sms("m2", GOOD_NUMBERS[1], "l’été", SmsEncoding.UCS2),
            sms("m3", GOOD_NUMBERS[2], "5 €"),
        ]
        results = await driver.send(batch)
        assert [result.id for result in results] == ["m1", "m2", "m3"]
        references_of(results)
        arrived = {one.to: (one.text, one.encoding) for one in await vendor.received()}
        assert arrived == {message.to: (message.text, message.encoding) for message in batch}

    async def test_a_marketing_text_gets_the_mention_that_the_vendor_is_known_to_add_and_no_other(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        marketing = sms("m1", category=Category.MARKETING)
        transactional = sms("m2", GOOD_NUMBERS[1], category=Category.TRANSACTIONAL)
        references_of(await driver.send([marketing, transactional]))
        arrived = {one.to: one.text for one in await vendor.received()}
        assert arrived == {
            marketing.to: marketing.text + descriptor.stop_mention,
            transactional.to: transactional.text,
        }

    async def test_only_marketing_is_held_for_the_hours_of_the_law(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.KEEPS_LEGAL_HOURS)
        await vendor.fall_night()
        marketing = sms("m1", category=Category.MARKETING)
        transactional = sms("m2", GOOD_NUMBERS[1], category=Category.TRANSACTIONAL)
        references_of(await driver.send([marketing, transactional]))
        held = {one.to: one.held for one in await vendor.received()}
        assert held == {marketing.to: True, transactional.to: False}

    @pytest.mark.parametrize("number", SHORT_NUMBERS)
    async def test_a_short_international_number_is_not_taken_for_a_national_one(
        self, driver: Any, vendor: SmsVendor, number: str
    ) -> None:
        references_of(await driver.send([sms("m1", number)]))
        assert [one.to for one in await vendor.received()] == [number]

    async def test_batches_sent_at_once_keep_their_results_apart(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        size = min(descriptor.limits.batch, 10)
        messages = batch_of(size * 5)
        batches = [messages[start : start + size] for start in range(0, len(messages), size)]
        answers = await asyncio.gather(*(driver.send(batch) for batch in batches))
        for batch, results in zip(batches, answers, strict=True):
            assert [result.id for result in results] == [message.id for message in batch]
        assert len({reference for results in answers for reference in references_of(results)}) == len(messages)
        assert Counter(one.to for one in await vendor.received()) == Counter(message.to for message in messages)

    # What goes wrong

    async def test_a_refused_number_does_not_stop_the_others(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        batch = batch_of(min(descriptor.limits.batch, 7))
        bad = len(batch) // 2
        batch[bad] = sms("bad", vendor.bad_number)
        results = await driver.send(batch)
        assert [result.id for result in results] == [message.id for message in batch]
        assert isinstance(error_of(results[bad]), InvalidRecipient)
        references_of([result for index, result in enumerate(results) if index != bad])
        expected = [message.to for index, message in enumerate(batch) if index != bad]
        assert [one.to for one in await vendor.received()] == expected

    @pytest.mark.parametrize("number", ["0612345678", "+", "", "+33 6 12 34 56 78", "+33612345678,+33612345679", "x"])
    async def test_what_is_no_number_is_an_invalid_recipient(self, driver: Any, vendor: SmsVendor, number: str) -> None:
        (error,) = await errors_of(driver, [sms("m1", number)])
        assert isinstance(error, InvalidRecipient)
        assert list(await vendor.received()) == []

    async def test_wrong_credentials_are_an_auth_error(self, driver: Any, vendor: SmsVendor) -> None:
        await vendor.refuse_credentials()
        assert {type(error) for error in await errors_of(driver, batch_of(1))} == {AuthError}
        assert list(await vendor.received()) == []

    async def test_a_vendor_that_cannot_be_reached_may_be_tried_again(self, driver: Any, vendor: SmsVendor) -> None:
        await vendor.go_down()
        (error,) = await errors_of(driver, batch_of(1))
        assert isinstance(error, TransientError)

    async def test_an_answer_lost_after_acceptance_leaves_the_outcome_unknown(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        batch = batch_of(min(descriptor.limits.batch, 3))
        await vendor.lose_next_answer()
        errors = await errors_of(driver, batch)
        assert isinstance(errors[0], OutcomeUnknown)
        await self._arrived_once_at_most(vendor, batch, errors)

    async def test_an_answer_that_cannot_be_read_leaves_the_outcome_unknown(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        batch = batch_of(min(descriptor.limits.batch, 3))
        await vendor.garble_next_answer()
        errors = await errors_of(driver, batch)
        assert isinstance(errors[0], OutcomeUnknown)
        await self._arrived_once_at_most(vendor, batch, errors)

    async def _arrived_once_at_most(
        self, vendor: SmsVendor, batch: Sequence[OutgoingSms], errors: Sequence[ProviderError | None]
    ) -> None:
        """The first of `batch` arrived once; of the others only a message without a definite error did."""
        arrived = Counter(one.to for one in await vendor.received())
        assert arrived[batch[0].to] == 1
        for message, error in zip(batch, errors, strict=True):
            assert arrived[message.to] <= 1
            if error is not None and not isinstance(error, OutcomeUnknown):
                assert message.to not in arrived

    async def test_an_account_without_credit_is_told_so(self, driver: Any, vendor: SmsVendor) -> None:
        await vendor.run_out_of_credit()
        (error,) = await errors_of(driver, batch_of(1))
        assert isinstance(error, QuotaExhausted)
        assert list(await vendor.received()) == []

    async def test_a_throttled_driver_says_how_long_to_wait(self, driver: Any, vendor: SmsVendor) -> None:
        await vendor.throttle_next(timedelta(seconds=7))
        (error,) = await errors_of(driver, batch_of(1))
        assert isinstance(error, RateLimited)
        assert error.retry_after == timedelta(seconds=7)
        assert list(await vendor.received()) == []
        references_of(await driver.send(batch_of(1)))

    # Capabilities

    async def test_the_same_message_offered_again_arrives_once(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.IDEMPOTENT_SEND)
        first = references_of(await driver.send([sms("m1")]))
        again = references_of(await driver.send([sms("m1")]))
        assert first == again
        assert len(await vendor.received()) == 1

    @pytest.mark.parametrize(
        "status",
        [DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED, DeliveryStatus.UNKNOWN],
    )
    async def test_a_report_tells_how_a_message_ended(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, status: DeliveryStatus
    ) -> None:
        self.needs(descriptor, Capability.DELIVERY_REPORTS)
        references = references_of(await driver.send(batch_of(1)))
        await vendor.end(references[0], status)
        (event,) = await driver.reports(references)
        assert (event.reference, event.status) == (references[0], status)
        assert event.at.tzinfo is not None
        assert (event.error is not None) == (status is DeliveryStatus.FAILED)

    async def test_a_repeated_report_keeps_its_key_and_a_new_one_has_another(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.DELIVERY_REPORTS)
        references = [await self._sent(driver, message) for message in batch_of(2)]
        before = keys(await driver.reports(references))
        assert keys(await driver.reports(references)) == before
        await vendor.end(references[0], DeliveryStatus.DELIVERED)
        (event,) = await driver.reports(references[:1])
        assert event.key not in before
        assert keys(await driver.reports(references[:1])) == {event.key}

    async def test_each_report_is_of_a_message_that_was_asked_for(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor
    ) -> None:
        self.needs(descriptor, Capability.DELIVERY_REPORTS)
        references = [await self._sent(driver, message) for message in batch_of(30)]
        for reference in references:
            await vendor.end(reference, DeliveryStatus.DELIVERED)
        wanted = references[::2]
        events = await driver.reports([*wanted, "never-heard-of"])
        assert Counter(event.reference for event in events) == Counter(wanted)
        assert list(await driver.reports([])) == []

    async def test_what_came_in_is_told_whole_and_with_the_same_key_each_time(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: SmsVendor, context: DriverContext
    ) -> None:
        self.needs(descriptor, Capability.INBOUND)
        since = context.now() - timedelta(minutes=1)
        texts = ["STOP", "Merci, j’ai bien reçu votre message à l’hôtel. " * 6]
        for text in texts:
            await vendor.receive(GOOD_NUMBERS[0], text)
        came = await driver.inbox(since)
        assert Counter(message.text for message in came) == Counter(texts)
        assert {message.sender for message in came} == {GOOD_NUMBERS[0]}
        assert len({message.key for message in came}) == len(texts)
        assert {message.key for message in await driver.inbox(since)} == {message.key for message in came}
        assert list(await driver.inbox(context.now() + timedelta(minutes=1))) == []

    async def test_sending_lowers_the_balance(self, descriptor: ProviderDescriptor, driver: Any) -> None:
        self.needs(descriptor, Capability.BALANCE)
        before = await driver.balance()
        await self._sent(driver, sms("m1"))
        assert await driver.balance() < before

    async def _sent(self, driver: Any, message: OutgoingSms) -> str:
        (reference,) = references_of(await driver.send([message]))
        return reference
