"""Reads contacts from CSV as office programs and other systems write it. Blocking: called in a thread."""

from __future__ import annotations

import codecs
import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from xrm_platform.problems import Fault, Invalid

from .columns import FEWEST, Column, columns_of
from .given import ContactChanges, MailGiven, PhoneGiven
from .rows import ConsentGiven, Row, consent_state, country_code, language_code, moment

DELIMITERS = (";", ",", "\t")
FORMULA_STARTS = "=+-@\t\r＝＋－＠"
"""What office programs take for the start of a formula, the wide forms where one writes Chinese or Japanese (CWE-1236).
Our export puts an apostrophe before it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 256 * 1024
_NOT_IN_TEXT = bytes(range(9)) + bytes(range(14, 32)) + b"\x0b\x0c\x7f"


class BorrowedText(io.TextIOWrapper):
    """Text over a file that is the caller's: it is left open."""

    def close(self) -> None:
        """Nothing of ours is to be closed."""


@dataclass(frozen=True, slots=True)
class Table:
    """What is known from the first line. `headers` are as written, `columns` what they hold."""

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    columns: tuple[Column | None, ...]
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table below its header: `number` is where it starts in the file, `cells` are as written, without the
    apostrophe that guards a formula. With `fault` it cannot be read."""

    number: int
    cells: tuple[str, ...] = ()
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """A table of which nobody has said yet what it is about. Empty lines are left out."""

    encoding: str
    delimiter: str
    headers: tuple[str, ...]
    lines: Iterator[Line]


def read_cells(file: BinaryIO) -> Cells:
    """The table of `file`, which must be able to seek; lines are read as they are asked for.

    Raises `Invalid` for an unknown encoding and for an empty file.
    """
    encoding = encoding_of(file)
    file.seek(0)
    text = BorrowedText(file, encoding=encoding, newline="")
    header = _first_line(text)
    delimiter, headers = _split(header.text)
    return Cells(encoding, delimiter, tuple(headers), _lines(text, header.number, delimiter, len(headers)))


def read_csv(file: BinaryIO, *, time_zone: str) -> Table:
    """The contacts of `file`, which must be able to seek; rows are read as they are asked for.

    Raises `Invalid` for an unknown encoding, an empty file, and one in which no column is of any use.
    """
    cells = read_cells(file)
    columns = columns_of(cells.headers)
    if not any(column is not None and column.field in FEWEST for column in columns):
        raise Invalid.field("file", "csv_column_missing", found=", ".join(cells.headers)[:300])
    rows = (_row(line, cells.headers, columns, time_zone) for line in cells.lines)
    return Table(cells.encoding, cells.delimiter, cells.headers, columns, rows)


def encoding_of(file: BinaryIO) -> str:
    """UTF-8, UTF-16, or Windows' Western one, each only if the whole file can be read in it.

    Raises `Invalid` when it is none of them: names with wrong letters would be worse than none.
    """
    start = file.read(2048)
    for candidate in _candidates(start):
        file.seek(0)
        if _is_in(file, candidate):
            return candidate
    raise Invalid.field("file", "csv_encoding_unknown")


def _candidates(start: bytes) -> tuple[str, ...]:
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return (encoding,)
    if start[1::2].count(0) > len(start) // 4:
        return ("utf-16-le",)
    if start[::2].count(0) > len(start) // 4:
        return ("utf-16-be",)
    return ("utf-8", "cp1252")


def _is_in(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while piece := file.read(_PIECE):
            decoder.decode(piece)
            if encoding == "cp1252" and piece.translate(None, _NOT_IN_TEXT) != piece:
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Header:
    text: str
    number: int


def _first_line(text: io.TextIOWrapper) -> _Header:
    """The header: the first line with anything in it, past the `sep=;` that Excel knows."""
    for number, line in enumerate(iter(text.readline, ""), start=1):
        stripped = line.strip("\r\n\ufeff")
        if stripped.strip(" ;,\t") and not stripped.lower().startswith("sep="):
            return _Header(stripped, number)
    raise Invalid.field("file", "csv_empty")


def _split(header: str) -> tuple[str, list[str]]:
    """The delimiter with which most of the header is understood, and the headers."""
    try:
        ways = [(delimiter, next(csv.reader([header], delimiter=delimiter))) for delimiter in DELIMITERS]
    except csv.Error as error:
        raise Invalid.field("file", "csv_row_unreadable") from error

    def understood(way: tuple[str, list[str]]) -> tuple[int, int]:
        return sum(column is not None for column in columns_of(way[1])), len(way[1])

    delimiter, headers = max(ways, key=understood)
    return delimiter, [name.strip() for name in headers]


def _lines(text: io.TextIOWrapper, lines_before: int, delimiter: str, width: int) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter)
    while True:
        number = lines_before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, fault=Fault("csv_row_unreadable"))
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[width:]):
            yield Line(number, fault=Fault("csv_too_many_cells", {"count": len(cells), "limit": width}))
        else:
            yield Line(number, tuple(map(_plain, cells)))


def _row(line: Line, headers: Sequence[str], columns: Sequence[Column | None], time_zone: str) -> Row:
    if line.fault is not None:
        return Row(line.number, faults={"row": line.fault})
    changes: dict[str, Any] = {}
    several: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    names: dict[str, str] = {}
    for header, column, cell in zip(headers, columns, line.cells, strict=False):
        if column is None or not cell:
            continue
        if column.field in ("phone", "mail", "consent"):
            parts = several[column.field][column.place]
            parts[column.part or "value"] = cell
            if column.part != "label":
                parts["header"] = header
                parts.setdefault("label", column.label)
        else:
            changes[column.field] = _READ.get(column.field, str)(cell)
            names[column.field] = header
    changes["phones"] = [
        PhoneGiven(parts["value"], parts["label"]) for parts in _given(several["phone"], "phones", names)
    ]
    changes["mails"] = [MailGiven(parts["value"], parts["label"]) for parts in _given(several["mail"], "mails", names)]
    faults: dict[str, Fault | str] = {}
    consents = tuple(
        consent
        for place, parts in several["consent"].items()
        if (consent := _consent(place, parts, time_zone, faults)) is not None
    )
    return Row(line.number, ContactChanges(**changes), consents, faults, names)  # type: ignore[typeddict-item]


_READ = {"country": country_code, "language": language_code}


def _plain(cell: str) -> str:
    """Without the apostrophe that keeps office programs from taking a text for a formula."""
    text = cell.strip()
    is_guarded = text.startswith("'") and text.lstrip("'").startswith(tuple(FORMULA_STARTS))
    return text[1:] if is_guarded else text


def _given(places: Mapping[str, dict[str, str]], path: str, names: dict[str, str]) -> list[dict[str, str]]:
    """Those that have more than a label."""
    given = [parts for parts in places.values() if "value" in parts]
    names.update({f"{path}.{index}": parts["header"] for index, parts in enumerate(given)})
    return given


def _consent(
    place: str, parts: Mapping[str, str], time_zone: str, faults: dict[str, Fault | str]
) -> ConsentGiven | None:
    if "consent" not in parts:
        return None
    channel, _, purpose = place.partition(" ")
    at = None
    if "date" in parts:
        at = moment(parts["date"], time_zone)
        if at is None:
            faults[f"{place} date"] = Fault("csv_date_malformed", {"given": parts["date"][:40]})
    return ConsentGiven(
        channel, purpose, consent_state(parts["consent"]), parts.get("source", ""), parts.get("wording", ""), at
    )
