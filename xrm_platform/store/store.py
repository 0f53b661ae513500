"""The database: one engine, transactions for reading and for writing.

SQLite runs with WAL, `synchronous=FULL`, foreign keys and, for writing, `BEGIN IMMEDIATE`: a transaction that will
write takes its lock at the start, so it can wait but never fail half-way. Within a process writers queue on a lock of
ours, which is fair and costs nothing; between processes SQLite's busy timeout does it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from xrm_platform.problems import Unavailable

from .faults import faults_as_problems
from .migrations import pending_migrations

BUSY_TIMEOUT_SECONDS = 15
ANALYZE_SECONDS = 1800.0
ANALYZED_ROWS = 1000
"""Of each index, which bounds how long others wait (https://sqlite.org/lang_analyze.html#approx)."""

_WRITES = "xrm_writes"

log = structlog.get_logger("xrm.store")


class Store:
    """Opens sessions on the database of `url` (`sqlite+aiosqlite://…` or `postgresql+psycopg://…`)."""

    def __init__(self, url: str) -> None:
        self.engine = _open(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writing_engine = self.engine.execution_options(**{_WRITES: True})
        self._writer = asyncio.Lock() if self.is_sqlite else None

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session that sees one state of the database and changes nothing."""
        with faults_as_problems():
            async with AsyncSession(self.engine, expire_on_commit=False, autoflush=False) as session:
                yield session

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A transaction: committed when the block ends, rolled back when it raises. Nobody calls out inside it."""
        with faults_as_problems():
            turn = self._writer or contextlib.nullcontext()
            async with turn, AsyncSession(self._writing_engine, expire_on_commit=False) as session, session.begin():
                yield session

    async def is_migrated(self) -> bool:
        """Whether the tables are those of this version. Raises `Unavailable` when the database cannot be asked."""
        path = self.engine.url.database
        is_file = self.is_sqlite and path and not path.startswith("file:")
        if is_file and path and not await asyncio.to_thread(Path(path).exists):
            if not await asyncio.to_thread(Path(path).parent.is_dir):
                raise Unavailable("database_folder_missing", folder=str(Path(path).parent.absolute()))
            return False  # asking would create the file
        with faults_as_problems():
            return not await pending_migrations(self.engine)

    async def keep_analyzed(self) -> None:
        """Until it is cancelled, let SQLite count now and then how values are spread, by which it chooses indexes:
        uncounted, it takes all rows of a base for ten. PostgreSQL does so by itself."""
        while self.is_sqlite:
            try:
                async with self.write() as session:
                    await session.execute(text(f"PRAGMA analysis_limit={ANALYZED_ROWS}"))
                    await session.execute(text("ANALYZE"))
            except Unavailable as problem:
                log.warning("database not analyzed", code=problem.code)
            await asyncio.sleep(ANALYZE_SECONDS)

    async def aclose(self) -> None:
        await self.engine.dispose()


def _open(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_async_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "isolation_level": None},
        hide_parameters=True,
        pool_recycle=ANALYZE_SECONDS,  # a connection reads what was counted when it is opened
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        try:
            cursor = connection.cursor()
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()
        except BaseException:
            connection.close()  # the pool forgets it, and its thread would never end
            raise

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
