"""Trying an account, step by step, with one read of its calendar."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from xrm_platform.providers import NotFound, ProviderError, RemoteCalendar, Tick, TickState

STEPS = ("reached", "secured", "signed_in", "calendar")


def ticks(url: str, calendar_id: str, found: RemoteCalendar | ProviderError) -> list[Tick]:
    """The ticks of a check whose read of the calendar `calendar_id` gave `found`, or failed with the error.

    `calendar` fails for one that is not there or may not be written.
    """
    secured = Tick("secured", TickState.OK if urlsplit(url).scheme == "https" else TickState.SKIPPED)
    done = [Tick("reached", TickState.OK), secured, Tick("signed_in", TickState.OK)]
    if isinstance(found, RemoteCalendar):
        if found.writable:
            return [*done, Tick("calendar", TickState.OK, params={"calendar": found.name})]
        return [*done, _failed("calendar", "calendar_read_only", {"calendar": found.name})]
    if isinstance(found, NotFound):
        return [*done, _failed("calendar", "calendar_not_found", {"calendar": calendar_id})]
    match found.code:
        case "unreachable" | "unavailable" | "bad_response" | "unexpected_status":
            return _skip_after(_failed("reached", found.code, found.params))
        case "tls_failed":
            return [Tick("reached", TickState.OK), *_skip_after(_failed("secured", found.code, found.params))]
    return [*done[:2], *_skip_after(_failed("signed_in", found.code, found.params))]


def _failed(step: str, code: str, params: Mapping[str, str | int]) -> Tick:
    return Tick(step, TickState.FAILED, code, params)


def _skip_after(failed: Tick) -> list[Tick]:
    rest = STEPS[STEPS.index(failed.step) + 1 :]
    return [failed, *(Tick(step, TickState.SKIPPED) for step in rest)]
