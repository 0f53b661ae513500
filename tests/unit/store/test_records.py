"""Ids and times, as they come back from both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from xrm_platform.people.tables import Base
from xrm_platform.store import UtcDateTime, new_id

ZONES = st.builds(lambda minutes: timezone(timedelta(minutes=minutes)), st.integers(-23 * 60, 23 * 60))
TIMES = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn


def row(created_at):
    return {
        "id": new_id(),
        "code": new_id(),
        "name": "Acme",
        "country": "FR",
        "language": "fr",
        "time_zone": "Europe/Paris",
        "created_at": created_at,
    }


@given(time=TIMES)
def test_a_time_survives_sqlite_which_keeps_no_zone(time):
    kind = UtcDateTime()
    stored = kind.process_bind_param(time, sqlite.dialect())

    assert stored.tzinfo is None
    assert kind.process_result_value(stored, sqlite.dialect()) == time


@given(time=TIMES)
def test_whatever_zone_postgresql_answers_in_becomes_utc(time):
    back = UtcDateTime().process_result_value(time, postgresql.dialect())

    assert back == time
    assert back.tzinfo is UTC


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(time=TIMES)
async def test_a_time_comes_back_from_the_database_as_the_same_moment_in_utc(store, time):
    values = row(time)
    async with store.write() as session:
        await session.execute(insert(Base).values(**values))
    async with store.read() as session:
        back = await session.scalar(select(Base.created_at).where(Base.id == values["id"]))

    assert back == time
    assert back.tzinfo is UTC


async def test_a_time_without_zone_does_not_go_into_the_store(store):
    with pytest.raises(StatementError, match="without zone"):
        async with store.write() as session:
            await session.execute(insert(Base).values(**row(datetime(2026, 1, 1))))  # noqa: DTZ001


async def test_times_sort_as_moments_whatever_zone_they_were_given_in(store):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    later = (noon + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=-10)))
    async with store.write() as session:
        await session.execute(insert(Base), [row(later), row(noon)])
    async with store.read() as session:
        times = (await session.scalars(select(Base.created_at).order_by(Base.created_at))).all()

    assert times == [noon, later]


def test_ids_sort_in_the_order_in_which_they_were_made():
    made = [new_id() for _ in range(1000)]

    assert made == sorted(set(made))
