"""What a calendar provider owes whoever reads: listings that can be trusted, and errors that are not taken for them."""

from __future__ import annotations

from typing import Any

from xrm_platform.providers import (
    AuthError,
    BadResponse,
    Capability,
    NotFound,
    ProviderDescriptor,
    ProviderError,
    RemoteEvent,
    TransientError,
    Unreadable,
)

from .calendar_basis import CalendarBasis
from .calendar_shapes import assert_same_event
from .calendar_vendor import CalendarVendor, an_event, changed, error_of, events, pages_of, removed, retitled
from .translations import assert_explained

UID, OTHER = "one@example.com", "two@example.com"


class CalendarReading(CalendarBasis):
    """The part of the contract about reading."""

    # Listing

    async def test_an_empty_calendar_is_a_complete_listing_of_nothing(self, driver: Any, calendar: str) -> None:
        told, _, complete = await changed(driver, calendar)
        assert (told, complete) == ([], True)

    async def test_the_first_listing_names_everything_and_is_complete(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        titles = {f"uid-{number}@example.com": f"Title {number}" for number in range(7)}
        for uid, title in titles.items():
            await vendor.put(uid, title)
        told, _, complete = await changed(driver, calendar)
        assert complete
        listed = events(told)
        assert listed.keys() == titles.keys()
        for uid, event in listed.items():
            assert event.etag
            assert_same_event(event.ical, an_event(uid, titles[uid]))

    async def test_nothing_new_is_a_listing_of_nothing_that_is_not_complete(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        await vendor.put(UID, "Meeting")
        _, cursor, _ = await changed(driver, calendar)
        told, again, complete = await changed(driver, calendar, cursor)
        assert (told, complete) == ([], False)
        assert (await changed(driver, calendar, again))[0] == []

    async def test_a_cursor_brings_only_what_changed_since(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        for uid in ("same@example.com", "changed@example.com", "deleted@example.com"):
            await vendor.put(uid, "Before")
        first, cursor, _ = await changed(driver, calendar)
        refs = {uid: event.ref for uid, event in events(first).items()}
        await vendor.put("changed@example.com", "After")
        await vendor.put("new@example.com", "New")
        await vendor.delete("deleted@example.com")
        told, latest, complete = await changed(driver, calendar, cursor)
        assert not complete
        found = {change.uid: change for change in told if isinstance(change, RemoteEvent)}
        assert found.keys() == {"changed@example.com", "new@example.com"}
        assert removed(told) == {refs["deleted@example.com"]}
        assert len(told) == 3
        assert found["changed@example.com"].ref == refs["changed@example.com"]
        assert_same_event(found["changed@example.com"].ical, an_event("changed@example.com", "After"))
        assert (await changed(driver, calendar, latest))[0] == []

    async def test_an_event_that_came_and_went_is_no_trouble(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        await vendor.put("stays@example.com", "Stays")
        _, cursor, _ = await changed(driver, calendar)
        await vendor.put(UID, "Short")
        await vendor.delete(UID)
        told, _, complete = await changed(driver, calendar, cursor)
        assert not complete
        assert len(told) == len(removed(told))

    async def test_a_cursor_that_is_no_longer_known_brings_everything_anew(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        await vendor.put(UID, "One")
        await vendor.put(OTHER, "Two")
        _, cursor, _ = await changed(driver, calendar)
        await vendor.put("three@example.com", "Three")
        await vendor.delete(OTHER)
        await vendor.forget_cursors()
        told, fresh, complete = await changed(driver, calendar, cursor)
        assert complete
        assert events(told).keys() == {UID, "three@example.com"}
        told, _, complete = await changed(driver, calendar, fresh)
        assert (told, complete) == ([], False)

    async def test_a_text_that_is_no_cursor_brings_everything_anew(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "One")
        told, _, complete = await changed(driver, calendar, "no cursor of ours")
        assert complete
        assert events(told).keys() == {UID}

    async def test_a_listing_that_breaks_off_is_an_error_and_no_listing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        for number in range(5):
            await vendor.put(f"uid-{number}@example.com", "Title")
        await vendor.cut_next_listing()
        error = await error_of(descriptor, pages_of(driver, calendar))
        assert isinstance(error, TransientError | BadResponse)
        assert len((await changed(driver, calendar))[0]) == 5

    async def test_changes_that_break_off_are_an_error_and_lose_nothing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        self.only_with(descriptor, Capability.INCREMENTAL)
        _, cursor, _ = await changed(driver, calendar)
        await vendor.put(UID, "Title")
        await vendor.cut_next_listing()
        assert isinstance(await error_of(descriptor, pages_of(driver, calendar, cursor)), TransientError | BadResponse)
        assert events((await changed(driver, calendar, cursor))[0]).keys() == {UID}

    async def test_a_page_for_people_is_no_listing(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "Title")
        (event,) = events((await changed(driver, calendar))[0]).values()
        _, cursor, _ = await changed(driver, calendar)
        await vendor.answer_garbage()
        for asked in (pages_of(driver, calendar), pages_of(driver, calendar, cursor), driver.calendars()):
            assert isinstance(await error_of(descriptor, asked), BadResponse)
        assert isinstance(await error_of(descriptor, driver.fetch(calendar, [event.ref])), BadResponse)
        await vendor.come_back()
        assert (await changed(driver, calendar, cursor))[0] == []

    async def test_an_item_that_nobody_understands_is_told_and_never_taken_for_removed(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "Good")
        await vendor.put(OTHER, "Poison")
        first, cursor, _ = await changed(driver, calendar)
        ref = events(first)[OTHER].ref
        await vendor.spoil(OTHER)
        told, latest, _ = await changed(driver, calendar)
        (unreadable,) = [change for change in told if isinstance(change, Unreadable)]
        assert (unreadable.ref, removed(told)) == (ref, set())
        assert_explained(descriptor, unreadable.reason, {})
        assert [change.uid for change in told if isinstance(change, RemoteEvent)] == [UID]
        for since in (cursor, latest):
            assert removed((await changed(driver, calendar, since))[0]) == set()

    async def test_a_deleted_calendar_is_not_found_and_not_empty(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "Title")
        told, cursor, _ = await changed(driver, calendar)
        (event,) = events(told).values()
        await vendor.delete_calendar()
        for asked in (
            pages_of(driver, calendar),
            pages_of(driver, calendar, cursor),
            driver.create(calendar, "key-1", an_event()),
            driver.update(calendar, event, retitled(event.ical, "Title", "Other")),
        ):
            assert isinstance(await error_of(descriptor, asked), NotFound)

    async def test_a_vendor_that_is_down_is_told_from_refused_credentials(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "Title")
        told, cursor, _ = await changed(driver, calendar)
        (event,) = events(told).values()

        async def errors() -> list[ProviderError]:
            return [
                await error_of(descriptor, asked)
                for asked in (
                    driver.calendars(),
                    pages_of(driver, calendar),
                    pages_of(driver, calendar, cursor),
                    driver.fetch(calendar, [event.ref]),
                    driver.create(calendar, "key-1", an_event()),
                    driver.update(calendar, event, retitled(event.ical, "Title", "Other")),
                    driver.delete(calendar, event),
                )
            ]

        await vendor.refuse_credentials()
        assert {type(error) for error in await errors()} == {AuthError}
        await vendor.go_down()
        assert all(isinstance(error, TransientError) for error in await errors())
        assert await vendor.titles() == {UID: "Title"}

    # Fetching

    async def test_what_is_fetched_is_what_is_there(self, driver: Any, vendor: CalendarVendor, calendar: str) -> None:
        await vendor.put(UID, "One")
        await vendor.put(OTHER, "Two")
        listed = events((await changed(driver, calendar))[0])
        refs = [listed[OTHER].ref, listed[UID].ref]
        await vendor.put(UID, "Changed")
        two, one = await driver.fetch(calendar, refs)
        assert (two.ref, two.etag) == (listed[OTHER].ref, listed[OTHER].etag)
        assert one.etag != listed[UID].etag
        assert_same_event(one.ical, an_event(UID, "Changed"))

    async def test_what_is_gone_is_left_out_of_what_is_fetched(
        self, driver: Any, vendor: CalendarVendor, calendar: str
    ) -> None:
        await vendor.put(UID, "One")
        await vendor.put(OTHER, "Two")
        listed = events((await changed(driver, calendar))[0])
        await vendor.delete(UID)
        (found,) = await driver.fetch(calendar, [listed[UID].ref, listed[OTHER].ref])
        assert (found.ref, found.etag) == (listed[OTHER].ref, listed[OTHER].etag)
        assert list(await driver.fetch(calendar, [])) == []
