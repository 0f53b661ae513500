"""Alembic, called from the platform itself: `xrm migrate`, and the question whether it is needed.

The question is asked at every start, so it does without alembic, which takes as long to load as the rest of the store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

if TYPE_CHECKING:
    from alembic.config import Config

NEWEST = "0005"
"""The revision that the tables of this version of the platform are of."""


def alembic_config() -> Config:
    from alembic.config import Config  # noqa: PLC0415  see above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(engine: AsyncEngine, revision: str = "head") -> None:
    """Bring the database to `revision` in one transaction."""
    from alembic import command  # noqa: PLC0415  see above

    def upgrade(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with engine.begin() as connection:
        await connection.run_sync(upgrade)


async def pending_migrations(engine: AsyncEngine) -> bool:
    """Whether the database is not at the newest revision that this version of the platform knows."""
    async with engine.connect() as connection:
        if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
            return True
        revision: str | None = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision != NEWEST
