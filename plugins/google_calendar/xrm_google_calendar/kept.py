"""What an event says and Google has no place for: kept beside it, in private properties that only its programs see.

Google's limits for them ("Extended properties"): 44 characters a name, 1,024 a value, 32 kB in all. They belong to this
calendar's copy of the event, and guests never see them.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from icalendar import Component, Event

from .fields import ALARMS, GROUPS, Group
from .properties import block, lines_of

PREFIX = "xrm.ical."
CHUNK = 1024
MOST_CHUNKS = 28
LARGEST = 1_000_000
"""Bytes that a kept text may unfold to: whoever writes to the calendar could have put a bomb there."""

TOLD_BY_GOOGLE = frozenset({"UID", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE", "RECURRENCE-ID"})
OF_GOOGLE = "X-GOOGLE-"
"""Properties that tell what is only at Google's: they come from there and are never sent back."""

MAPPED = frozenset(name for group in GROUPS for name in group.names) | TOLD_BY_GOOGLE


def lines_to_keep(event: Event, plain: Event) -> list[str]:
    """The content lines of `event` that `plain`, the same event as Google would tell it, does not hold."""
    rest = [name for name in event if name not in MAPPED and not name.startswith(OF_GOOGLE)]
    kept = lines_of(event, rest)
    for group in GROUPS:
        mine = lines_of_group(event, group)
        if not group.exact and mine and mine != lines_of_group(plain, group):
            kept += mine
    others = [part for part in event.subcomponents if part.name != "VALARM"]
    return kept + [line for part in others for line in block(part)]


def lines_of_group(event: Event, group: Group) -> list[str]:
    """The content lines of a group's properties."""
    if group is ALARMS:
        alarms = [block(part) for part in event.subcomponents if part.name == "VALARM"]
        return [line for alarm in sorted(alarms) for line in alarm]
    return lines_of(event, group.names)


def names_of(lines: Sequence[str]) -> tuple[str, ...]:
    """The properties that `lines` hold, each once."""
    names = (line.partition(":")[0].partition(";")[0] for line in lines)
    return tuple(dict.fromkeys(name for name in names if name not in ("BEGIN", "END")))


def packed(lines: Sequence[str]) -> dict[str, str] | None:
    """The private properties that keep `lines`; None for more than Google holds."""
    if not lines:
        return {}
    written = base64.b64encode(zlib.compress("\n".join(lines).encode(), 9)).decode()
    chunks = [written[start : start + CHUNK] for start in range(0, len(written), CHUNK)]
    if len(chunks) > MOST_CHUNKS:
        return None
    return {f"{PREFIX}{number}": chunk for number, chunk in enumerate(chunks)}


def unpacked(item: Mapping[str, Any]) -> Event | None:
    """The properties that were kept beside `item`, as an event of these alone; None without, or if they are no use."""
    properties = (item.get("extendedProperties") or {}).get("private") or {}
    chunks: list[str] = []
    while f"{PREFIX}{len(chunks)}" in properties:
        chunks.append(str(properties[f"{PREFIX}{len(chunks)}"]))
    if not chunks:
        return None
    try:
        unfolding = zlib.decompressobj()
        lines = unfolding.decompress(base64.b64decode("".join(chunks)), LARGEST).decode().split("\n")
        component = Component.from_ical("\r\n".join(("BEGIN:VEVENT", *lines, "END:VEVENT", "")))
    except (ValueError, zlib.error, binascii.Error):
        return None
    return component if isinstance(component, Event) else None


def change(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, str | None]:
    """What to PATCH so that the private properties `before` become `after`."""
    gone: dict[str, str | None] = {name: None for name in before if name not in after}
    return {**{name: value for name, value in after.items() if before.get(name) != value}, **gone}
