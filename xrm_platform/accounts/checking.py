"""Trying an account without changing anything at its provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from xrm_platform.providers import AccountError, AuthError, ProviderError, Tick, TickState, TransientError

from .availability import AccountUnusable
from .connections import Connections
from .health import failing, healthy, plain, told
from .tables import ProviderAccount
from .views import TickView


@dataclass(frozen=True, slots=True)
class Checked:
    """`refused` says that the provider does not take the credentials."""

    ticks: tuple[TickView, ...]
    refused: bool = False

    @property
    def failure(self) -> TickView | None:
        """The first step that failed. An account of which nothing was shown has failed, too."""
        return next((tick for tick in self.ticks if tick.state == TickState.FAILED), None)


def standing_after(result: Checked, at: datetime) -> dict[str, Any]:
    """Columns of an account that was tried: working credentials end a suspension, refused ones begin one."""
    failure = result.failure
    if failure is None:
        return {**healthy(at), "suspended": False}
    values = failing(failure.code or "failed", failure.params, at)
    return values | {"suspended": True} if result.refused else values


async def check_account(connections: Connections, account: ProviderAccount) -> Checked:
    """The ticks of the driver's own check; if there is none, one failed tick that says why. Never raises for what is
    wrong with the account."""
    try:
        driver = await connections.driver_of(account)
        answer = await driver.call("check", lambda working: working.check())
    except AccountUnusable as error:
        return Checked((TickView("prepared", TickState.FAILED.value, *plain(error.code, error.params)),))
    except ProviderError as error:
        tick = TickView(step_of(error), TickState.FAILED.value, *told(error))
        return Checked((tick,), refused=isinstance(error, AccountError))
    return checked_ticks(answer, account.slug)


def step_of(error: ProviderError) -> str:
    """Where a check ended that raised: a driver tells it by the kind of its error."""
    if isinstance(error, AccountError):
        return "signed_in"
    return "reached" if isinstance(error, TransientError) else "answered"


def checked_ticks(answer: object, provider: str) -> Checked:
    """What a driver's `check` answered. Credentials count as refused when a tick says so by the code of `AuthError`; an
    answer that is no sequence of ticks, or an empty one, is a failure of its own."""
    if not isinstance(answer, Sequence) or not answer or not all(map(_is_tick, answer)):
        wrong = TickView("answered", TickState.FAILED.value, "check_not_understood", {"provider": provider})
        return Checked((wrong,))
    ticks = tuple(TickView(tick.step, tick.state.value, *plain(tick.code, tick.params)) for tick in answer)
    refused = any(tick.state == TickState.FAILED and tick.code == AuthError.default_code for tick in ticks)
    return Checked(ticks, refused=refused)


def _is_tick(one: object) -> bool:
    """Whether it is a tick with what belongs into one: nothing keeps a plugin from putting a text for a state."""
    if not isinstance(one, Tick):
        return False
    state: object = one.state
    params: object = one.params
    return isinstance(state, TickState) and isinstance(params, Mapping)
