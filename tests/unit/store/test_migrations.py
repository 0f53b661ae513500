"""The migrations, run on both databases, against what the tables say."""

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

import xrm_platform.app  # noqa: F401 - with it come the tables of every room
from xrm_platform.store import Record, Store, migrate, pending_migrations
from xrm_platform.store.migrations import NEWEST, alembic_config


@pytest.fixture
async def empty_store(empty_database_url):
    opened = Store(empty_database_url)
    yield opened
    await opened.aclose()


async def downgrade_to_nothing(engine):
    def downgrade(connection):
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    async with engine.begin() as connection:
        await connection.run_sync(downgrade)


async def tables_of(engine):
    async with engine.connect() as connection:
        return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


async def differences(engine):
    def compare(connection):
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return compare_metadata(context, Record.metadata)

    async with engine.connect() as connection:
        return await connection.run_sync(compare)


def test_the_newest_revision_is_the_one_that_is_asked_for():
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == NEWEST


async def test_an_empty_database_has_migrations_pending_until_it_is_migrated(empty_store):
    assert await pending_migrations(empty_store.engine)

    await migrate(empty_store.engine)

    assert not await pending_migrations(empty_store.engine)


async def test_a_migrated_database_is_what_the_tables_say(empty_store):
    await migrate(empty_store.engine)

    assert await differences(empty_store.engine) == []
    assert await tables_of(empty_store.engine) == {*Record.metadata.tables, "alembic_version"}


async def test_the_comparison_would_find_a_missing_table(empty_store):
    assert len(await differences(empty_store.engine)) >= len(Record.metadata.tables)


async def test_down_to_nothing_and_up_again_gives_the_same(empty_store):
    await migrate(empty_store.engine)

    await downgrade_to_nothing(empty_store.engine)
    assert await tables_of(empty_store.engine) == {"alembic_version"}

    await migrate(empty_store.engine)
    assert await differences(empty_store.engine) == []
    assert not await pending_migrations(empty_store.engine)
