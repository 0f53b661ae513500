"""How a link fares, as columns of its row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xrm_platform.providers import ProviderError, RateLimited, TransientError

from .states import LinkState
from .tables import CalendarLink

LONGEST_WAIT = timedelta(hours=1)
FIRST_WAIT = timedelta(minutes=1)
PATIENCE = timedelta(days=1)
"""How long a calendar may not be reached before its person is told."""


def after_success(link: CalendarLink, now: datetime) -> dict[str, Any]:
    """Columns after a run that reached its end. Deletions that wait are no failure; that somebody was told of them
    stays, until none wait."""
    values: dict[str, Any] = {
        "last_success_at": now,
        "next_run_at": now + timedelta(minutes=link.poll_minutes),
        "failures": 0,
        "failing_since": None,
        "error_code": None,
        "error_params": {},
    }
    if link.failing_since is not None or not (link.held_here or link.held_there):
        values["told_at"] = None
    return values


def after_failure(
    link: CalendarLink, error: ProviderError | None, code: str, params: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Columns after a run that failed: what may pass is tried again soon, and later and later; the rest when the link
    is due."""
    failures = link.failures + 1
    wait = timedelta(minutes=link.poll_minutes)
    if isinstance(error, TransientError):
        wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
    if isinstance(error, RateLimited) and error.retry_after is not None:
        wait = max(error.retry_after, FIRST_WAIT)
    return {
        "next_run_at": now + wait,
        "failures": failures,
        "failing_since": link.failing_since or now,
        "error_code": code,
        "error_params": dict(params),
    }


@dataclass(frozen=True, slots=True)
class Notice:
    """What the person is to be told (`stopped` or `held`), why, and the key of the occasion."""

    what: str
    code: str
    params: Mapping[str, Any]
    key: str


def notice_for(link: CalendarLink, *, died: bool, now: datetime) -> Notice | None:
    """What to tell after a run, once: `died` says that the account was refused just now."""
    if link.told_at is not None:
        return None
    since = link.failing_since
    if died or link.state == LinkState.GONE or (since is not None and now - since >= PATIENCE):
        return Notice(
            "stopped", link.error_code or "calendar_gone", link.error_params, f"sync-stopped {link.id} {since}"
        )
    if link.held_here or link.held_there:
        params = {"here": link.held_here, "there": link.held_there}
        return Notice("held", "deletions_held", params, f"sync-held {link.id} {now.isoformat()}")
    return None
