"""`xrm init`: a data folder, a key, a database, a base and its administrator; all of it or nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xrm_platform.config import Config
from xrm_platform.problems import Invalid

from .given import password_given
from .home import make_home
from .options import Json, PasswordFile
from .output import show, tell
from .prompts import ask_new_password
from .session import operator_name

if TYPE_CHECKING:
    from xrm_platform.people.views import BaseView


def init(
    base: Annotated[str, typer.Option("--base", metavar="CODE")],
    admin: Annotated[str, typer.Option("--admin", metavar="LOGIN")],
    base_name: Annotated[str | None, typer.Option("--base-name", metavar="NAME")] = None,
    password_file: PasswordFile = None,
    country: Annotated[str, typer.Option("--country", metavar="FR")] = "FR",
    language: Annotated[str, typer.Option("--language", metavar="fr|en")] = "fr",
    time_zone: Annotated[str, typer.Option("--time-zone", metavar="ZONE")] = "Europe/Paris",
    json: Json = False,
) -> None:
    config = Config.from_environment()
    password = password_given(password_file, ask=lambda: ask_new_password(admin))
    if password is None:
        raise Invalid.field("password_file", "password_needed")
    founded = asyncio.run(_found(config, base, base_name or base, admin, password, country, language, time_zone))
    show(founded, json_wanted=json)
    if not json:
        tell("init_done", home=config.home, base=founded.code, login=admin)


async def _found(
    config: Config, code: str, name: str, admin: str, password: str, country: str, language: str, time_zone: str
) -> BaseView:
    from xrm_platform.app import Platform  # noqa: PLC0415  loads everything, which `--help` must not

    from .logs import keep_quiet  # noqa: PLC0415

    keep_quiet(config)
    with _undone_on_failure(config), _named_as_given():
        await _prepare(config)
        async with Platform.open(config) as xrm:
            return await xrm.bases.found(
                code,
                name,
                admin_login=admin,
                admin_password=password,
                country=country,
                language=language,
                time_zone=time_zone,
                actor_name=operator_name(),
            )


@contextlib.contextmanager
def _named_as_given() -> Iterator[None]:
    """Faults speak of the options of this command, not of the fields of a base and a user."""
    try:
        yield
    except Invalid as invalid:
        raise Invalid({_GIVEN_AS.get(name, name): fault for name, fault in invalid.fields.items()}) from invalid


_GIVEN_AS = {"code": "base", "name": "base_name", "login": "admin"}


async def _prepare(config: Config) -> None:
    """The folder, the tables and, in an installation without any base, the key."""
    from xrm_platform.people.bases import Bases  # noqa: PLC0415  see above
    from xrm_platform.people.passwords import Passwords  # noqa: PLC0415
    from xrm_platform.store import SecretsError, Store, migrate, new_key, read_keys, write_keys  # noqa: PLC0415

    await asyncio.to_thread(make_home, config.home)
    store = Store(config.database_url)
    try:
        await migrate(store.engine)
        try:
            await asyncio.to_thread(read_keys, config.secret_keys, config.key_file)
        except SecretsError as error:
            lost = error.code == "secret_key_missing" and await Bases(store, utc_now, Passwords()).list()
            if lost or error.code != "secret_key_missing":
                raise
            await asyncio.to_thread(write_keys, (new_key(),), config.key_file)
    finally:
        await store.aclose()


def utc_now() -> datetime:
    return datetime.now(UTC)


@contextlib.contextmanager
def _undone_on_failure(config: Config) -> Iterator[None]:
    """When the first `xrm init` of an installation fails, what it made is taken away again.

    Only files that were not there before, and only by their names; an installation that exists is left as it is.
    """
    made = [path for path in (config.key_file, *_database_files(config.database_url)) if not path.exists()]
    home_made = not config.home.exists()
    try:
        yield
    except BaseException:
        if config.key_file in made:
            with contextlib.suppress(OSError):
                for path in made:
                    path.unlink(missing_ok=True)
                if home_made:
                    config.home.rmdir()
        raise


def _database_files(url: str) -> tuple[Path, ...]:
    """The files of an SQLite database; none for a server's."""
    scheme, _, path = url.partition(":///")
    if not scheme.startswith("sqlite") or not path or path == ":memory:":
        return ()
    return tuple(Path(path + suffix) for suffix in ("", "-wal", "-shm", "-journal"))
