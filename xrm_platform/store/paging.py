"""Listings by key: a page starts after the last key of the one before, so rows that come in meanwhile shift nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")

DEFAULT_LIMIT = 50
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """`next` is the key to ask the following page with (`after`), None on the last."""

    items: tuple[Item, ...]
    next: str | None = None


def page_of(rows: Sequence[Item], limit: int, key: Callable[[Item], str]) -> Page[Item]:
    """Make a page of `rows`, which were asked for with `limit + 1`."""
    if len(rows) <= limit:
        return Page(tuple(rows))
    return Page(tuple(rows[:limit]), key(rows[limit - 1]))
