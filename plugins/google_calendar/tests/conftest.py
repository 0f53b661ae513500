from collections.abc import AsyncIterator

import pytest
from xrm_google_calendar.driver import GoogleCalendar
from xrm_google_calendar.settings import GoogleCalendarSettings

from xrm_platform.testing.driver_context import driver_context
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
    return GoogleCalendar(GoogleCalendarSettings().load(vendor.settings()), context)
