"""The calendars of a person: listed, read and created."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from typing import Any

from xrm_platform.providers import BadResponse, ProviderError, RemoteCalendar

from .client import GoogleClient
from .family import items_of

WRITERS = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
RGB = re.compile(r"#[0-9A-Fa-f]{6}")
BLACK, WHITE = "#000000", "#FFFFFF"


async def every(client: GoogleClient) -> list[RemoteCalendar]:
    """All calendars of the account, by their lasting ids: "primary" is never among them."""
    found = []
    async for page in client.pages("users", "me", "calendarList", maxResults=250):
        found += [calendar_of(entry) for entry in items_of(page) if not entry.get("deleted")]
    return found


async def one(client: GoogleClient, id_: str) -> RemoteCalendar:
    """The calendar `id_`, which may be "primary". Raises `NotFound`."""
    return calendar_of(await client.get("users", "me", "calendarList", id_))


async def create(client: GoogleClient, name: str, color: str | None) -> RemoteCalendar:
    """A new calendar in the zone of the person's own. Its colour is a second request: the calendar is there even if
    Google refuses that."""
    primary = await client.get("calendars", "primary")
    body = {"summary": name, "timeZone": primary.get("timeZone", "UTC")}
    made = await client.write("POST", "calendars", body=body)
    if not isinstance(made.get("id"), str):
        raise BadResponse
    if color is not None:
        with contextlib.suppress(ProviderError):
            return await _recolor(client, made["id"], color)
    return calendar_of({**made, "accessRole": "owner"})


async def change(client: GoogleClient, id_: str, name: str, color: str | None) -> RemoteCalendar:
    """Another name, for everybody who sees the calendar, and another colour, for this person. Raises `NotFound`."""
    before = await one(client, id_)
    if before.name != name:
        await client.write("PATCH", "calendars", id_, body={"summary": name})
    if color is not None and before.color != color.upper():
        return await _recolor(client, id_, color)
    return await one(client, id_)


async def _recolor(client: GoogleClient, id_: str, color: str) -> RemoteCalendar:
    colors = {"backgroundColor": color, "foregroundColor": readable_on(color)}
    query = {"colorRgbFormat": "true"}
    return calendar_of(await client.write("PATCH", "users", "me", "calendarList", id_, body=colors, query=query))


def calendar_of(entry: Mapping[str, Any]) -> RemoteCalendar:
    """An entry of the list. Raises `BadResponse`."""
    if not isinstance(entry.get("id"), str):
        raise BadResponse
    color = str(entry.get("backgroundColor", ""))
    return RemoteCalendar(
        id=entry["id"],
        name=str(entry.get("summaryOverride") or entry.get("summary") or entry["id"]),
        color=color.upper() if RGB.fullmatch(color) else None,
        time_zone=str(entry["timeZone"]) if entry.get("timeZone") else None,
        writable=entry.get("accessRole") in WRITERS,
    )


def readable_on(color: str) -> str:
    """Black or white, whichever is easier to read on `color` (relative luminance, roughly as in WCAG 2)."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else WHITE
