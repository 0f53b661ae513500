"""Transactions on both databases, SQLite's settings, and faults of the database said as problems."""

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from xrm_platform.people.tables import Base, CollaboratorType
from xrm_platform.problems import Unavailable
from xrm_platform.store import Store, new_id


@pytest.fixture
async def sqlite_store(tmp_path):
    opened = Store(f"sqlite+aiosqlite:///{tmp_path / 'xrm.db'}")
    async with opened.write() as session:
        await session.execute(text("CREATE TABLE number (value INTEGER)"))
    yield opened
    await opened.aclose()


@pytest.fixture
async def open_store():
    """Opens stores on databases that cannot be used, and waits for the threads that such a connection leaves behind."""
    opened = []

    def open_one(url):
        opened.append(Store(url))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.aclose()
    for thread in threading.enumerate():
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join, 10)


async def add_type(session, base_id, code="x"):
    await session.execute(insert(CollaboratorType).values(id=new_id(), base_id=base_id, code=code, label="X"))


async def count(store, table):
    async with store.read() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def test_a_block_that_raises_changes_nothing(store, base):
    before = await count(store, CollaboratorType)

    async def interrupted():
        async with store.write() as session:
            await add_type(session, base.id)
            raise InterruptedError

    with pytest.raises(InterruptedError):
        await interrupted()

    assert await count(store, CollaboratorType) == before


async def test_a_block_that_ends_is_committed(store, base):
    before = await count(store, CollaboratorType)

    async with store.write() as session:
        await add_type(session, base.id)

    assert await count(store, CollaboratorType) == before + 1


async def test_a_row_of_no_base_is_refused_by_the_database(store):
    with pytest.raises(IntegrityError):
        async with store.write() as session:
            await add_type(session, new_id())


async def test_many_writers_at_once_all_get_their_turn(store, base):
    before = await count(store, CollaboratorType)

    async def write(number):
        async with store.write() as session:
            await session.scalar(select(func.count()).select_from(Base))
            await add_type(session, base.id, f"t{number}")

    await asyncio.gather(*(write(number) for number in range(20)))

    assert await count(store, CollaboratorType) == before + 20


@pytest.mark.parametrize(("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)])
async def test_the_settings_of_sqlite_are_really_on(sqlite_store, pragma, value):
    async with sqlite_store.read() as session:
        assert await session.scalar(text(f"PRAGMA {pragma}")) == value


async def test_a_write_takes_the_lock_of_sqlite_before_its_first_statement(sqlite_store, tmp_path):
    other = sqlite3.connect(tmp_path / "xrm.db", timeout=0, isolation_level=None)
    try:
        async with sqlite_store.write() as session:
            await session.connection()
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    finally:
        other.close()


async def test_reading_takes_no_lock_and_goes_on_during_a_write(sqlite_store):
    async with sqlite_store.write() as writing:
        await writing.execute(text("INSERT INTO number VALUES (1)"))
        async with sqlite_store.read() as reading:
            assert await reading.scalar(text("SELECT count(*) FROM number")) == 0
    async with sqlite_store.read() as reading:
        assert await reading.scalar(text("SELECT count(*) FROM number")) == 1


async def test_a_read_session_sees_one_state_of_sqlite(sqlite_store):
    async with sqlite_store.read() as reading:
        assert await reading.scalar(text("SELECT count(*) FROM number")) == 0
        async with sqlite_store.write() as writing:
            await writing.execute(text("INSERT INTO number VALUES (1)"))
        assert await reading.scalar(text("SELECT count(*) FROM number")) == 0


async def test_a_database_that_another_program_holds_is_said_to_be_locked(tmp_path, monkeypatch):
    monkeypatch.setattr("xrm_platform.store.store.BUSY_TIMEOUT_SECONDS", 0)
    opened = Store(f"sqlite+aiosqlite:///{tmp_path / 'xrm.db'}")
    other = sqlite3.connect(tmp_path / "xrm.db", isolation_level=None)
    try:
        async with opened.read() as session:
            await session.scalar(text("SELECT 1"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="database_locked"):
            async with opened.write() as session:
                await session.execute(text("CREATE TABLE t (x)"))
    finally:
        other.close()
        await opened.aclose()


async def test_a_database_without_tables_is_said_to_be_not_migrated(empty_database_url, open_store):
    opened = open_store(empty_database_url)
    with pytest.raises(Unavailable, match="database_not_migrated"):
        async with opened.read() as session:
            await session.scalars(select(Base))


async def test_a_file_that_is_no_database_is_said_to_be_unreadable(tmp_path, open_store):
    (tmp_path / "xrm.db").write_bytes(b"this is a letter, not a database. " * 100)
    opened = open_store(f"sqlite+aiosqlite:///{tmp_path / 'xrm.db'}")
    with pytest.raises(Unavailable, match="database_unreadable"):
        async with opened.read() as session:
            await session.scalar(text("SELECT 1"))


async def test_a_folder_that_is_not_there_is_said_to_be_unreadable(tmp_path, open_store):
    opened = open_store(f"sqlite+aiosqlite:///{tmp_path / 'missing' / 'xrm.db'}")
    with pytest.raises(Unavailable, match="database_unreadable"):
        async with opened.read() as session:
            await session.scalar(text("SELECT 1"))


async def test_a_server_that_is_not_there_is_said_to_be_unreachable(tmp_path, open_store):
    opened = open_store(f"postgresql+psycopg://postgres@/xrm?host={tmp_path}")
    with pytest.raises(Unavailable, match="database_unreachable"):
        async with opened.read() as session:
            await session.scalar(text("SELECT 1"))


async def test_a_server_without_this_database_is_said_to_refuse(postgres, open_store):
    opened = open_store(f"postgresql+psycopg://postgres@/no_such_database?host={postgres.socket_folder}")
    with pytest.raises(Unavailable, match="database_refused"):
        async with opened.read() as session:
            await session.scalar(text("SELECT 1"))


async def test_a_connection_that_the_server_ends_is_said_to_be_unreachable(postgres, open_store):
    opened = open_store(f"postgresql+psycopg://postgres@/postgres?host={postgres.socket_folder}")
    with pytest.raises(Unavailable, match="database_unreachable"):
        async with opened.read() as session:
            await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
    async with opened.read() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_a_read_only_database_is_said_to_be_read_only(store, base):
    read_only = "PRAGMA query_only = ON" if store.is_sqlite else "SET TRANSACTION READ ONLY"

    async def change():
        async with store.write() as session:
            await session.execute(text(read_only))
            await add_type(session, base.id)

    with pytest.raises(Unavailable, match="database_read_only"):
        await change()


async def test_a_full_database_is_said_to_be_full(sqlite_store):
    async def fill():
        async with sqlite_store.write() as session:
            pages = await session.scalar(text("PRAGMA page_count"))
            await session.execute(text(f"PRAGMA max_page_count = {pages}"))
            await session.execute(text("INSERT INTO number VALUES (randomblob(100000))"))

    with pytest.raises(Unavailable, match="database_full"):
        await fill()


@pytest.mark.parametrize("statement", ["SELEC 1", "SELECT no_such_function(1)", "SELECT 'a' || :nul"])
async def test_a_fault_of_ours_is_not_taken_for_one_of_the_database(store, statement):
    async def ask():
        async with store.read() as session:
            bound = {"nul": "\x00"} if ":nul" in statement else {}
            await session.execute(text(statement), bound)
            if bound and store.is_sqlite:  # SQLite stores what PostgreSQL refuses
                raise DBAPIError(statement, bound, sqlite3.DataError("nothing known"))

    with pytest.raises(DBAPIError):
        await ask()


async def test_sqlite_counts_how_its_values_are_spread(sqlite_store):
    async with sqlite_store.write() as session:
        await session.execute(text("CREATE INDEX number_value ON number (value)"))
        await session.execute(text("INSERT INTO number VALUES (1), (1), (2)"))
    analysis = asyncio.create_task(sqlite_store.keep_analyzed())
    async with asyncio.timeout(60):
        while not await counts(sqlite_store):
            await asyncio.sleep(0.01)
    analysis.cancel()
    await asyncio.wait([analysis])

    assert await counts(sqlite_store) == ["3 2"]


async def counts(store):
    """Rows, and rows of the same value, of each index."""
    async with store.read() as session:
        if not await session.scalar(text("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_stat1'")):
            return []
        return list(await session.scalars(text("SELECT stat FROM sqlite_stat1")))
