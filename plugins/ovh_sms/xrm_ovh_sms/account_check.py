"""Trying an account of OVHcloud SMS, step by step, without sending anything."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from xrm_platform.providers import NotFound, ProviderError, Tick, TickState, VendorAccount

from .refusals import NotGranted

STEPS = ("reached", "secured", "signed_in", "may_send", "balance")


async def ticks(
    url: str,
    service_name: str,
    reach: Callable[[], Awaitable[object]],
    read_account: Callable[[], Awaitable[VendorAccount]],
    sender_trouble: Callable[[], Awaitable[str]],
) -> list[Tick]:
    """`reach` asks for the time, which needs no keys; `read_account` raises `NotFound` for a service that is not the
    customer's; `sender_trouble` is the code of what is wrong with the sender, empty when nothing is."""
    secured = Tick("secured", TickState.OK if urlsplit(url).scheme == "https" else TickState.SKIPPED)
    done: list[Tick] = []
    try:
        await reach()
        done += [Tick("reached", TickState.OK), secured]
        account = await read_account()
        done.append(Tick("signed_in", TickState.OK))
        trouble = await sender_trouble()
    except ProviderError as error:
        return _stopped(done, error, service_name)
    if trouble:
        return [*done, *_skip_after(Tick("may_send", TickState.FAILED, trouble))]
    return [*done, Tick("may_send", TickState.OK), _balance(account)]


def _stopped(done: list[Tick], error: ProviderError, service_name: str) -> list[Tick]:
    """`error` came after `done`. A certificate is looked at where something was reached; a service that is missing or
    forbidden is told to keys that are right."""
    step, code = STEPS[len(done)], error.code
    if step == "reached" and code == "tls_failed":
        done, step = [Tick("reached", TickState.OK)], "secured"
    elif step == "signed_in" and isinstance(error, NotFound | NotGranted):
        done, step = [*done, Tick("signed_in", TickState.OK)], "may_send"
        code = "service_unknown" if isinstance(error, NotFound) else code
    return [*done, *_skip_after(Tick(step, TickState.FAILED, code, {**error.params, "service": service_name}))]


def _balance(account: VendorAccount) -> Tick:
    left = account.messages_left
    if left is None:
        return Tick("balance", TickState.FAILED, "bad_response")
    if left < 1:
        return Tick("balance", TickState.FAILED, "no_credits_left", {"messages": left})
    return Tick("balance", TickState.OK, params={"messages": left})


def _skip_after(failed: Tick) -> list[Tick]:
    rest = STEPS[STEPS.index(failed.step) + 1 :]
    return [failed, *(Tick(step, TickState.SKIPPED) for step in rest)]
