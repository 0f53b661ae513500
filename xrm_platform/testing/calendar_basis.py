"""What every test of a calendar provider begins with."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from xrm_platform.providers import Capability, ProviderDescriptor

from .calendar_vendor import CalendarVendor, calendar_named
from .driver_contract import DriverContract


class CalendarBasis(DriverContract):
    """Beside the three fixtures, a test class may say what its vendor cannot hold."""

    unsayable: ClassVar[frozenset[str]] = frozenset()
    """Names of `SHAPES` that the driver refuses with `Unsupported`, because this vendor has no words for them."""

    @pytest.fixture
    async def calendar(self, driver: Any, vendor: CalendarVendor) -> str:
        """The id of the calendar that is there when a test begins."""
        return (await calendar_named(driver, vendor.calendar_name)).id

    async def exercise(self, driver: Any) -> Any:
        found = await driver.calendars()
        pages = [page async for page in driver.changes(found[0].id, None)]
        return [await driver.check(), found, pages]

    def only_with(self, descriptor: ProviderDescriptor, capability: Capability) -> None:
        """What is not declared is not asked for."""
        if capability not in descriptor.capabilities:
            pytest.skip(f"{capability} is not declared")
