import pytest
from xrm_google_calendar.plugin import GOOGLE_CALENDAR

from xrm_platform.testing.calendar_contract import CalendarContract
from xrm_platform.testing.google_vendor import GoogleVendor


class TestGoogle(CalendarContract):
    @pytest.fixture
    def descriptor(self):
        return GOOGLE_CALENDAR

    @pytest.fixture
    def vendor(self, google):
        return GoogleVendor(google)

    @pytest.fixture
    def settings(self, vendor):
        return vendor.settings()
