"""Servers that run for the whole session, and what every test here wants."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from hypothesis import settings
from servers.dav_answers import one_calendar
from servers.dav_proxy import DavProxy
from servers.dav_vendor import DavVendor
from servers.radicale import Radicale, radicale
from servers.scripted import ScriptedServer
from servers.xandikos import Xandikos, xandikos
from xrm_ical.driver import IcalCalendar
from xrm_ical.settings import IcalSettings

from xrm_platform.testing.driver_context import driver_context

pytest.register_assert_rewrite("xrm_platform.testing")
settings.register_profile("unhurried", deadline=None, max_examples=60)
settings.load_profile("unhurried")

PASSWORD = "s3cret-é+=:"


@pytest.fixture(scope="session")
def radicale_server() -> Iterator[Radicale]:
    with radicale() as server:
        yield server


@pytest.fixture(scope="session")
def xandikos_server() -> Iterator[Xandikos]:
    with xandikos() as server:
        yield server


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as http:
        yield http


@pytest.fixture
async def radicale_vendor(radicale_server: Radicale, http: aiohttp.ClientSession) -> AsyncIterator[DavVendor]:
    """A user of Radicale's, new for each test."""
    user = f"user-{uuid4().hex[:8]}"
    radicale_server.let_in(user, PASSWORD)
    async with DavProxy(radicale_server.url) as proxy:
        vendor = DavVendor(proxy, f"{radicale_server.url}/{user}/", http, (user, PASSWORD))
        vendor.account = {"url": proxy.url, "username": user, "password": PASSWORD}
        await vendor.begin()
        yield vendor


@pytest.fixture
async def xandikos_vendor(xandikos_server: Xandikos, http: aiohttp.ClientSession) -> AsyncIterator[DavVendor]:
    """The one user of Xandikos, without calendars at the end of each test; the proxy asks for the password."""
    async with DavProxy(xandikos_server.url, ("com@example.com", PASSWORD)) as proxy:
        vendor = DavVendor(proxy, f"{xandikos_server.url}/user/calendars/", http, None)
        vendor.account = {"url": proxy.url, "username": "com@example.com", "password": PASSWORD}
        await vendor.begin()
        yield vendor
        await vendor.clear()


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    """A server with one calendar, that says nothing else until a test tells it to."""
    async with ScriptedServer(one_calendar()) as server:
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[Callable[..., IcalCalendar]]:
    """Makes a driver of an account, with settings as a person would type them."""
    async with driver_context() as context:

        def open_account(url: str, **settings: Any) -> IcalCalendar:
            return IcalCalendar(IcalSettings().load({"url": url, **settings}), context)

        yield open_account


@pytest.fixture
def driver(server: ScriptedServer, opened: Callable[..., IcalCalendar]) -> IcalCalendar:
    return opened(server.url, username="com", password=PASSWORD)
