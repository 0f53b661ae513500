"""`xrm migrate`: bring the database to the tables of this version."""

from __future__ import annotations

import asyncio

from xrm_platform.config import Config

from .home import make_home
from .output import tell


def migrate() -> None:
    asyncio.run(_migrate(Config.from_environment()))


async def _migrate(config: Config) -> None:
    from xrm_platform.store import Store, pending_migrations  # noqa: PLC0415  `--help` needs no database
    from xrm_platform.store import migrate as migrate_store  # noqa: PLC0415

    from .logs import keep_quiet  # noqa: PLC0415

    keep_quiet(config)
    await asyncio.to_thread(make_home, config.home)
    store = Store(config.database_url)
    try:
        if await pending_migrations(store.engine):
            await migrate_store(store.engine)
            tell("migrated")
        else:
            tell("migrated_before")
    finally:
        await store.aclose()
