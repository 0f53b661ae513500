"""Listings by key: a page starts after the last key of the one before, so rows that come in meanwhile shift nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from xrm_platform.problems import Invalid

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next` is the key to ask the following page with (`after`), None on the last."""

    items: tuple[Item, ...]
    next: str | None = None


def check_page(after: str | None, limit: int) -> None:
    """Raises `Invalid` when `limit` is not 1 to `MAX_LIMIT`, or `after` cannot be a key that a page gave out."""
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid.field("limit", "limit_out_of_range", low=1, high=MAX_LIMIT)
    if after is not None and not after.isprintable():
        raise Invalid.field("after", "page_key_malformed")


def page_of(rows: Sequence[Item], limit: int, key: Callable[[Item], str]) -> Page[Item]:
    """Make a page of `rows`, which were asked for with `limit + 1`."""
    if len(rows) <= limit:
        return Page(tuple(rows))
    return Page(tuple(rows[:limit]), key(rows[limit - 1]))
