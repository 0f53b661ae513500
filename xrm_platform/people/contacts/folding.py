"""What names are compared and found by, the same on every database: no accents, no capitals, no punctuation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

import idna

from xrm_platform.people.phones import Phone, phone_of, shown_at_home

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i"})
_DIALLED = re.compile(r"[\d\s+().\-/\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]+")
SORT_KEY_LIMIT = 60
FEWEST_DIGITS = 3
"""From so many on, digits alone are looked for as part of a number."""


def fold(text: str) -> str:
    """The letters and digits of `text` in words of one space between them, lower-case and without accents."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LIGATURES)
    return " ".join("".join(letter if letter.isalnum() else " " for letter in letters).split())


def fold_mail(address: str) -> str:
    """What mail addresses are compared by: lower-case, the domain as it is on the wire."""
    local_part, at, domain = address.strip().rpartition("@")
    return f"{local_part.casefold()}{at}{_fold_domain(domain)}"


@lru_cache(maxsize=1024)
def _fold_domain(domain: str) -> str:
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        return domain.lower()


def name_key(first_name: str, last_name: str) -> str:
    """The same for a person whose first and last name were exchanged."""
    return " ".join(sorted(fold(f"{first_name} {last_name}").split()))


def match_key(first_name: str, last_name: str, company: str) -> str:
    """Contacts of the same key have the same name and company; empty when there is neither."""
    person, firm = name_key(first_name, last_name), fold(company)
    return f"{person}|{firm}" if person or firm else ""


def name_of(match_key: str) -> str:
    """The `name_key` that is in a match key."""
    return match_key.partition("|")[0]


def sort_key(first_name: str, last_name: str, company: str) -> str:
    """By last name, or by company where there is no person."""
    return fold(f"{last_name} {first_name}" if last_name or first_name else company)[:SORT_KEY_LIMIT]


def search_text(texts: Iterable[str], phones: Iterable[str]) -> str:
    """All that a contact is found by: `texts` folded, and each number with and without its country."""
    words = [fold(text) for text in texts]
    for number in phones:
        words += [_digits(number), _digits(shown_at_home(number))]
    return f" {' '.join(word for word in words if word)} "


def words_sought(given: str) -> tuple[str, ...]:
    """The folded words of a search, each of which a contact must have somewhere."""
    return tuple(fold(given).split())


def digits_sought(given: str, country: str) -> tuple[str, ...]:
    """What of a number is looked for, should `given` be a number or a part of one in any spelling."""
    if _DIALLED.fullmatch(given) is None:
        return ()
    digits = _digits(given)
    if len(digits) < FEWEST_DIGITS:
        return ()
    found = {digits.removeprefix("00")}
    phone = phone_of(given, country)
    if isinstance(phone, Phone):
        found.add(_digits(phone.number))
    return tuple(sorted(one for one in found if one))


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal() and character.isascii())
