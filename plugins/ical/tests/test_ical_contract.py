"""A CalDAV account keeps the contract of every calendar provider, on two servers that do most things differently."""

from __future__ import annotations

from typing import Any

import pytest
from servers.dav_vendor import DavVendor
from xrm_ical.plugin import ICAL

from xrm_platform.providers import ProviderDescriptor
from xrm_platform.testing.calendar_contract import CalendarContract


class OnAServer(CalendarContract):
    @pytest.fixture
    def descriptor(self) -> ProviderDescriptor:
        return ICAL

    @pytest.fixture
    def settings(self, vendor: DavVendor) -> dict[str, Any]:
        return vendor.account


class TestOnRadicale(OnAServer):
    @pytest.fixture
    def vendor(self, radicale_vendor: DavVendor) -> DavVendor:
        return radicale_vendor


class TestOnXandikos(OnAServer):
    @pytest.fixture
    def vendor(self, xandikos_vendor: DavVendor) -> DavVendor:
        return xandikos_vendor
