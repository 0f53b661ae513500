"""Listings that are shown whole unless the person asks for a part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from xrm_platform.store import Page

Item = TypeVar("Item")

STEP = 500


async def pages(
    listing: Callable[[str | None, int], Awaitable[Page[Item]]], after: str | None, limit: int | None
) -> tuple[list[Item], str | None]:
    """`limit` items after the key `after`, and the key of what follows them; without `limit` all of them."""
    items: list[Item] = []
    while True:
        page = await listing(after, STEP if limit is None else min(STEP, limit - len(items)))
        items += page.items
        after = page.next
        if after is None or (limit is not None and len(items) >= limit):
            return items, after
