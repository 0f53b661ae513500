"""An agenda that is linked to calendars in memory."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from sync_world import World, plugin

from xrm_platform.app import Platform
from xrm_platform.config import Config


@pytest.fixture
async def xrm(database_url, tmp_path, clock):
    config = Config(
        home=tmp_path,
        database_url=database_url,
        secret_keys=(Fernet.generate_key().decode(),),
        disabled_plugins=frozenset({"smtp", "esendex", "ical", "google_calendar"}),
    )
    async with Platform.open(config, plugins=[plugin()], now=clock) as platform:
        yield platform


@pytest.fixture
async def world(xrm, clock):
    """COM, whose manager is DIR, with an agenda and no link yet."""
    return await World.found(xrm, clock)
