"""A calendar provider in memory: for tests of the platform, and the shortest example of a provider of calendars.

An account names its `service`; tests take hold of the same one by `memory_calendar_service(name)`, do there what other
people would do, and turn its switches.
"""

from .descriptor import MEMORY_CALENDAR, MemoryCalendarSettings
from .driver import MemoryCalendar
from .service import MemoryCalendarService, memory_calendar_service

__all__ = [
    "MEMORY_CALENDAR",
    "MemoryCalendar",
    "MemoryCalendarService",
    "MemoryCalendarSettings",
    "memory_calendar_service",
]
