"""What a calendar provider owes whoever writes: nothing doubled, nothing overwritten, nothing forgotten."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from xrm_platform.providers import (
    Capability,
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProviderDescriptor,
    RemoteEvent,
    Unsupported,
)

from .calendar_basis import CalendarBasis
from .calendar_shapes import SHAPES, assert_same_event
from .calendar_vendor import (
    CalendarVendor,
    an_event,
    changed,
    error_of,
    events,
    removed,
    retitled,
    vcalendar,
)

UID, OTHER = "one@example.com", "two@example.com"


class CalendarWriting(CalendarBasis):
    """The part of the contract about writing."""

    # Creating

    @pytest.mark.parametrize("shape", SHAPES)
    async def test_an_event_of_every_shape_comes_back_as_it_was(self, driver: Any, calendar: str, shape: str) -> None:
        if shape in self.unsayable:
            with pytest.raises(Unsupported):
                await driver.create(calendar, "key-1", SHAPES[shape])
            return
        made = await driver.create(calendar, "key-1", SHAPES[shape])
        assert_same_event(made.ical, SHAPES[shape])
        (listed,) = events((await changed(driver, calendar))[0]).values()
        assert (listed.ref, listed.etag, listed.uid) == (made.ref, made.etag, made.uid)
        assert_same_event(listed.ical, made.ical)

    async def test_a_new_event_is_there_for_everybody(self, driver: Any, vendor: CalendarVendor, calendar: str) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Made here"))
        assert await vendor.titles() == {made.uid: "Made here"}

    async def test_the_same_key_again_is_the_same_event(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Once"))
        again = await driver.create(calendar, "key-1", an_event(UID, "Once"))
        assert (again.ref, again.etag, again.uid) == (made.ref, made.etag, made.uid)
        assert await vendor.titles() == {made.uid: "Once"}

    async def test_the_same_key_after_a_change_elsewhere_finds_the_event_and_overwrites_nothing(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Ours"))
        await vendor.put(made.uid, "Theirs")
        again = await driver.create(calendar, "key-1", an_event(UID, "Ours"))
        assert again.ref == made.ref
        assert_same_event(again.ical, retitled(made.ical, "Ours", "Theirs"))
        assert await vendor.titles() == {made.uid: "Theirs"}

    async def test_a_lost_answer_to_a_creation_is_an_unknown_outcome_and_doubles_nothing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.lose_next_answer()
        lost = await error_of(descriptor, driver.create(calendar, "key-1", an_event(UID, "Once")))
        assert isinstance(lost, OutcomeUnknown)
        assert list((await vendor.titles()).values()) == ["Once"]
        made = await driver.create(calendar, "key-1", an_event(UID, "Once"))
        assert await vendor.titles() == {made.uid: "Once"}
        (found,) = await driver.fetch(calendar, [made.ref])
        assert (found.ref, found.etag) == (made.ref, made.etag)

    async def test_different_keys_are_different_events_even_at_once(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await asyncio.gather(
            *(driver.create(calendar, f"key-{n}", an_event(f"n{n}@example.com", f"Title {n}")) for n in range(6))
        )
        assert len({event.ref for event in made}) == 6
        assert await vendor.titles() == {event.uid: f"Title {n}" for n, event in enumerate(made)}
        listed = events((await changed(driver, calendar))[0])
        assert {uid: event.etag for uid, event in listed.items()} == {event.uid: event.etag for event in made}

    async def test_a_text_without_an_event_is_refused(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        for text in ("", "Hello", vcalendar()):
            error = await error_of(descriptor, driver.create(calendar, "key-1", text))
            assert isinstance(error, Unsupported)
        assert await vendor.titles() == {}

    # Updating

    async def test_a_change_is_there_for_everybody_and_returns_the_version_that_is_listed(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        updated = await driver.update(calendar, made, retitled(made.ical, "Before", "After"))
        assert await vendor.titles() == {made.uid: "After"}
        assert (updated.ref, updated.uid) == (made.ref, made.uid)
        assert updated.etag != made.etag
        (found,) = await driver.fetch(calendar, [made.ref])
        assert (found.ref, found.etag) == (updated.ref, updated.etag)
        assert_same_event(updated.ical, retitled(made.ical, "Before", "After"))
        twice = await driver.update(calendar, updated, retitled(updated.ical, "After", "Again"))
        assert await vendor.titles() == {made.uid: "Again"}
        assert twice.etag not in {made.etag, updated.etag}

    async def test_a_change_to_what_changed_elsewhere_is_a_conflict_and_changes_nothing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        await vendor.put(made.uid, "Theirs")
        error = await error_of(descriptor, driver.update(calendar, made, retitled(made.ical, "Before", "Ours")))
        assert isinstance(error, Conflict)
        assert await vendor.titles() == {made.uid: "Theirs"}

    async def test_a_change_to_what_is_gone_is_not_found_and_makes_nothing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        await vendor.delete(made.uid)
        error = await error_of(descriptor, driver.update(calendar, made, retitled(made.ical, "Before", "Ours")))
        assert isinstance(error, NotFound)
        assert await vendor.titles() == {}

    async def test_a_lost_answer_to_a_change_is_an_unknown_outcome(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        await vendor.lose_next_answer()
        lost = await error_of(descriptor, driver.update(calendar, made, retitled(made.ical, "Before", "After")))
        assert isinstance(lost, OutcomeUnknown)
        assert await vendor.titles() == {made.uid: "After"}

    async def test_our_own_change_is_recognised_when_it_is_asked_for_again(self, driver: Any, calendar: str) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        after = retitled(made.ical, "Before", "After")
        first = await driver.update(calendar, made, after)
        again = await driver.update(calendar, made, after)
        assert (again.ref, again.etag) == (first.ref, first.etag)

    async def test_what_only_the_vendor_knows_survives_a_change(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "Before")
        await vendor.decorate(UID)
        (event,) = events((await changed(driver, calendar))[0]).values()
        await driver.update(calendar, event, retitled(event.ical, "Before", "After"))
        assert await vendor.titles() == {UID: "After"}
        assert await vendor.decorated(UID)

    async def test_a_property_that_nobody_knows_survives_a_change(self, driver: Any, calendar: str) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID, "Before", "X-XRM-KIND:call", "PRIORITY:3"))
        updated = await driver.update(calendar, made, retitled(made.ical, "Before", "After"))
        assert "X-XRM-KIND:call" in updated.ical
        assert "X-XRM-KIND:call" in (await driver.fetch(calendar, [made.ref]))[0].ical

    async def test_one_occurrence_of_a_series_is_changed_alone(self, driver: Any, calendar: str) -> None:
        made = await driver.create(calendar, "key-1", SHAPES["series"])
        updated = await driver.update(calendar, made, retitled(made.ical, "Weekly\\, elsewhere", "Here"))
        assert_same_event(updated.ical, retitled(made.ical, "Weekly\\, elsewhere", "Here"))
        (listed,) = events((await changed(driver, calendar))[0]).values()
        assert (listed.ref, listed.etag) == (made.ref, updated.etag)
        assert_same_event(listed.ical, updated.ical)

    # Deleting

    async def test_a_deleted_event_is_gone_for_everybody_and_deleting_again_is_done(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID))
        await driver.delete(calendar, made)
        assert await vendor.titles() == {}
        await driver.delete(calendar, made)
        assert await driver.fetch(calendar, [made.ref]) == []

    async def test_what_changed_elsewhere_is_not_deleted(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID))
        await vendor.put(made.uid, "Theirs")
        error = await error_of(descriptor, driver.delete(calendar, made))
        assert isinstance(error, Conflict)
        assert await vendor.titles() == {made.uid: "Theirs"}

    async def test_a_lost_answer_to_a_deletion_can_be_asked_again(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        made = await driver.create(calendar, "key-1", an_event(UID))
        await vendor.lose_next_answer()
        assert isinstance(await error_of(descriptor, driver.delete(calendar, made)), OutcomeUnknown)
        assert await vendor.titles() == {}
        await driver.delete(calendar, made)

    # Our own writes in the next listing

    async def test_our_own_writes_are_listed_with_the_versions_they_returned(
        self, descriptor: ProviderDescriptor, driver: Any, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        made = await driver.create(calendar, "key-1", an_event(UID, "Before"))
        gone = await driver.create(calendar, "key-2", an_event(OTHER))
        _, cursor, _ = await changed(driver, calendar)
        updated = await driver.update(calendar, made, retitled(made.ical, "Before", "After"))
        new = await driver.create(calendar, "key-3", an_event("three@example.com"))
        await driver.delete(calendar, gone)
        told, _, _ = await changed(driver, calendar, cursor)
        versions = {change.ref: change.etag for change in told if isinstance(change, RemoteEvent)}
        assert versions == {updated.ref: updated.etag, new.ref: new.etag}
        assert removed(told) == {gone.ref}
