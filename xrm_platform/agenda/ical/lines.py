"""iCalendar as lines in blocks (RFC 5545 §3.1), kept so exactly that an edit leaves every other line as it was.

A line keeps how it was written, folding included; only its ending becomes CRLF. What is no content line is not in the
blocks and is told as a `LineFault`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

FOLD_AT = 75
"""Octets of a line, without its ending (RFC 5545 §3.1)."""

MAX_DEPTH = 8
MAX_NOTED = 200
"""How many faults are told one by one; a file that is no iCalendar at all has as many as lines."""

_NAME = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)?")
_PARAMS = re.compile(r'(?:"[^"]*"|[^":])*:')
_PARAM = re.compile(r';\s*([A-Za-z0-9-]+)\s*=\s*((?:"[^"]*"|[^";])*)')
_BREAK = re.compile(r"\r\n|\r|\n")
_CARET = re.compile(r"\^([n'^])")
_QUOTED = re.compile(r'[,;:"^\r\n]')


@dataclass(frozen=True, slots=True)
class Line:
    """A property. `written` is what stands in the file, `params` are by upper-case name, unquoted and decoded
    (RFC 6868); `value` is as written."""

    name: str
    params: tuple[tuple[str, str], ...]
    value: str
    written: str
    number: int = 0

    def param(self, name: str) -> str:
        return next((value for known, value in self.params if known == name), "")

    @property
    def unfolded(self) -> str:
        return unfold(self.written)


@dataclass(frozen=True, slots=True)
class Block:
    """A component: its lines and the blocks inside it, in the order of the file. `first` and `last` are its BEGIN and
    END as written."""

    name: str
    items: tuple[Line | Block, ...]
    first: str
    last: str
    number: int = 0

    @property
    def lines(self) -> Iterator[Line]:
        return (item for item in self.items if isinstance(item, Line))

    @property
    def blocks(self) -> Iterator[Block]:
        return (item for item in self.items if isinstance(item, Block))

    def line(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def all(self, *names: str) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.name in names)

    def value(self, name: str) -> str:
        found = self.line(name)
        return "" if found is None else found.value

    def with_items(self, items: Sequence[Line | Block]) -> Block:
        return Block(self.name, tuple(items), self.first, self.last, self.number)


@dataclass(frozen=True, slots=True)
class LineFault:
    """Something of the file that is not in the blocks. `code` is `not_a_line`, `end_without_begin`, `unclosed`,
    `outside` or `too_deep`."""

    code: str
    number: int
    text: str


@dataclass(slots=True)
class _Open:
    name: str
    first: str
    number: int
    items: list[Line | Block] = field(default_factory=list)


def line(name: str, value: str, /, **params: str) -> Line:
    """A new property, folded. The value is written as it is; `x_y` stands for the parameter X-Y."""
    named = tuple((key.upper().replace("_", "-"), given) for key, given in params.items() if given)
    return Line(name, named, value, fold(name + "".join(map(_written_param, named)) + ":" + value))


def with_param(old: Line, name: str, value: str | None) -> Line:
    """A property with another value of one parameter, or (None) without it; all its other parameters stay as they are
    written, lists and quotes too."""
    head, tail = _parted(old)
    found = [(one.start(), one.end()) for one in _PARAM.finditer(head) if one[1].upper() == name]
    first = found[0][0] if found else next((at for at, char in enumerate(head) if char == ";"), len(head))
    kept, last = "", 0
    for start, end in found:
        kept += head[last:start]
        last = end
    kept += head[last:]
    if value is not None:
        kept = kept[:first] + _written_param((name, value)) + kept[first:]
    params = tuple((found[1].upper(), _decoded(found[2])) for found in _PARAM.finditer(kept))
    return Line(old.name, params, old.value, fold(f"{kept}:{tail}"), old.number)


def _parted(old: Line) -> tuple[str, str]:
    """Name and parameters, and the value, as written."""
    flat = old.unfolded
    at = len(flat) - len(old.value)
    return flat[: at - 1], flat[at:]


def block(name: str, items: Sequence[Line | Block]) -> Block:
    return Block(name, tuple(items), f"BEGIN:{name}", f"END:{name}")


def text_of(*blocks: Block) -> str:
    """The blocks as they are stored and sent: every line with CRLF."""
    return "".join(f"{written}\r\n" for block_ in blocks for written in _written(block_))


def parse(text: str, *, salvages: bool = False) -> tuple[tuple[Block, ...], tuple[LineFault, ...]]:
    """All complete blocks of a text, and what it has beside them. Never raises.

    `salvages`: of a calendar that is cut off keep what is complete in it.
    """
    faults: list[LineFault] = []
    done: list[Block] = []
    stack: list[_Open] = []
    for number, written in _physical(text):
        read = _line(written, number)
        if read is None:
            _note(faults, "not_a_line", number, written)
        elif read.name == "BEGIN":
            stack.append(_Open(read.value.strip().upper(), written, number))
        elif read.name == "END":
            _close(stack, done, read, faults)
        elif stack:
            stack[-1].items.append(read)
        else:
            _note(faults, "outside", number, written)
    for left in stack:
        _note(faults, "unclosed", left.number, left.name)
        if salvages and left.name == "VCALENDAR":
            done.append(Block(left.name, tuple(left.items), left.first, "END:VCALENDAR", left.number))
    return tuple(done), tuple(faults)


def _close(stack: list[_Open], done: list[Block], read: Line, faults: list[LineFault]) -> None:
    name = read.value.strip().upper()
    if not any(open_.name == name for open_ in stack):
        _note(faults, "end_without_begin", read.number, read.written)
        return
    while stack[-1].name != name:
        left = stack.pop()
        _note(faults, "unclosed", left.number, left.name)
    closed = stack.pop()
    made = Block(closed.name, tuple(closed.items), closed.first, read.written, closed.number)
    if len(stack) >= MAX_DEPTH:
        _note(faults, "too_deep", closed.number, closed.name)
    elif stack:
        stack[-1].items.append(made)
    else:
        done.append(made)


def _note(faults: list[LineFault], code: str, number: int, text: str) -> None:
    if len(faults) < MAX_NOTED:
        faults.append(LineFault(code, number, unfold(text)[:80]))


def _physical(text: str) -> Iterator[tuple[int, str]]:
    """Lines with what is folded under them, each with the number of its first; empty ones are nothing."""
    parts: list[str] = []
    started = 0
    for number, raw in enumerate(_BREAK.split(text), 1):
        if raw[:1] in (" ", "\t") and parts:
            parts.append(raw)
            continue
        if parts:
            yield started, "\r\n".join(parts)
        parts, started = ([raw], number) if raw.strip() else ([], number)
    if parts:
        yield started, "\r\n".join(parts)


def _line(written: str, number: int) -> Line | None:
    flat = unfold(written)
    named = _NAME.match(flat)
    if named is None:
        return None
    rest = flat[named.end() :]
    head = _PARAMS.match(rest)
    if head is None or (head.end() > 1 and not rest.lstrip().startswith(";")):
        return None
    params = tuple((found[1].upper(), _decoded(found[2])) for found in _PARAM.finditer(rest[: head.end() - 1]))
    return Line(named[0].upper(), params, rest[head.end() :], written, number)


def unfold(written: str) -> str:
    if "\r\n" not in written:
        return written
    first, *others = written.split("\r\n")
    return first + "".join(part[1:] for part in others)


def fold(flat: str) -> str:
    """Broken after at most 75 octets, never inside a character."""
    if len(flat.encode()) <= FOLD_AT:
        return flat
    parts, current, size = [], "", 0
    for char in flat:
        octets = len(char.encode())
        if size + octets > FOLD_AT:
            parts.append(current)
            current, size = " ", 1
        current += char
        size += octets
    return "\r\n".join((*parts, current))


def _decoded(value: str) -> str:
    value = value.strip().replace('"', "")
    if "^" not in value:
        return value
    return _CARET.sub(lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], value)


def _written_param(param: tuple[str, str]) -> str:
    name, value = param
    if _QUOTED.search(value):
        escaped = value.replace("^", "^^").replace("\r\n", "^n").replace("\n", "^n").replace('"', "^'")
        return f';{name}="{escaped}"'
    return f";{name}={value}"


def _written(block_: Block) -> Iterator[str]:
    yield block_.first
    for item in block_.items:
        if isinstance(item, Line):
            yield item.written
        else:
            yield from _written(item)
    yield block_.last
