"""What a column of a file holds, by what its header says in French or English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .folding import fold
from .views import ConsentChannel, Purpose

_NAMES = {
    "first_name": "prenom, prenoms, first name, firstname, given name, forename",
    "last_name": "nom, nom de famille, last name, lastname, surname, family name, name, nom complet, full name",
    "company": "societe, entreprise, raison sociale, organisation, company, company name, organization, "
    "organization name, etablissement",
    "country": "pays, code pays, country, country code",
    "language": "langue, code langue, language",
    "notes": "notes, note, remarque, remarques, commentaire, commentaires, comment, comments",
    "reference": "reference, ref, reference externe, code client, numero client, customer code, customer number, "
    "external id, external reference",
    "phone": "telephone, tel, numero, numero de telephone, n de telephone, phone, phone number, number",
    "mail": "mail, e mail, email, courriel, adresse mail, adresse e mail, adresse email, adresse electronique, "
    "adresse de messagerie, mail address, email address, e mail address",
}
_LABELLED = {
    "mobile": "mobile, portable, gsm, tel mobile, tel portable, telephone mobile, telephone portable, mobile phone, "
    "cell phone, numero de mobile, numero de portable, mobile number",
    "fixe": "fixe, tel fixe, telephone fixe",
    "landline": "landline, landline phone",
    "bureau": "bureau, tel bureau, telephone bureau, telephone professionnel, telephone pro",
    "work": "work phone, business phone, office phone",
    "domicile": "tel domicile, telephone domicile, telephone personnel",
    "home": "home phone",
}
_FIELDS = {header: name for name, headers in _NAMES.items() for header in headers.split(", ")}
_LABELS = {header: label for label, headers in _LABELLED.items() for header in headers.split(", ")}
_NUMBERED = re.compile(r"(?P<name>.*?)(?: (?P<place>\d{1,2}))?(?: (?P<part>label|libelle|type|value|valeur))?")
_CONSENT = re.compile(
    r"(?P<channel>sms|e mail|email|mail) (?:(?P<purpose>marketing|transactional|transactionnel) )?"
    r"(?P<part>consent|consentement|source|wording|formulation|date)"
)
_PARTS = {"consentement": "consent", "formulation": "wording"}
FEWEST = ("last_name", "first_name", "company", "phone", "mail")
"""A file has at least one of these."""


@dataclass(frozen=True, slots=True)
class Column:
    """`field` is one of `ContactChanges`, or phone, mail, consent. Of phones and mail addresses `place` tells several
    apart, and `label` is the one that the header gives all of them; `part` is `label` where the column holds labels. A
    consent's `place` is its channel and purpose."""

    field: str
    place: str = ""
    part: str = ""
    label: str = ""


def columns_of(headers: Sequence[str]) -> tuple[Column | None, ...]:
    """What each column holds; None for one that is not understood. Of two that claim the same the first has it."""
    found: list[Column | None] = []
    taken: set[tuple[str, str, str]] = set()
    for index, header in enumerate(headers):
        column = _column(header, index)
        claim = None if column is None else (column.field, column.place, column.part)
        if claim is None or claim in taken:
            found.append(None)
            continue
        taken.add(claim)
        found.append(column)
    return tuple(found)


def _column(header: str, index: int) -> Column | None:
    folded = fold(header)
    consent = _CONSENT.fullmatch(folded)
    if consent is not None:
        return _consent_column(consent)
    match = _NUMBERED.fullmatch(folded)
    if match is None:
        return None
    name, place, part = match["name"], match["place"] or "", match["part"]
    label = _LABELS.get(name, "")
    field = "phone" if label else _FIELDS.get(name)
    if field not in ("phone", "mail"):
        return Column(field) if field is not None and not place and part is None else None
    if part in ("label", "libelle", "type"):
        return Column(field, place=f"{label}{place}", part="label")
    return Column(field, place=f"{label}{place}" if label or place else f"column {index}", label=label)


def _consent_column(match: re.Match[str]) -> Column:
    channel = ConsentChannel.SMS if match["channel"] == "sms" else ConsentChannel.MAIL
    purpose = Purpose.TRANSACTIONAL if (match["purpose"] or "").startswith("transaction") else Purpose.MARKETING
    return Column("consent", place=f"{channel} {purpose}", part=_PARTS.get(match["part"], match["part"]))
