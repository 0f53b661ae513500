"""What is told of an import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ImportColumnView:
    """`header` as the file has it; `field` is what it holds, None where it is not understood and left out."""

    header: str
    field: str | None


@dataclass(frozen=True, slots=True)
class ImportFaultView:
    """`name` is what the file calls the field; empty for the row as a whole."""

    name: str
    code: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportRowView:
    """What becomes of a row: created, updated, unchanged, duplicate (not brought in, probably known already) or fault.

    `line` is where it starts in the file; `contact` the one that it updates or repeats. With an update, `faults` say
    what of the row was left out."""

    line: int
    outcome: str
    name: str
    company: str
    phones: tuple[str, ...]
    mails: tuple[str, ...]
    reference: str | None
    contact: str | None
    faults: tuple[ImportFaultView, ...]


@dataclass(frozen=True, slots=True)
class ImportView:
    """`kind` is csv or vcard. `first` are the first rows; `rows` those that were not simply created, updated or
    unchanged."""

    kind: str
    encoding: str
    delimiter: str
    columns: tuple[ImportColumnView, ...]
    rows_read: int
    created: int
    updated: int
    unchanged: int
    duplicates: int
    faults: int
    first: tuple[ImportRowView, ...]
    rows: tuple[ImportRowView, ...]
