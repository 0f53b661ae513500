"""Whom a bulk job goes to: contacts of the address book, or the lines of a file. Pure, but for the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from xrm_platform.messaging.sms.numbers import mobile_number
from xrm_platform.people.contacts.columns import columns_of
from xrm_platform.people.contacts.csv_reading import Line, read_cells
from xrm_platform.people.contacts.folding import fold
from xrm_platform.people.contacts.views import ContactView
from xrm_platform.people.phones import PhoneKind
from xrm_platform.problems import Fault, Invalid

SENDER, BASE = "sender", "base"
_OURS = {"sender": SENDER, "expediteur": SENDER, "base": BASE}
CONTACT_FIELDS = ("first_name", "last_name", "company", "phone", "mail", "reference", "notes", "country", "language")
_NAMES = ("first_name", "last_name", "company")


@dataclass(frozen=True, slots=True)
class Person:
    """`number` is in E.164, or why there is none; `values` are those of the fields by their keys."""

    position: int
    number: str | Fault
    written: str = ""
    name: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class File:
    """A table of people that is being read; `people` are taken from it one by one, in a thread."""

    encoding: str
    headers: tuple[str, ...]
    people: Iterator[Person]

    def key_of(self, name: str) -> str | None:
        """The key of the field that a template calls `name` (folded): a column by its header, or by what it holds in
        the other language, else one of the platform's own."""
        keys = [fold(header) for header in self.headers]
        if name in keys:
            return name
        meant = _meaning(name)
        holding = [key for key in keys if meant is not None and _meaning(key) == meant]
        return holding[0] if holding else _OURS.get(name)

    @property
    def known(self) -> Sequence[str]:
        return (*self.headers, SENDER, BASE)


def contact_key(name: str) -> str | None:
    """The key of the field of a contact that a template calls `name` (folded), in French or in English."""
    meant = _meaning(name)
    return meant if meant in CONTACT_FIELDS else _OURS.get(name)


def person_of(contact: ContactView, position: int) -> Person:
    """A contact, by its first mobile number."""
    mobile = next((phone for phone in contact.phones if phone.kind == PhoneKind.MOBILE), None)
    values = {name: str(getattr(contact, name, None) or "") for name in CONTACT_FIELDS}
    values["phone"] = contact.phones[0].shown if contact.phones else ""
    values["mail"] = contact.mails[0].address if contact.mails else ""
    number: str | Fault = Fault("contact_without_mobile") if mobile is None else mobile.number
    return Person(position, number, mobile.shown if mobile else values["phone"], contact.name, values)


def read_people(file: BinaryIO, country: str, number_column: str | None) -> File:
    """The people of a CSV; numbers are those of `country` (ISO 3166), in the column `number_column` or in the columns
    whose headers say so. Blocking.

    Raises `Invalid` for a file that cannot be read, or in which no column holds numbers.
    """
    cells = read_cells(file)
    places = _number_columns(cells.headers, number_column)
    if not places:
        found = ", ".join(cells.headers)[:300]
        if number_column is not None:
            raise Invalid.field("number_column", "bulk_no_such_column", column=number_column[:80], found=found)
        raise Invalid.field("file", "bulk_number_column_missing", found=found)
    keys = [fold(header) for header in cells.headers]
    naming = [index for index, column in enumerate(columns_of(cells.headers)) if column and column.field in _NAMES]

    def person(line: Line) -> Person:
        if line.fault is not None:
            return Person(line.number, line.fault)
        values: dict[str, str] = {}
        for key, cell in zip(keys, line.cells, strict=False):
            values.setdefault(key, cell)
        written, number = _number(line.cells, places, country)
        name = " ".join(line.cells[index] for index in naming if index < len(line.cells) and line.cells[index])
        return Person(line.number, number, written, name, values)

    return File(cells.encoding, cells.headers, (person(line) for line in cells.lines))


def _number_columns(headers: Sequence[str], wanted: str | None) -> list[int]:
    """Where numbers are looked for, the likeliest first: mobile numbers before others."""
    if wanted is not None:
        return [index for index, header in enumerate(headers) if fold(header) == fold(wanted)][:1]
    found = [
        (index, column.label)
        for index, column in enumerate(columns_of(headers))
        if column is not None and column.field == "phone" and column.part != "label"
    ]
    return [index for index, label in found if label == "mobile"] + [i for i, label in found if label != "mobile"]


def _number(cells: Sequence[str], places: Sequence[int], country: str) -> tuple[str, str | Fault]:
    """The first number to which an SMS can go, as it is written and in E.164; else the first, and what is wrong."""
    written = [cells[index] for index in places if index < len(cells) and cells[index]]
    faults: list[Fault] = []
    for one in written:
        number = mobile_number(one, country)
        if not isinstance(number, Fault):
            return one, number
        faults.append(number)
    return (written[0], faults[0]) if written else ("", Fault("number_missing"))


def _meaning(name: str) -> str | None:
    """What a header holds, whichever language it is in."""
    (column,) = columns_of([name])
    return None if column is None or column.part == "label" or column.field == "consent" else column.field


KeyOf = Callable[[str], str | None]
