"""Call the hooks of plugins, each plugin alone: policy (`veto`), observers (`notify`), start and stop."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from pluggy import HookImpl

from xrm_platform.providers import Changed, OutgoingMail, OutgoingSms, Veto

from .containment import contained, contained_within, in_thread
from .loading import named
from .plugin_hooks import PluginHooks, invoke
from .redaction import where

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BrokenVeto(Veto):
    """A veto because the hook `xrm_before_send` of `plugin` did not work: what it would have said is not known."""

    plugin: str


class Dispatch:
    """`timeout` is how many seconds a plugin may take for one start, stop or change."""

    def __init__(self, hooks: PluginHooks, *, timeout: float) -> None:
        self._hooks = hooks
        self._timeout = timeout
        self._stuck: dict[HookImpl, _Run] = {}

    def veto(self, message: OutgoingMail | OutgoingSms, collaborator: str) -> Veto | None:
        for implementation in self._hooks.of("xrm_before_send"):
            outcome = contained(
                partial(invoke, implementation, message=message, collaborator=collaborator),
            )
            answer = outcome.answer
            if outcome.error is not None:
                _log_failure(implementation, "xrm_before_send", outcome.error)
                return _broken(implementation.plugin_name, f"raised {type(outcome.error).__name__}")
            if isinstance(answer, Veto):
                why: object = answer.reason
                return (
                    answer if isinstance(why, str) else _broken(implementation.plugin_name, "gave no reason in words")
                )
            if answer is not None:
                _discard(answer)
                return _broken(implementation.plugin_name, f"returned a {type(answer).__name__} instead of a Veto")
        return None

    async def notify(self, change: Changed) -> None:
        observers = self._hooks.of("xrm_changed")
        if observers:
            await asyncio.gather(*(self._run("xrm_changed", one, change=change) for one in observers))

    async def start(self, options: dict[str, Any]) -> dict[str, str]:
        """Names of the plugins that failed to start, and why."""
        failures = {}
        for implementation in self._hooks.of("xrm_startup"):
            error = await self._run("xrm_startup", implementation, options=dict(options))
            if error is not None:
                failures[implementation.plugin_name] = error
        return failures

    async def stop(self) -> None:
        for implementation in reversed(self._hooks.of("xrm_shutdown")):
            await self._run("xrm_shutdown", implementation)

    async def _run(self, hook: str, implementation: HookImpl, **arguments: Any) -> str | None:
        """None when it worked, else what went wrong. One that is stuck in an earlier call is left out meanwhile, so
        that it cannot pile up threads and tasks."""
        plugin = implementation.plugin_name
        stuck = self._stuck.get(implementation)
        if stuck is not None and not stuck.ended:
            log.warning("hook skipped, stuck in an earlier call", plugin=plugin, hook=hook)
            return "is stuck in an earlier call"
        run = _Run(implementation, arguments)
        outcome = await contained_within(self._timeout, run, name=plugin)
        if outcome.error is None:
            return None
        if outcome.late:
            self._stuck[implementation] = run
            log.error("hook cut off", plugin=plugin, hook=hook, seconds=self._timeout)
            return f"took longer than {self._timeout:g} seconds"
        _log_failure(implementation, hook, outcome.error)
        return f"raised {named(outcome.error)}"


class _Run:
    """One call of a hook. A coroutine function runs on the event loop, any other in a thread, for it may block."""

    def __init__(self, implementation: HookImpl, arguments: dict[str, Any]) -> None:
        self.ended = False
        self._implementation = implementation
        self._arguments = arguments

    async def __call__(self) -> None:
        if inspect.iscoroutinefunction(self._implementation.function):
            answer = self._invoke()
        else:
            answer = await in_thread(self._invoke_and_end)
        if isinstance(answer, Awaitable):
            self.ended = False
            try:
                await answer
            finally:
                self.ended = True

    def _invoke(self) -> Any:
        return invoke(self._implementation, **self._arguments)

    def _invoke_and_end(self) -> Any:
        try:
            return self._invoke()
        finally:
            self.ended = True


def _broken(plugin: str, why: str) -> BrokenVeto:
    reason = f"Not sent: the plugin {plugin!r} checks every message before it goes, and its check {why}."
    return BrokenVeto(reason, plugin)


def _discard(answer: object) -> None:
    if inspect.iscoroutine(answer):
        answer.close()


def _log_failure(implementation: HookImpl, hook: str, error: BaseException) -> None:
    log.error("hook failed", plugin=implementation.plugin_name, hook=hook, trace=where(error))
