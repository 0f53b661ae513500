"""Colours: Apple's property of calendars is #RRGGBBAA, and servers hold whatever their clients wrote."""

from __future__ import annotations

import re

_LONG = re.compile(r"#?([0-9A-Fa-f]{6})(?:[0-9A-Fa-f]{2})?")
_SHORT = re.compile(r"#([0-9A-Fa-f])([0-9A-Fa-f])([0-9A-Fa-f])")


def from_server(written: str | None) -> str | None:
    """#RRGGBB in capitals, None for what is no colour in figures (a name, nothing)."""
    text = (written or "").strip()
    long, short = _LONG.fullmatch(text), _SHORT.fullmatch(text)
    if long:
        return f"#{long[1].upper()}"
    if short:
        return "#" + "".join(figure * 2 for figure in short.groups()).upper()
    return None


def to_server(color: str) -> str:
    """#RRGGBBAA, opaque: iCloud takes nothing else, the others take it too."""
    return f"{from_server(color) or '#808080'}FF"
