"""Run the code of a plugin so that nothing it does comes through, except what it answers.

Everything it raises is caught, SystemExit and AssertionError too; what it awaits is cut off after a time, and left
behind if it ignores that. KeyboardInterrupt and the cancellation of the caller pass.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Any, Generic, NamedTuple, TypeVar, cast

import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

GRACE = 1.0
"""Seconds that code which was cut off has to clean up."""

_left_behind: set[asyncio.Task[Any]] = set()


class Outcome(NamedTuple, Generic[T]):
    """Either an answer or an error. `late` when the time was up before it came."""

    answer: T | None
    error: BaseException | None = None
    late: bool = False

    def value(self) -> T:
        """The answer. Raises the error if there is one."""
        if self.error is not None:
            raise self.error
        return cast("T", self.answer)


class CutOff(Exception):
    """It had not answered when its time was up, nor by the end of its grace."""


def contained(run: Callable[[], T]) -> Outcome[T]:
    """Call `run` here and now."""
    try:
        return Outcome(run())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the isolation of plugins rests on this one and the next
        return Outcome(None, error)


async def contained_within(
    seconds: float, run: Callable[[], Awaitable[T]], *, grace: float = GRACE, name: str = ""
) -> Outcome[T]:
    """Await `run()`, but no longer than `seconds` and then `grace`; `name` says in the log who was left behind.

    It runs in a task of its own, since only then can a caller go on without code that ignores its cancellation. A bare
    task costs 6 µs, this 9, `asyncio.wait` 15; `asyncio.timeout` costs 4 and cannot go on (bench_dispatch.py).
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Outcome[T] | None] = loop.create_future()
    task = loop.create_task(_report(run, ended))
    timer = loop.call_at(loop.time() + seconds, _settle, ended, None)
    try:
        outcome = await ended
    except asyncio.CancelledError:
        await _stop(task, grace, name)
        raise
    finally:
        timer.cancel()
    if outcome is not None:
        return outcome
    if await _stop(task, grace, name):
        return task.result()._replace(late=True)
    return Outcome(None, CutOff(), late=True)


async def in_thread(run: Callable[[], T]) -> T:
    """Call `run` in a thread that nobody waits for at exit: code that blocks for ever may be left in it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Outcome[T]] = loop.create_future()
    context = contextvars.copy_context()

    def work() -> None:
        outcome = contained(lambda: context.run(run))
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(_settle, done, outcome)

    threading.Thread(target=work, daemon=True, name="xrm-hook").start()
    return (await done).value()


async def _report(run: Callable[[], Awaitable[T]], ended: asyncio.Future[Outcome[T] | None]) -> Outcome[T]:
    """Never raises, so that no task dies with an exception that nobody retrieves."""
    try:
        outcome = Outcome(await run())
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, GeneratorExit) and not _loop_runs():
            raise  # not the plugin's: the loop has ended, and nobody waits any longer
        outcome = Outcome(None, error)
    _settle(ended, outcome)
    return outcome


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _settle(future: asyncio.Future[Any], value: object) -> None:
    if not future.done():
        future.set_result(value)


async def _stop(task: asyncio.Task[Any], grace: float, name: str) -> bool:
    """Cancel `task`; True when it has ended within `grace`. Else it is kept from being collected until it does."""
    task.cancel()
    try:
        await asyncio.wait((task,), timeout=grace)
    finally:
        if not task.done():
            _left_behind.add(task)
            task.add_done_callback(_left_behind.discard)
            log.error("code of a plugin ignores its cancellation and was left behind", name=name)
    return task.done() and not task.cancelled()
