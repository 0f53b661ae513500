"""Configuration: read once from the environment, checked, and handed on as a value."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from urllib.parse import urlsplit

from .problems import Problem

LANGUAGES = ("fr", "en")
LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Problem):
    """A variable cannot be used. `params`: `variable`, and what the sentence of the code needs."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that an installation sets. The table of `docs/administrators.md` explains each variable."""

    home: Path
    database_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    disabled_plugins: frozenset[str] = frozenset()
    language: str = "fr"
    public_url: str = "http://localhost:8080"
    log_level: str = "info"
    tick_seconds: float = 10.0
    lease_seconds: float = 60.0
    max_request_bytes: int = 40 * 1024 * 1024
    metrics_token: str | None = field(default=None, repr=False)

    @property
    def key_file(self) -> Path:
        """Where the keys of the stored secrets are, unless `XRM_SECRET_KEYS` gives them."""
        return self.home / "secret.key"

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Config:
        """Read the `XRM_*` variables.

        Raises `ConfigError` that names the variable, what is wrong with it and what it may be.
        """
        env = {
            name: value.strip() for name, value in (os.environ if environment is None else environment).items() if value
        }
        unknown = _without_those_of_plugins(
            sorted(name for name in env if name.startswith("XRM_") and name not in VARIABLES)
        )
        if unknown:
            raise ConfigError("config_unknown", variable=unknown[0], known=", ".join(sorted(VARIABLES)))
        home = Path(env.get("XRM_HOME", "data")).expanduser().absolute()
        keys = tuple(key.strip() for key in env.get("XRM_SECRET_KEYS", "").split(",") if key.strip())
        return cls(
            home=home,
            database_url=_database_url(env.get("XRM_DATABASE_URL", f"sqlite:///{home / 'xrm.db'}")),
            secret_keys=keys,
            disabled_plugins=_slugs(env.get("XRM_DISABLED_PLUGINS", "")),
            language=_one_of("XRM_LANGUAGE", env.get("XRM_LANGUAGE", "fr"), LANGUAGES),
            public_url=_public_url(env.get("XRM_PUBLIC_URL", "http://localhost:8080")),
            log_level=_one_of("XRM_LOG_LEVEL", env.get("XRM_LOG_LEVEL", "info").lower(), LOG_LEVELS),
            tick_seconds=_number("XRM_TICK_SECONDS", env.get("XRM_TICK_SECONDS", "10"), 0.1, 3600),
            lease_seconds=_number("XRM_LEASE_SECONDS", env.get("XRM_LEASE_SECONDS", "60"), 1, 3600),
            max_request_bytes=int(_number("XRM_MAX_REQUEST_MB", env.get("XRM_MAX_REQUEST_MB", "40"), 1, 500) * 1024**2),
            metrics_token=env.get("XRM_METRICS_TOKEN"),
        )


VARIABLES = frozenset(
    {
        "XRM_HOME",
        "XRM_DATABASE_URL",
        "XRM_SECRET_KEYS",
        "XRM_DISABLED_PLUGINS",
        "XRM_LANGUAGE",
        "XRM_PUBLIC_URL",
        "XRM_LOG_LEVEL",
        "XRM_TICK_SECONDS",
        "XRM_LEASE_SECONDS",
        "XRM_MAX_REQUEST_MB",
        "XRM_METRICS_TOKEN",
    }
)

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def _without_those_of_plugins(names: list[str]) -> list[str]:
    """An installed plugin may read variables of its own, which begin with `XRM_`, its slug in capitals and `_`."""
    if not names:
        return names
    own = tuple(f"XRM_{plugin.name.upper()}_" for plugin in entry_points(group="xrm_platform.plugins"))
    return [name for name in names if not name.startswith(own)]


def _database_url(given: str) -> str:
    scheme, separator, rest = given.partition("://")
    if not separator or scheme not in _DRIVERS or not _is_readable(given):
        raise ConfigError("config_database_url", variable="XRM_DATABASE_URL")
    return f"{_DRIVERS[scheme]}://{rest}"


def _is_readable(url: str) -> bool:
    """Whether it has a port that is a number, or none."""
    try:
        _ = urlsplit(url).port
    except ValueError:
        return False
    return True


def _public_url(given: str) -> str:
    """An address to which paths are added, in ASCII: it stands in headers of mails."""
    try:
        url = given if given.isascii() else _with_ascii_host(given)
        parts = urlsplit(url)
        whole = parts.hostname and not parts.query and not parts.fragment
    except ValueError:
        whole = None
    if not whole or not re.fullmatch(r"https?://[!-~]+", url):
        raise ConfigError("config_public_url", variable="XRM_PUBLIC_URL", given=given)
    return url.rstrip("/")


def _with_ascii_host(url: str) -> str:
    """Raises `ValueError` for a host that no name in the DNS can be."""
    import idna  # noqa: PLC0415  most addresses are ASCII, and every command starts here

    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = parts.netloc.lower().replace(host, idna.encode(host, uts46=True).decode())
    return parts._replace(netloc=netloc).geturl()


def _slugs(given: str) -> frozenset[str]:
    slugs = frozenset(slug.strip() for slug in given.split(",") if slug.strip())
    for slug in slugs:
        if not re.fullmatch(r"[\w.-]+", slug):
            raise ConfigError("config_slug", variable="XRM_DISABLED_PLUGINS", given=slug)
    return slugs


def _one_of(variable: str, given: str, allowed: tuple[str, ...]) -> str:
    if given not in allowed:
        raise ConfigError("config_choice", variable=variable, given=given, allowed=", ".join(allowed))
    return given


def _number(variable: str, given: str, low: float, high: float) -> float:
    try:
        number = float(given)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise ConfigError("config_number", variable=variable, given=given, low=low, high=high)
    return number
