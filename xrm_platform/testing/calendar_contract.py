"""What every calendar provider owes the platform:

class TestAcme(CalendarContract):
    @pytest.fixture
    def descriptor(self): return ACME
    @pytest.fixture
    async def vendor(self): ...    # a `CalendarVendor`, fresh for each test
    @pytest.fixture
    def settings(self, vendor): return {"url": vendor.url, "token": vendor.token}
"""

from __future__ import annotations

from typing import Any

from xrm_platform.providers import Capability, Channel, ProviderDescriptor, RemoteCalendar

from .calendar_reading import CalendarReading
from .calendar_shapes import SHAPES, assert_same_event
from .calendar_vendor import CalendarVendor, an_event, calendar_named, changed, vcalendar, vevent
from .calendar_writing import CalendarWriting

UID = "one@example.com"


class CalendarContract(CalendarReading, CalendarWriting):
    """All of it: calendars here, reading and writing of events in the two parts."""

    def test_it_is_a_provider_of_calendars(self, descriptor: ProviderDescriptor) -> None:
        assert descriptor.channel is Channel.CALENDAR

    async def test_a_good_account_reaches_its_calendar(self, driver: Any) -> None:
        steps = [tick.step for tick in await driver.check()]
        assert [step for step in steps if step in {"reached", "secured", "signed_in", "calendar"}] == steps
        assert steps[-1] == "calendar"

    # Calendars

    async def test_a_calendar_keeps_its_id_when_it_is_renamed_and_recoloured(
        self, driver: Any, vendor: CalendarVendor
    ) -> None:
        before = await calendar_named(driver, vendor.calendar_name)
        await vendor.rename_calendar("Agenda de Zoé ☀", "#1E90FF")
        after = await calendar_named(driver, "Agenda de Zoé ☀")
        assert before.writable
        assert (after.id, after.color) == (before.id, "#1E90FF")

    async def test_a_calendar_is_created_with_its_name_and_colour(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor
    ) -> None:
        self.only_with(descriptor, Capability.CREATE_CALENDARS)
        made = await driver.create_calendar("Rendez-vous & co d’Élodie", "#CC3366")
        assert (made.name, made.color, made.writable) == ("Rendez-vous & co d’Élodie", "#CC3366", True)
        listed = await calendar_named(driver, made.name)
        assert (listed.id, listed.color) == (made.id, made.color)
        told, _, complete = await changed(driver, made.id)
        assert (told, complete) == ([], True)
        await driver.create(made.id, "key-1", an_event(UID))
        assert await vendor.titles() == {}
        assert len((await changed(driver, made.id))[0]) == 1

    async def test_a_calendar_is_given_another_name_and_colour(
        self, descriptor: ProviderDescriptor, driver: Any, vendor: CalendarVendor
    ) -> None:
        self.only_with(descriptor, Capability.CREATE_CALENDARS)
        before = await calendar_named(driver, vendor.calendar_name)
        changed_once = await driver.change_calendar(before.id, "Équipe <Sud>", "#0A0B0C")
        assert (changed_once.id, changed_once.name, changed_once.color) == (before.id, "Équipe <Sud>", "#0A0B0C")
        assert await driver.change_calendar(before.id, "Équipe Nord", None) == await calendar_named(
            driver, "Équipe Nord"
        )
        assert (await calendar_named(driver, "Équipe Nord")).color == "#0A0B0C"

    async def test_a_calendar_without_a_colour_can_be_created(
        self, descriptor: ProviderDescriptor, driver: Any
    ) -> None:
        self.only_with(descriptor, Capability.CREATE_CALENDARS)
        made: RemoteCalendar = await driver.create_calendar("Plain", None)
        assert (await calendar_named(driver, "Plain")).id == made.id


__all__ = ["SHAPES", "CalendarContract", "CalendarVendor", "an_event", "assert_same_event", "vcalendar", "vevent"]
