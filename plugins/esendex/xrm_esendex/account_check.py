"""Trying an Esendex account, step by step, with one read of its accounts."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from xrm_platform.providers import BadResponse, ProviderError, Tick, TickState, VendorAccount

from .mapping import called

STEPS = ("reached", "secured", "signed_in", "may_send", "balance")


def ticks(url: str, reference: str, accounts: Sequence[VendorAccount] | ProviderError) -> list[Tick]:
    """The ticks of a check whose read of the accounts gave `accounts`, or failed with the error.

    `may_send` asks whether `reference` is one of the accounts; `balance` fails when no message is left.
    """
    secured = Tick("secured", TickState.OK if urlsplit(url).scheme == "https" else TickState.SKIPPED)
    if isinstance(accounts, ProviderError):
        return _stopped(secured, accounts)
    done = [Tick("reached", TickState.OK), secured, Tick("signed_in", TickState.OK)]
    account = called(accounts, reference)
    if account is None:
        found = ", ".join(filter(None, (one.reference for one in accounts)))
        params: dict[str, str | int] = {"reference": reference, "found": found or "-"}
        return [*done, *_skip_after(Tick("may_send", TickState.FAILED, "account_reference_unknown", params))]
    left = account.messages_left
    if left is None:
        return [*done, Tick("may_send", TickState.OK), _failed("balance", BadResponse())]
    state, code = (TickState.OK, "") if left > 0 else (TickState.FAILED, "no_messages_left")
    return [*done, Tick("may_send", TickState.OK), Tick("balance", state, code, {"messages": left})]


def _stopped(secured: Tick, error: ProviderError) -> list[Tick]:
    match error.code:
        case "unreachable" | "unavailable":
            return _skip_after(_failed("reached", error))
        case "tls_failed":
            return [Tick("reached", TickState.OK), *_skip_after(_failed("secured", error))]
    return [Tick("reached", TickState.OK), secured, *_skip_after(_failed("signed_in", error))]


def _failed(step: str, error: ProviderError) -> Tick:
    return Tick(step, TickState.FAILED, error.code, error.params)


def _skip_after(failed: Tick) -> list[Tick]:
    rest = STEPS[STEPS.index(failed.step) + 1 :]
    return [failed, *(Tick(step, TickState.SKIPPED) for step in rest)]
