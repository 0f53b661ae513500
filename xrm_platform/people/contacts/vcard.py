"""Contacts as vCard: read from versions 2.1, 3.0 and 4.0, written as 3.0 or 4.0. Consent does not travel by vCard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any, BinaryIO

from xrm_platform.problems import Fault, Invalid

from .csv_reading import BorrowedText, encoding_of
from .given import ContactChanges, MailGiven, PhoneGiven
from .rows import Row, country_code
from .vcard_lines import Property, components, escaped, folded, properties, text_of
from .views import ContactView

_CALLED = {
    "first_name": "N",
    "last_name": "N",
    "company": "ORG",
    "country": "ADR",
    "language": "LANG",
    "notes": "NOTE",
    "reference": "X-XRM-REFERENCE",
}
VERSIONS = ("3.0", "4.0")
MOST_PROPERTIES = 1000
"""Of one card, among those that are read. Nobody has as many; a file made to exhaust the machine does."""

_LABELS = {"cell": "mobile", "work": "work", "home": "home", "fax": "fax", "pager": "pager", "main": "main"}
_TYPES = {label: kind for kind, label in _LABELS.items()}
_READ = frozenset(
    {"FN", "N", "ORG", "KIND", "TEL", "EMAIL", "ADR", "LANG", "NOTE", "X-ABLABEL", "X-XRM-REFERENCE", "X-XRM-LANGUAGE"}
)


def is_vcard(start: bytes) -> bool:
    """Whether a file that starts so is one of vCards, in whichever encoding."""
    return start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").upper().startswith(b"BEGIN:VCARD")


def read_vcards(file: BinaryIO) -> tuple[str, Iterator[Row]]:
    """The encoding, and the contacts as they are asked for. Blocking: called in a thread. Raises `Invalid`."""
    encoding = encoding_of(file)
    file.seek(0)
    return encoding, _cards(BorrowedText(file, encoding=encoding, newline=""))


def _cards(text: BorrowedText) -> Iterator[Row]:
    """A line outside of a card, or that cannot be read, is passed over; a card without an end is a fault."""
    card: list[Property] = []
    start, depth = 0, 0
    for found in properties(text):
        if isinstance(found, int):
            continue
        marks = found.name, found.value.strip().upper()
        if marks == ("BEGIN", "VCARD"):
            depth += 1
            start = found.line if depth == 1 else start
        elif marks == ("END", "VCARD"):
            if depth == 1:
                yield _row(start, card)
                card = []
            depth = max(0, depth - 1)
        elif depth == 1 and found.name in _READ and len(card) <= MOST_PROPERTIES:
            card.append(found)
    if depth:
        yield Row(start, faults={"row": Fault("vcard_without_end")})


def _row(line: int, card: Sequence[Property]) -> Row:
    if len(card) > MOST_PROPERTIES:
        return Row(line, faults={"row": Fault("vcard_too_long", {"limit": MOST_PROPERTIES})})

    def first(name: str) -> str:
        return next((text_of(one.value).strip() for one in card if one.name == name and one.value.strip()), "")

    family, given, additional, *_ = (*_components(card, "N"), "", "", "")
    company = (*_components(card, "ORG"), "")[0]
    if not family and not given and first("KIND").lower() != "org" and first("FN") != company:
        family = first("FN")
    changes: dict[str, Any] = {
        "first_name": f"{given} {additional}".strip(),
        "last_name": family,
        "company": company or (first("FN") if not family and not given else ""),
        "country": country_code((*_components(card, "ADR"), *[""] * 7)[6]),
        "language": first("LANG") or first("X-XRM-LANGUAGE"),
        "notes": first("NOTE"),
        "reference": first("X-XRM-REFERENCE"),
        "phones": [PhoneGiven(_number(one), _label(one, card)) for one in _preferred(card, "TEL")],
        "mails": [MailGiven(text_of(one.value).strip(), _label(one, card)) for one in _preferred(card, "EMAIL")],
    }
    filled = {name: value for name, value in changes.items() if value or name in ("phones", "mails")}
    names = _CALLED | {f"phones.{place}": "TEL" for place in range(len(changes["phones"]))}
    names |= {f"mails.{place}": "EMAIL" for place in range(len(changes["mails"]))}
    return Row(line, ContactChanges(**filled), names=names)  # type: ignore[typeddict-item]  # the names are those above


def _components(card: Sequence[Property], name: str) -> list[str]:
    found = next((one.value for one in card if one.name == name and one.value.strip("; ")), "")
    return [part.strip() for part in components(found)]


def _preferred(card: Sequence[Property], name: str) -> list[Property]:
    found = [one for one in card if one.name == name and one.value.strip()]
    return sorted(found, key=lambda one: "pref" not in one.types and "PREF" not in one.params)


def _number(phone: Property) -> str:
    """RFC 3966: what follows a semicolon in a URI are its parameters."""
    value = text_of(phone.value).strip()
    return value[4:].partition(";")[0] if value.lower().startswith("tel:") else value


def _label(about: Property, card: Sequence[Property]) -> str:
    """The label that telephones of Apple and Google keep beside, else the type."""
    if about.group:
        for one in card:
            if (one.name, one.group) == ("X-ABLABEL", about.group):
                return text_of(one.value).removeprefix("_$!<").removesuffix(">!$_").strip()
    return next((label for kind, label in _LABELS.items() if kind in about.types), "")


def vcard_of(contact: ContactView, version: str) -> str:
    """The card of a contact, its lines folded. Raises `Invalid` for a version that is not written."""
    if version not in VERSIONS:
        raise Invalid.field("version", "vcard_version_unknown", known=", ".join(VERSIONS))
    return "".join(folded(line) for line in _lines(contact, version))


def _lines(contact: ContactView, version: str) -> Iterator[str]:
    newest = version == "4.0"
    person = (contact.last_name, contact.first_name)
    known = (contact.name, *(phone.shown for phone in contact.phones), *(mail.address for mail in contact.mails))
    yield from ("BEGIN:VCARD", f"VERSION:{version}", f"UID:urn:uuid:{contact.id}")
    yield f"FN:{escaped(next(name for name in known if name))}"
    yield f"N:{';'.join(map(escaped, person))};;;"
    if newest and not any(person) and contact.company:
        yield "KIND:org"
    if contact.company:
        yield f"ORG:{escaped(contact.company)}"
    for place, phone in enumerate(contact.phones, start=1):
        value = f";VALUE=uri:tel:{phone.number}" if newest else f":{phone.number}"
        yield from _labelled(f"phone{place}", "TEL", phone.label, value)
    for place, mail in enumerate(contact.mails, start=1):
        yield from _labelled(f"mail{place}", "EMAIL", mail.label, f":{escaped(mail.address)}")
    if contact.country:
        yield f"ADR:;;;;;;{contact.country}"
    if contact.language:
        yield f"{'LANG' if newest else 'X-XRM-LANGUAGE'}:{contact.language}"
    if contact.notes:
        yield f"NOTE:{escaped(contact.notes)}"
    if contact.reference:
        yield f"X-XRM-REFERENCE:{escaped(contact.reference)}"
    yield f"REV:{contact.updated_at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    yield "END:VCARD"


def _labelled(group: str, name: str, label: str, value: str) -> Iterator[str]:
    if label in _TYPES:
        yield f"{name};TYPE={_TYPES[label]}{value}"
    elif label:
        yield f"{group}.{name}{value}"
        yield f"{group}.X-ABLabel:{escaped(label)}"
    else:
        yield f"{name}{value}"
