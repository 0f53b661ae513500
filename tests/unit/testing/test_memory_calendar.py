"""The calendars in memory keep the contract that real ones are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from xrm_platform.providers import DriverContext, ProviderDescriptor
from xrm_platform.testing.calendar_contract import CalendarContract
from xrm_platform.testing.memory_calendar import (
    MEMORY_CALENDAR,
    MemoryCalendar,
    MemoryCalendarService,
    memory_calendar_service,
)


class TestMemoryCalendarKeepsTheContract(CalendarContract):
    registered = False

    @pytest.fixture
    def descriptor(self) -> ProviderDescriptor:
        return MEMORY_CALENDAR

    @pytest.fixture
    def driver_class(self) -> Callable[[Any, DriverContext], MemoryCalendar]:
        return MemoryCalendar

    @pytest.fixture
    def name(self) -> str:
        return f"contract-{uuid4()}"

    @pytest.fixture
    def vendor(self, name: str) -> MemoryCalendarService:
        return memory_calendar_service(name)

    @pytest.fixture
    def settings(self, name: str) -> dict[str, Any]:
        return {"service": name, "password": "a-password"}
