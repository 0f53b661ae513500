"""The month view of one person: `python tests/benchmarks/bench_month_view.py`.

Ten people with 10,000 events, and with 100,000; March 2026 holds as many either way, the tenfold lies in other years.
Both are asked in turns, over the same rows returned, on SQLite and, where it can be started, on
PostgreSQL. Aim: growth of at most 1.3. The query plan is printed: one range of one index.
"""

from __future__ import annotations

import asyncio
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from xrm_platform.agenda import Schedule, queries
from xrm_platform.agenda.drawing import month_of
from xrm_platform.agenda.tables import Event, OccurrenceRow
from xrm_platform.people.actor import Actor
from xrm_platform.people.bases import Bases
from xrm_platform.people.collaborators import Collaborators
from xrm_platform.people.lookup import codes
from xrm_platform.people.passwords import Passwords
from xrm_platform.store import Store, migrate, new_id

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SIZES = (10_000, 100_000)
PEOPLE = 10
IN_A_MONTH = 80
ROUNDS = 100
SINCE, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def rows_of(base_id: str, owner_id: str, starts: list[datetime]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Events of an hour, and their occurrences."""
    events, occurrences = [], []
    for start in starts:
        said = {"kind": "appointment", "summary": "Visite", "location": "Lyon", "status": "confirmed"}
        said |= {"busy": True, "private": False, "all_day": False, "zone": "Europe/Paris", "recurs": False}
        said |= {"starts_at": start, "ends_at": start + timedelta(hours=1)}
        event = {"id": new_id(), "base_id": base_id, "owner_id": owner_id, "ical": "x" * 400, "rev": 1}
        event |= {"uid": event["id"], "recurs_until": None, "cut": False, "window_from": None, "window_to": None}
        event |= {"created_at": NOW, "created_by": "x", "changed_at": NOW, "changed_by": "x", "deleted_at": None}
        events.append(event | said)
        owned = {"event_id": event["id"], "key": f"{start:%Y%m%dT%H%M%SZ}", "base_id": base_id, "owner_id": owner_id}
        occurrences.append(owned | {"segment_at": start} | said)
    return events, occurrences


def starts_of(number: int) -> list[datetime]:
    """`number` starts: in March 2026 always as many, the others in the months around it, ever further away."""
    inside = [SINCE + timedelta(hours=9 * place) for place in range(IN_A_MONTH)]
    outside = []
    for place in range(number - IN_A_MONTH):
        side = 1 if place % 2 else -1
        outside.append((UNTIL if side > 0 else SINCE) + side * timedelta(hours=5 + 9 * (place // 2)))
    return inside + outside


@dataclass(frozen=True)
class Agendas:
    """A database with so many events."""

    size: int
    store: Store
    schedule: Schedule
    actor: Actor
    owner_id: str


async def filled(url: str, size: int) -> Agendas:
    store = Store(url)
    await migrate(store.engine)
    bases = Bases(store, lambda: NOW, Passwords())
    base = await bases.create("ACME", "Acme", actor_name="bench")
    actor = await bases.operator("ACME")
    people = Collaborators(store, lambda: NOW)
    for number in range(PEOPLE):
        await people.create(actor, f"C{number}", last_name=f"C{number}")
    async with store.read() as session:
        owners = {code: one for one, code in (await codes(session, base_id=base.id)).items()}
    async with store.write() as session:
        for owner_id in owners.values():
            events, occurrences = rows_of(base.id, owner_id, starts_of(size // PEOPLE))
            for start in range(0, len(events), 1000):
                await session.execute(insert(Event), events[start : start + 1000])
                await session.execute(insert(OccurrenceRow), occurrences[start : start + 1000])
    async with store.write() as session:
        await session.execute(text("ANALYZE"))
    return Agendas(size, store, Schedule(store, lambda: NOW), actor, owners["C0"])


async def once(agendas: Agendas) -> tuple[float, int]:
    """Milliseconds of a month view, and how many rows it returned."""
    started = time.perf_counter()
    found = await agendas.schedule.range(agendas.actor, SINCE, UNTIL, owner="C0")
    return (time.perf_counter() - started) * 1000, len(found)


async def plan(agendas: Agendas) -> list[str]:
    query = queries.touching(
        base_id=agendas.actor.base_id, owners=[agendas.owner_id], bucket=month_of(SINCE), since=SINCE, until=UNTIL
    )
    store = agendas.store
    sql = query.compile(dialect=store.engine.dialect, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN (COSTS OFF)"
    async with store.read() as session:
        return [str(row[-1]) for row in await session.execute(text(f"{explain} {sql}"))]


async def measure(name: str, address: Callable[[int], str]) -> None:
    """Both sizes in turns, so that whatever else the machine does falls upon both."""
    every = [await filled(address(size), size) for size in SIZES]
    took: dict[int, list[float]] = {agendas.size: [] for agendas in every}
    found = {}
    for _ in range(ROUNDS):
        for agendas in every:
            milliseconds, found[agendas.size] = await once(agendas)
            took[agendas.size].append(milliseconds)
    medians = {size: statistics.median(times) for size, times in took.items()}
    for size in SIZES:
        print(f"{name:<11} {size:>7} events  {medians[size]:7.2f} ms  {found[size]} rows")
    print(f"{name:<11} growth {medians[SIZES[1]] / medians[SIZES[0]]:.2f} x")
    for line in await plan(every[-1]):
        print(f"{name:<11} {line}")
    for agendas in every:
        await agendas.store.aclose()


def postgres() -> Any:
    """The server that the tests use; None where it cannot be started."""
    path = Path(__file__).resolve().parents[1] / "conftest.py"
    spec = importlib.util.spec_from_file_location("tests_conftest", path)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tests_conftest"] = module
    spec.loader.exec_module(module)
    try:
        return module.Postgres(Path(tempfile.mkdtemp(prefix="xrm-bench-pg-")))
    except (OSError, KeyError) as error:
        print(f"PostgreSQL does not start here: {error}")
        return None


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure("SQLite", lambda size: f"sqlite+aiosqlite:///{folder}/{size}.db"))
    server = postgres()
    if server is not None:
        try:
            asyncio.run(measure("PostgreSQL", lambda size: server.create(f"bench_{size}")))
        finally:
            server.stop()


if __name__ == "__main__":
    main()
