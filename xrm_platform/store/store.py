"""The database: one engine, transactions for reading and for writing, and its faults said as problems.

SQLite runs with WAL, `synchronous=FULL`, foreign keys and, for writing, `BEGIN IMMEDIATE`: a transaction that will
write takes its lock at the start, so it can wait but never fail half-way. Within a process writers queue on a lock of
ours, which is fair and costs nothing; between processes SQLite's busy timeout does it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from xrm_platform.problems import Unavailable

BUSY_TIMEOUT_SECONDS = 15
_WRITES = "xrm_writes"


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

    async def aclose(self) -> None:
        await self.engine.dispose()


def _open(url: str) -> AsyncEngine:
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "isolation_level": None})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Any) -> None:
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextlib.contextmanager
def faults_as_problems() -> Iterator[None]:
    """Turn the database's own faults (locked, read-only, full, not migrated, unreachable) into `Unavailable`."""
    try:
        yield
    except DBAPIError as error:
        code = fault_code(str(error.orig))
        if code is None:
            raise
        raise Unavailable(code) from error


def fault_code(message: str) -> str | None:
    """The code of a fault of the database, by the words of SQLite and PostgreSQL; None for a fault of ours."""
    text = message.lower()
    return next((code for words, code in _FAULTS if any(word in text for word in words)), None)


_FAULTS = (
    (("database is locked", "lock timeout", "deadlock detected"), "database_locked"),
    (("readonly database", "read-only transaction"), "database_read_only"),
    (("database or disk is full", "no space left", "disk full"), "database_full"),
    (("no such table", "no such column", "undefinedtable", "does not exist"), "database_not_migrated"),
    (("unable to open database", "not a database", "malformed"), "database_unreadable"),
    (
        ("connection refused", "could not connect", "connection failed", "server closed", "disk i/o"),
        "database_unreachable",
    ),
)
