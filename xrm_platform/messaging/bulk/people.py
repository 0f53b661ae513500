"""Whom a bulk job goes to: contacts of the address book, or the lines of a file. Pure, but for the file itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.messaging.sms.numbers import mobile_number
from xrm_platform.people.contacts.columns import columns_of
from xrm_platform.people.contacts.csv_reading import Line, read_cells
from xrm_platform.people.contacts.folding import fold
from xrm_platform.people.contacts.views import ContactView
from xrm_platform.people.lookup import Sender
from xrm_platform.people.phones import PhoneKind
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Address, Channel

SENDER, SENDER_MAIL, SENDER_MOBILE, BASE = "sender", "sender_mail", "sender_mobile", "base"
OWN_FIELDS = {
    SENDER: "sender/expéditeur",
    SENDER_MAIL: "sender_mail/mail_expéditeur",
    SENDER_MOBILE: "sender_mobile/mobile_expéditeur",
    BASE: "base",
}
"""The platform's own, each as people read it: in English and in French, and both can be written."""

_OURS = {
    "sender": SENDER,
    "expediteur": SENDER,
    "sender mail": SENDER_MAIL,
    "mail expediteur": SENDER_MAIL,
    "sender mobile": SENDER_MOBILE,
    "mobile expediteur": SENDER_MOBILE,
    "base": BASE,
}
CONTACT_FIELDS = {
    "first_name": "first_name/prénom",
    "last_name": "last_name/nom",
    "company": "company/société",
    "phone": "phone/téléphone",
    "mail": "mail",
    "reference": "reference/référence",
    "notes": "notes/remarques",
    "country": "country/pays",
    "language": "language/langue",
}
"""Those of a contact."""

_NAMES = ("first_name", "last_name", "company")


@dataclass(frozen=True, slots=True)
class Person:
    """`address` is a number in E.164 or a mail address, or why there is none; `values` are those of the fields by their
    keys."""

    position: int
    address: str | Fault
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
        return (*self.headers, *OWN_FIELDS.values())


def contact_key(name: str) -> str | None:
    """The key of the field of a contact that a template calls `name` (folded), in French or in English."""
    meant = _meaning(name)
    return meant if meant in CONTACT_FIELDS else _OURS.get(name)


def own_values(sender: Sender, base_name: str) -> dict[str, str]:
    """The values of the platform's own fields."""
    values = {SENDER: sender.name, SENDER_MAIL: sender.email, SENDER_MOBILE: sender.mobile, BASE: base_name}
    return {key: value or "" for key, value in values.items()}


def person_of(contact: ContactView, position: int, channel: Channel = Channel.SMS) -> Person:
    """A contact, by its first mobile number or its first mail address."""
    mobile = next((phone for phone in contact.phones if phone.kind == PhoneKind.MOBILE), None)
    values = {name: str(getattr(contact, name, None) or "") for name in CONTACT_FIELDS}
    values["phone"] = contact.phones[0].shown if contact.phones else ""
    values["mail"] = contact.mails[0].address if contact.mails else ""
    if channel is Channel.MAIL:
        if not contact.mails:
            return Person(position, Fault("contact_without_mail"), "", contact.name, values)
        return Person(position, _mail(values["mail"]), values["mail"], contact.name, values)
    number: str | Fault = Fault("contact_without_mobile") if mobile is None else mobile.number
    return Person(position, number, mobile.shown if mobile else values["phone"], contact.name, values)


def read_people(file: BinaryIO, country: str, address_column: str | None, channel: Channel = Channel.SMS) -> File:
    """The people of a CSV; numbers are those of `country` (ISO 3166). They or the mail addresses are in the column
    `address_column` or in the columns whose headers say so. Blocking.

    Raises `Invalid` for a file that cannot be read, or in which no column holds any.
    """
    cells = read_cells(file)
    places = _address_columns(cells.headers, address_column, channel)
    if not places:
        found = ", ".join(cells.headers)[:300]
        if address_column is not None:
            raise Invalid.field("address_column", "bulk_no_such_column", column=address_column[:80], found=found)
        kind = "mail" if channel is Channel.MAIL else "number"
        raise Invalid.field("file", f"bulk_{kind}_column_missing", found=found)
    keys = [fold(header) for header in cells.headers]
    naming = [index for index, column in enumerate(columns_of(cells.headers)) if column and column.field in _NAMES]

    def person(line: Line) -> Person:
        if line.fault is not None:
            return Person(line.number, line.fault)
        values: dict[str, str] = {}
        for key, cell in zip(keys, line.cells, strict=False):
            values.setdefault(key, cell)
        written, address = _address(line.cells, places, country, channel)
        name = " ".join(line.cells[index] for index in naming if index < len(line.cells) and line.cells[index])
        return Person(line.number, address, written, name, values)

    return File(cells.encoding, cells.headers, (person(line) for line in cells.lines))


def _address_columns(headers: Sequence[str], wanted: str | None, channel: Channel) -> list[int]:
    """Where numbers or mail addresses are looked for, the likeliest first: mobile numbers before others."""
    if wanted is not None:
        return [index for index, header in enumerate(headers) if fold(header) == fold(wanted)][:1]
    found = [
        (index, column.label)
        for index, column in enumerate(columns_of(headers))
        if column is not None
        and column.field == ("mail" if channel is Channel.MAIL else "phone")
        and column.part != "label"
    ]
    return [index for index, label in found if label == "mobile"] + [i for i, label in found if label != "mobile"]


def _address(cells: Sequence[str], places: Sequence[int], country: str, channel: Channel) -> tuple[str, str | Fault]:
    """The first address to which a message can go, as it is written and as it is used; else the first, and what is
    wrong."""
    written = [cells[index] for index in places if index < len(cells) and cells[index]]
    faults: list[Fault] = []
    for one in written:
        address = _mail(one) if channel is Channel.MAIL else mobile_number(one, country)
        if not isinstance(address, Fault):
            return one, address
        faults.append(address)
    missing = Fault("mail_missing" if channel is Channel.MAIL else "number_missing")
    return (written[0], faults[0]) if written else ("", missing)


def _mail(written: str) -> str | Fault:
    address = mail_address(written)
    return address.email if isinstance(address, Address) else address


def _meaning(name: str) -> str | None:
    """What a header holds, whichever language it is in."""
    (column,) = columns_of([name])
    return None if column is None or column.part == "label" or column.field == "consent" else column.field


KeyOf = Callable[[str], str | None]
