from collections.abc import AsyncIterator

import pytest
from xrm_esendex.driver import EsendexSms
from xrm_esendex.settings import EsendexSettings

from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.esendex_outbox import EsendexAccount
from xrm_platform.testing.esendex_server import EsendexServer
from xrm_platform.testing.esendex_vendor import EsendexVendor


@pytest.fixture
async def server() -> AsyncIterator[EsendexServer]:
    async with EsendexServer(EsendexAccount("EX0123456"), EsendexAccount("EX7654321")) as server:
        yield server


@pytest.fixture
def vendor(server):
    return EsendexVendor(server)


@pytest.fixture
async def driver(vendor):
    async with driver_context() as context:
        yield EsendexSms(EsendexSettings().load(vendor.settings()), context)
