from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from xrm_ovh_sms.driver import OvhSms
from xrm_ovh_sms.settings import OvhSettings

from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.ovh_server import OvhServer
from xrm_platform.testing.ovh_vendor import OvhVendor


@pytest.fixture
async def server() -> AsyncIterator[OvhServer]:
    """Its clock goes an hour ahead: who does not ask for the time is refused."""
    async with OvhServer(ahead=timedelta(hours=1)) as server:
        yield server


@pytest.fixture
def vendor(server):
    return OvhVendor(server)


@pytest.fixture
async def driver(vendor):
    async with driver_context() as context:
        yield OvhSms(OvhSettings().load(vendor.settings()), context)
