"""What may be entered about a contact: pure rules, from what is given to what is stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from xrm_platform.people import fields
from xrm_platform.people.phones import phone_of
from xrm_platform.problems import Fault, Invalid

from . import folding

LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
NOTES_LIMIT = 5000
LABEL_LIMIT = 40
MOST_PHONES = 20


@dataclass(frozen=True, slots=True)
class PhoneGiven:
    """A number as people write it. The label is free: mobile, office …"""

    number: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class MailGiven:
    address: str
    label: str = ""


class ContactChanges(TypedDict, total=False):
    """What to change; a field that is left out stays. Phones and mail addresses are given whole, the first first."""

    first_name: str
    last_name: str
    company: str
    phones: Sequence[PhoneGiven]
    mails: Sequence[MailGiven]
    country: str | None
    language: str | None
    notes: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Phone:
    """`number` is E.164."""

    number: str
    label: str
    kind: str


@dataclass(frozen=True, slots=True)
class Mail:
    """`folded` is what addresses are compared by."""

    address: str
    label: str
    folded: str


@dataclass(frozen=True, slots=True)
class Values:
    """A contact as it is stored."""

    first_name: str = ""
    last_name: str = ""
    company: str = ""
    phones: tuple[Phone, ...] = ()
    mails: tuple[Mail, ...] = ()
    country: str | None = None
    language: str | None = None
    notes: str = ""
    reference: str | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of the contact's own row, those drawn from the others included."""
        person = (self.first_name, self.last_name, self.company)
        texts = (*person, self.reference or "", *(mail.address for mail in self.mails))
        return {
            "first_name": self.first_name,
            "last_name": self.last_name,
            "company": self.company,
            "country": self.country,
            "language": self.language,
            "notes": self.notes,
            "reference": self.reference,
            "search": folding.search_text(texts, (phone.number for phone in self.phones)),
            "sort_key": folding.sort_key(*person),
            "match_key": folding.match_key(*person),
        }


def changed(before: Values, changes: ContactChanges, *, country: str) -> Values:
    """`before` with `changes`; numbers without + are of the contact's country, else of `country`, the base's.

    Raises `Invalid` that names every wrong field at once, and for a contact of whom nothing would be known.
    """
    faults: dict[str, Fault | str] = {}
    values: dict[str, Any] = {}
    given: Mapping[str, Any] = {**changes}
    for name, rule in _RULES.items():
        if name in given:
            try:
                values[name] = rule(given[name])
            except Invalid as invalid:
                faults.update(invalid.fields)
    home = values.get("country", before.country) or country
    if "phones" in changes:
        values["phones"] = _phones(changes["phones"], home, faults)
    if "mails" in changes:
        values["mails"] = _mails(changes["mails"], faults)
    if faults:
        raise Invalid(faults)
    after = replace(before, **values)
    if not (after.first_name or after.last_name or after.company or after.phones or after.mails):
        raise Invalid.field("last_name", "contact_empty")
    return after


def reference(given: str | None) -> str | None:
    """The host application's own name for a contact; an empty one is none."""
    return fields.line("reference", given or "") or None


def _country(given: str | None) -> str | None:
    return fields.country(given) if given and given.strip() else None


def _language(given: str | None) -> str | None:
    """A language as BCP 47 writes it, with a country at most: fr, fr-CA."""
    if given is None or not given.strip():
        return None
    language, _, region = given.strip().replace("_", "-").partition("-")
    tag = f"{language.lower()}-{region.upper()}" if region else language.lower()
    if LANGUAGE.fullmatch(tag) is None:
        raise Invalid.field("language", "contact_language_malformed")
    return tag


_RULES: dict[str, Callable[[Any], Any]] = {
    "first_name": lambda given: fields.line("first_name", given),
    "last_name": lambda given: fields.line("last_name", given),
    "company": lambda given: fields.line("company", given),
    "country": _country,
    "language": _language,
    "notes": lambda given: fields.paragraph("notes", given, limit=NOTES_LIMIT),
    "reference": reference,
}


def _phones(given: Sequence[PhoneGiven], country: str, faults: dict[str, Fault | str]) -> tuple[Phone, ...]:
    """Each number once, in the order given."""
    if len(given) > MOST_PHONES:
        faults["phones"] = Fault("contact_too_many", {"limit": MOST_PHONES})
        return ()
    found: dict[str, Phone] = {}
    for place, one in enumerate(given):
        label = _label(f"phones.{place}.label", one.label, faults)
        phone = phone_of(one.number, country)
        if isinstance(phone, Fault):
            faults[f"phones.{place}"] = phone
        else:
            found.setdefault(phone.number, Phone(phone.number, label, phone.kind.value))
    return tuple(found.values())


def _mails(given: Sequence[MailGiven], faults: dict[str, Fault | str]) -> tuple[Mail, ...]:
    """Each address once, in the order given."""
    if len(given) > MOST_PHONES:
        faults["mails"] = Fault("contact_too_many", {"limit": MOST_PHONES})
        return ()
    found: dict[str, Mail] = {}
    for place, one in enumerate(given):
        label = _label(f"mails.{place}.label", one.label, faults)
        try:
            address = fields.email(one.address)
        except Invalid:
            address = None
        if address is None:
            faults[f"mails.{place}"] = Fault("email_malformed")
        else:
            folded = folding.fold_mail(address)
            found.setdefault(folded, Mail(address, label, folded))
    return tuple(found.values())


def _label(field: str, given: str, faults: dict[str, Fault | str]) -> str:
    try:
        return fields.line(field, given, limit=LABEL_LIMIT)
    except Invalid as invalid:
        faults.update(invalid.fields)
        return ""
