"""How an account fares, as columns of its row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xrm_platform.providers import ProviderError

UNCHECKED = "unchecked"
OK = "ok"
WARNING = "warning"
FAILING = "failing"

SUSPENDED = "suspended"
"""What observers hear of an account by which nothing is done any more; its health is `failing`."""


def healthy(at: datetime) -> dict[str, Any]:
    return {"health": OK, "health_code": None, "health_params": {}, "health_at": at}


def failing(code: str, params: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"health": FAILING, "health_code": code, "health_params": dict(params), "health_at": at}


def warning(code: str, params: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """It works, and somebody should look at it all the same."""
    return {**failing(code, params, at), "health": WARNING}


def told(error: ProviderError) -> tuple[str, dict[str, Any]]:
    """Code and params of `error`, the vendor's own words among them as `detail`."""
    return plain(error.code, {**error.params, "detail": error.detail} if error.detail else error.params)


def plain(code: object, params: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """`code` and `params` that come from a plugin, fit to be stored: a plugin may put anything there."""
    written = str(code)
    return (
        written[:100] if written.isprintable() else "unexpected",
        {str(name): value if isinstance(value, str | int | float) else str(value) for name, value in params.items()},
    )
