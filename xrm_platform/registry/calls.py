"""The one boundary between the platform and a driver: every call gets its time limit, its errors in the terms of the
contract, its secrets removed, and one line in the log."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from xrm_platform.providers import OutcomeUnknown, ProviderError, TransientError

from .containment import GRACE, Outcome, contained, contained_within
from .loading import named
from .redaction import redact_answer, redact_error, redacted, where

T = TypeVar("T")

_END: Final = object()


class Caller:
    """On whose behalf a driver is called: `account` and `provider` are named in each log line, `plugin` in an error,
    and `secrets` are the values that neither may show."""

    __slots__ = ("account", "log", "plugin", "provider", "secrets")

    def __init__(self, account: str, provider: str, plugin: str = "", secrets: frozenset[str] = frozenset()) -> None:
        self.account = account
        self.provider = provider
        self.plugin = plugin or provider
        self.secrets = secrets
        self.log: FilteringBoundLogger = structlog.get_logger(__name__).bind(account=account, provider=provider)


async def call(
    caller: Caller,
    operation: str,
    run: Callable[[], Awaitable[T]],
    *,
    timeout: float,  # noqa: ASYNC109 - asyncio.timeout cannot leave a driver behind
    effect: bool = False,
    grace: float = GRACE,
) -> T:
    """Await `run()`, a call of a driver, for at most `timeout` seconds and then `grace` to clean up.

    `effect` says that the call may change something at the vendor: a lost answer then is `OutcomeUnknown`, never an
    error that would be tried again. Raises only `ProviderError`, with the codes `timeout` (param `seconds`) and
    `unexpected` (params `plugin`, `error`) of its own.
    """
    started = time.perf_counter()
    outcome = await contained_within(timeout, run, grace=grace, name=caller.provider)
    outcome = _fit(outcome, caller)
    if outcome.error is not None:
        error = as_provider_error(outcome.error, caller, timeout=timeout, effect=effect, late=outcome.late)
        _log_failure(caller, operation, started, outcome.error, error)
        raise error
    _log_success(caller, operation, started, effect=effect)
    return outcome.value()


def call_now(caller: Caller, operation: str, run: Callable[[], T]) -> T:
    """The same for a method that is not async (`parse_push`): it is not limited in time."""
    started = time.perf_counter()
    outcome = _fit(contained(run), caller)
    if outcome.error is not None:
        error = as_provider_error(outcome.error, caller)
        _log_failure(caller, operation, started, outcome.error, error)
        raise error
    _log_success(caller, operation, started, effect=False)
    return outcome.value()


async def pages(
    caller: Caller,
    operation: str,
    run: Callable[[], AsyncIterator[T]],
    *,
    timeout: float,  # noqa: ASYNC109 - see `call`
) -> AsyncIterator[T]:
    """The same for an iterator: each page is a call with the whole `timeout`.

    A page is asked for in a task of its own, so a driver cannot hold a timeout or task group over a `yield` (PEP 789).
    """
    iterator = call_now(caller, operation, run)

    async def following() -> Any:
        return await anext(iterator, _END)

    try:
        while (page := await call(caller, operation, following, timeout=timeout)) is not _END:
            yield page
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await contained_within(timeout, close, name=caller.provider)


def _fit(outcome: Outcome[T], caller: Caller) -> Outcome[T]:
    """An answer without secrets; one that cannot even be looked through is an error."""
    if outcome.error is not None:
        return outcome
    return contained(lambda: redact_answer(outcome.value(), caller.secrets))


def _log_success(caller: Caller, operation: str, started: float, *, effect: bool) -> None:
    """What changed something is worth a line in production, what only looked is not."""
    write = caller.log.info if effect else caller.log.debug
    write("driver call", operation=operation, duration_ms=_since(started), outcome="ok")


def _log_failure(caller: Caller, operation: str, started: float, raised: BaseException, error: ProviderError) -> None:
    """`raised` is what the driver let out, `error` what the caller will see."""
    trace = {"trace": where(raised)} if error.code == "unexpected" else {}
    caller.log.warning(
        "driver call",
        operation=operation,
        duration_ms=_since(started),
        outcome=error.code,
        error=type(error).__name__,
        **trace,
    )


def as_provider_error(
    raised: BaseException, caller: Caller, *, timeout: float = 0, effect: bool = False, late: bool = False
) -> ProviderError:
    """What the platform takes `raised`, let out by a driver, for: an error that holds no secret and has no cause."""
    lost = OutcomeUnknown if effect else TransientError
    if late or isinstance(raised, TimeoutError):
        return lost("timeout", seconds=round(timeout))
    if isinstance(raised, ProviderError):
        fit = contained(partial(redact_error, raised, caller.secrets))
        if fit.error is None:
            return raised
    kind = OutcomeUnknown if effect else ProviderError
    detail = redacted(named(raised), caller.secrets)
    return kind("unexpected", detail=detail, plugin=caller.plugin, error=type(raised).__name__)


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
