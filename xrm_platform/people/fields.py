"""What may be entered about bases and people: pure rules. Each gives the value as it is stored, or raises `Invalid`."""

from __future__ import annotations

import re
import unicodedata

import idna
import phonenumbers

from xrm_platform.problems import Invalid

CODE = re.compile(r"[A-Z0-9_-]{1,20}")
TYPE_CODE = re.compile(r"[a-z0-9_-]{1,30}")
LOGIN = re.compile(r"[\w.@+-]{1,64}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")

_JOINING = "\u00ad\u200c\u200d"
"""Soft hyphens, and what joins letters or emoji, or keeps them apart: seen by nobody, and part of what people type."""

NAME_LIMIT = 100
SIGNATURE_LIMIT = 5000
PASSWORD_MINIMUM = 10
PASSWORD_LIMIT = 1024
EMAIL_LIMIT = 254
LOCAL_PART_LIMIT = 64


def code(given: str, *, field: str = "code") -> str:
    """The code of a base or a collaborator, such as COM: A-Z, 0-9, - and _, at most 20."""
    text = given.strip().upper()
    if CODE.fullmatch(text) is None:
        raise Invalid.field(field, "code_malformed")
    return text


def type_code(given: str) -> str:
    text = given.strip().lower()
    if TYPE_CODE.fullmatch(text) is None:
        raise Invalid.field("code", "type_code_malformed")
    return text


def login(given: str) -> str:
    """A login is the same however its letters are typed: capitals and composed accents make no difference."""
    text = _folded(given)
    if LOGIN.fullmatch(text) is None:
        raise Invalid.field("login", "login_malformed")
    return text


def login_to_find(given: str) -> str:
    """The login to look for; what none can be is the empty one, which nobody has."""
    folded = _folded(given)
    return folded if LOGIN.fullmatch(folded) else ""


def _folded(given: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", given.strip()).casefold())


def line(field: str, given: str, *, limit: int = NAME_LIMIT, required: bool = False) -> str:
    """One line of text, without the spaces around it. One that does not break, as word processors write them in French,
    becomes a plain one."""
    plain = given if given.isprintable() else "".join(" " if _is_space(letter) else letter for letter in given)
    text = plain.strip()
    if required and not text:
        raise Invalid.field(field, "required")
    if len(text) > limit:
        raise Invalid.field(field, "text_too_long", limit=limit, length=len(text))
    if not _is_readable(text):
        raise Invalid.field(field, "text_not_printable")
    return text


def paragraph(field: str, given: str, *, limit: int) -> str:
    """Text of several lines, which end in a line feed as it is stored."""
    text = given.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if len(text) > limit:
        raise Invalid.field(field, "text_too_long", limit=limit, length=len(text))
    if not _is_readable(text.replace("\n", "").replace("\t", "")):
        raise Invalid.field(field, "text_not_printable")
    return text


def _is_readable(text: str) -> bool:
    """Whether there is nothing in it but letters, signs and spaces of any width."""
    return text.isprintable() or all(letter.isprintable() or letter in _JOINING or _is_space(letter) for letter in text)


def _is_space(letter: str) -> bool:
    return unicodedata.category(letter) == "Zs"


def email(given: str | None) -> str | None:
    """One mail address, as typed; its domain may be international (IDNA 2008). Nothing given is None.

    The local part is a dot-atom of RFC 5321 (quoted ones are refused), the whole at most 254 octets on the wire.
    """
    if given is None or not given.strip():
        return None
    address = given.strip()
    local_part, _, domain = address.rpartition("@")
    try:
        ascii_domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise Invalid.field("email", "email_malformed") from error
    plausible = (
        _LOCAL_PART.fullmatch(local_part) is not None
        and len(local_part) <= LOCAL_PART_LIMIT
        and "." in ascii_domain.rstrip(".")
        and not domain.endswith(".")
        and len(local_part) + 1 + len(ascii_domain) <= EMAIL_LIMIT
        and address.isprintable()
    )
    if not plausible:
        raise Invalid.field("email", "email_malformed")
    return address


def phone(field: str, given: str | None, *, country: str) -> str | None:
    """A phone number as E.164; without + it is one of `country` (ISO 3166, two letters). Nothing given is None."""
    if given is None or not given.strip():
        return None
    try:
        number = phonenumbers.parse(given, country)
    except phonenumbers.NumberParseException as error:
        raise Invalid.field(field, "phone_malformed", country=country) from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise Invalid.field(field, "phone_malformed", country=country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def country(given: str) -> str:
    code_of_country = given.strip().upper()
    if code_of_country not in phonenumbers.SUPPORTED_REGIONS:
        raise Invalid.field("country", "country_unknown")
    return code_of_country


def password(given: str, *, field: str = "password") -> str:
    """A password that may be given: 10 to 1024 characters, whichever they are."""
    if len(given) < PASSWORD_MINIMUM:
        raise Invalid.field(field, "password_too_short", limit=PASSWORD_MINIMUM)
    if len(given) > PASSWORD_LIMIT:
        raise Invalid.field(field, "text_too_long", limit=PASSWORD_LIMIT, length=len(given))
    return given
