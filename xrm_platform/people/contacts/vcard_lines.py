"""The line format of vCard (RFC 6350 §3, RFC 2426 §2, and what version 2.1 left in old telephones): pure.

Our own reader, because the library there is (vobject) does not know version 4.0, has no release that does, and stops at
the first odd line, where an address book of a telephone must lose that line only.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

LONGEST = 1024 * 1024
"""Characters of one property; pictures are longer than what we read, and skipped."""

_NAME = re.compile(r"(?:(?P<group>[\w-]+)\.)?(?P<name>[\w-]+)(?P<params>(?:;[^\":]*(?:\"[^\"]*\"[^\":]*)*)?):")
_PARAM = re.compile(r";(?P<name>[\w-]+)(?:=(?P<value>(?:\"[^\"]*\"|[^;\"])*))?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FOLD_AT = 75


@dataclass(frozen=True, slots=True)
class Property:
    """`name` and `group` are upper-case; `types` lower-case; `value` is as written, but decoded from 2.1's encoding."""

    line: int
    name: str
    value: str
    group: str = ""
    types: frozenset[str] = frozenset()
    params: Mapping[str, str] = field(default_factory=dict)


def properties(lines: Iterable[str]) -> Iterator[Property | int]:
    """The properties of a text; in the place of a line that is none, its number."""
    for number, line in _unfolded(lines):
        if line.strip():
            yield _property(number, line) or number


def _unfolded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Long lines are folded: what goes on starts with a space, or in 2.1 the line before ends in `=`."""
    start, size = 1, 0
    pieces: list[str] = []
    quoted = goes_on = False
    for number, raw in enumerate(lines, start=1):
        line = raw.rstrip("\r\n")
        piece = line
        if not goes_on and size and line[:1] in (" ", "\t"):
            piece = line[1:]
        elif not goes_on:
            yield start, "".join(pieces)
            start, size, pieces = number, 0, []
            quoted = "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
        goes_on = quoted and line.endswith("=")
        if size < LONGEST:
            pieces.append(piece[:-1] if goes_on else piece)
        size += len(piece)
    yield start, "".join(pieces)


def _property(number: int, line: str) -> Property | None:
    match = _NAME.match(line)
    if match is None:
        return None
    params: dict[str, str] = {}
    types: set[str] = set()
    for param in _PARAM.finditer(match["params"] or ""):
        name, value = param["name"].upper(), param["value"]
        if value is None:
            types.add(name.lower())
        elif name == "TYPE":
            types.update(one.strip().lower() for one in value.replace('"', "").split(","))
        else:
            params[name] = value.strip('"')
    value = line[match.end() :]
    if params.get("ENCODING", "").upper() == "QUOTED-PRINTABLE" or "quoted-printable" in types:
        value = _from_quoted_printable(value, params.get("CHARSET", "utf-8"))
    return Property(number, match["name"].upper(), value, (match["group"] or "").upper(), frozenset(types), params)


def _from_quoted_printable(value: str, charset: str) -> str:
    """Backslashes of the text are escaped, as they are in the other versions."""
    octets = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")


def text_of(value: str) -> str:
    """A value without its escapes."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def components(value: str) -> list[str]:
    """The parts of a structured value, which semicolons separate, without their escapes."""
    parts, part, after_backslash = [], "", False
    for letter in value:
        if letter == ";" and not after_backslash:
            parts.append(text_of(part))
            part = ""
        else:
            part += letter
        after_backslash = letter == "\\" and not after_backslash
    return [*parts, text_of(part)]


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """At most 75 octets a line, no letter cut in two."""
    pieces, piece, size = [], "", 0
    for letter in line:
        octets = len(letter.encode("utf-8"))
        if size + octets > _FOLD_AT:
            pieces.append(piece)
            piece, size = " ", 1
        piece += letter
        size += octets
    return "\r\n".join((*pieces, piece)) + "\r\n"
