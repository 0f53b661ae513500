"""What an endpoint is: one declaration by which requests are read, callers checked, answers written and documented."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType
from typing import Any

from marshmallow import Schema

DEFAULT_BODY_LIMIT = 1024 * 1024


class Need(StrEnum):
    """The least that a caller must have. `READ` and `SEND` name the scope that a token needs."""

    NOTHING = "nothing"
    SIGN_IN = "sign_in"
    READ = "read"
    SEND = "send"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint returns when the value alone does not say it. `cookie` is a new session's token."""

    value: Any = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookie: str | None = field(default=None, repr=False)
    drop_cookie: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """Bytes as an answer."""

    content: bytes
    content_type: str


Run = Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`path` is below `/api/v1`. `answer` is the schema of the value that `run` returns, None where there is none or
    `answer_types` says which bytes it is; `body_types` are the kinds of bytes taken instead of JSON. `body_limit` in
    bytes, None for the limit of the configuration."""

    method: str
    path: str
    tag: str
    summary: str
    need: Need
    run: Run
    body: type[Schema] | None = None
    query: type[Schema] | None = None
    answer: type[Schema] | None = None
    status: int = 200
    body_types: tuple[str, ...] = ()
    answer_types: tuple[str, ...] = ()
    body_limit: int | None = DEFAULT_BODY_LIMIT
    idempotent: bool = False

    @property
    def name(self) -> str:
        return self.run.__name__

    @property
    def description(self) -> str:
        return self.run.__doc__ or ""


def endpoint(method: str, path: str, tag: str, summary: str, need: Need, **declared: Any) -> Callable[[Run], Endpoint]:
    """Declare the coroutine below as an endpoint; `declared` are the other members of `Endpoint`. Its docstring becomes
    the description in the document."""

    def declare(run: Run) -> Endpoint:
        return Endpoint(method, path, tag, summary, need, run, **declared)

    return declare


def endpoints_of(*modules: ModuleType) -> tuple[Endpoint, ...]:
    """All that the modules declare, in their order."""
    return tuple(value for module in modules for value in vars(module).values() if isinstance(value, Endpoint))
