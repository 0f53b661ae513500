"""The octets of a mail, parsed, with bounds to what that costs. Pure.

The parser of the standard library takes memory for every part, header and line, and time for every line by how deep it
lies: a few megabytes can be written so that they cost gigabytes or minutes.
"""

from __future__ import annotations

import re
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32, Policy
from typing import Any

MAX_HEADER = 16_000
"""Characters of a header. What the standard library does with one takes time by the square of its length: a subject of
a megabyte of encoded words, or so many parameters, take a minute."""

MAX_MIME_HEADER = 3_000
"""Of those that every part has, and that are read again for each parameter. The name of a file may take 2,500."""

MAX_HEADERS = 2_000
"""Headers of one part; the mail of a list with fifty stations has two hundred."""

MAX_PIECES = 3_000
"""Parts, and groups of fields of a report: one for each recipient."""

MAX_LINES = 1_500_000
"""Fifty megabytes in base64 are 700,000."""

MAX_WORK = 50_000_000
"""Lines, times the parts that hold others: each line is held against the boundaries of all that it lies in."""

HEAD = 256 * 1024
"""Octets at the start of a mail in which its headers are looked for when it is not taken apart."""

_HOLDS_OTHERS = re.compile(rb"boundary[\s*0-9]*=", re.IGNORECASE)


class TooMuchError(ValueError):
    """More of something than any real mail has."""


class _Piece(Message):
    def set_raw(self, name: str, value: Any) -> None:
        if len(self) >= MAX_HEADERS:
            raise TooMuchError
        super().set_raw(name, value)


class _Head(Message):
    def set_raw(self, name: str, value: Any) -> None:
        if len(self) < MAX_HEADERS:
            super().set_raw(name, value)


class _Cut(Compat32):
    """Headers of every part, each cut at its limit. Of the mails before one the last ones count."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if name.lower() == "references":
            return name, value[-MAX_HEADER:]
        return name, value[: MAX_MIME_HEADER if name.lower().startswith("content-") else MAX_HEADER]


def parsed(octets: bytes) -> Message:
    """A whole mail. Raises `TooMuchError`, and whatever the standard library raises for what it cannot read."""
    lines = max(octets.count(b"\n"), octets.count(b"\r"))
    if lines > MAX_LINES or lines * len(_HOLDS_OTHERS.findall(octets)) > MAX_WORK:
        raise TooMuchError
    return BytesParser(policy=_for_one_mail()).parsebytes(octets)


def parsed_head(octets: bytes) -> Message:
    """The headers of a mail alone, as many as anybody needs."""
    return BytesHeaderParser(policy=_Cut(message_factory=_Head)).parsebytes(octets[:HEAD])


def _for_one_mail() -> Policy:
    """Its pieces are counted."""
    pieces = 0

    def piece(policy: Policy | None = None) -> Message:
        nonlocal pieces
        pieces += 1
        if pieces > MAX_PIECES:
            raise TooMuchError
        return _Piece() if policy is None else _Piece(policy)

    return _Cut(message_factory=piece)
