"""Cursors: what the platform keeps between two listings, and hands back without knowing what it says."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

LARGEST = 64 * 1024 * 1024
"""Octets that a cursor may grow to when it is unpacked."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`token` is the server's own word for a state (sync token, ctag, ETag, date); `seen` the version of each item, by
    its ref, where the server has no memory and we have to find out what changed."""

    kind: str
    token: str = ""
    seen: Mapping[str, str] = field(default_factory=dict)

    def emptied(self, versions: Mapping[str, str]) -> bool:
        """Whether nothing at all is left of what was there. That more often is a fault than a wish: such a listing is
        told as a complete one, so that the platform can ask."""
        return bool(self.seen) and not versions

    def written(self) -> str:
        """As one line of ASCII. Items are packed: five thousand take about 200 kB."""
        if not self.seen:
            return json.dumps([self.kind, self.token])
        packed = zlib.compress(json.dumps(self.seen, separators=(",", ":")).encode(), 9)
        return json.dumps([self.kind, self.token, base64.b85encode(packed).decode()])


def read_cursor(written: str | None, kind: str) -> Cursor | None:
    """The cursor of this kind that `written` says; None for anything else, which means to begin anew."""
    try:
        found = json.loads(written or "")
        told, token, *packed = found
        seen = json.loads(_unpacked(packed[0])) if packed else {}
    except (ValueError, TypeError, zlib.error, binascii.Error, RecursionError):
        return None
    if told != kind or not isinstance(token, str) or not isinstance(seen, dict):
        return None
    return Cursor(kind, token, seen)


def _unpacked(packed: str) -> bytes:
    inflater = zlib.decompressobj()
    return inflater.decompress(base64.b85decode(packed), LARGEST)
