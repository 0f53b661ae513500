from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from xrm_google_calendar import documents, reading
from xrm_google_calendar import driver as google_driver
from xrm_google_calendar.settings import GoogleCalendarSettings

from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.google_calendars import GoogleCalendar, shown
from xrm_platform.testing.google_server import GoogleServer
from xrm_platform.testing.google_vendor import GoogleVendor


@pytest.fixture
async def google() -> AsyncIterator[GoogleServer]:
    async with GoogleServer() as server:
        yield server


@pytest.fixture
def vendor(google):
    return GoogleVendor(google)


@pytest.fixture
async def context():
    async with driver_context() as context:
        yield context


@pytest.fixture
def driver(vendor, context):
    return google_driver.GoogleCalendar(GoogleCalendarSettings().load(vendor.settings()), context)


NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


class GoogleSide:
    """Takes a text to a calendar at Google's and back without any request: the mapping alone, under Google's rules."""

    def put(self, text, zone="Europe/Paris"):
        """The calendar, and the id of the event of `text` in it."""
        series = documents.series_of(documents.read(text), zone)
        calendar = GoogleCalendar("calendar", "com@example.com", "Agenda", time_zone=zone)
        master = calendar.insert(documents.to_insert(series.master), NOW)
        for override in series.overrides.values():
            for item in calendar.instances(master["id"], override.at.isoformat()):
                patch = documents.to_patch(documents.said_by(item), override.said)
                patch.pop("recurrence", None)
                calendar.change(item["id"], patch, NOW, if_match=None)
        return calendar, master["id"]

    def told(self, calendar, ref):
        """The event as the platform reads it."""
        exceptions = [shown(one) for one in calendar.events.values() if one.get("recurringEventId") == ref]
        return reading.told(shown(calendar.events[ref]), exceptions)

    def there_and_back(self, text, zone="Europe/Paris"):
        return self.told(*self.put(text, zone))


@pytest.fixture(scope="session")
def side():
    return GoogleSide()
