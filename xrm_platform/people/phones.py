"""Phone numbers: from what people write to E.164, and back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from xrm_platform.problems import Fault

OVERSEAS = ("GP", "MQ", "GF", "RE", "YT")
"""French overseas departments: people there write numbers without the prefix, as in mainland France."""

MAX_WRITTEN = 40
"""Characters in which anybody writes a number."""


class PhoneKind(StrEnum):
    """`OTHER` are numbers over the internet, premium rates and the like."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as E.164. Where a country does not tell its mobiles from its landlines, it counts as mobile."""

    number: str
    kind: PhoneKind


_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.LANDLINE,
}


def phone_of(given: str, country: str, *, kinds: frozenset[PhoneKind] = frozenset(PhoneKind)) -> Phone | Fault:
    """The number that a person in `country` (ISO 3166) wrote, or why it is none.

    A number written the French way that is no number of mainland France is tried in the overseas departments, and taken
    when exactly one of them has such a number of one of `kinds`.
    """
    if len(given) > MAX_WRITTEN:
        return Fault("number_unreadable", {"given": given[:MAX_WRITTEN]})
    here = _parse(given, country)
    if here is not None and phonenumbers.is_valid_number(here):
        return _phone(here)
    regions = OVERSEAS if country == "FR" else ()
    others = [number for region in regions if (number := _parse(given, region)) is not None]
    if here is None and not others:
        return Fault("number_unreadable", {"given": given})
    overseas = {_phone(number) for number in others if phonenumbers.is_valid_number(number)}
    fitting = [phone for phone in overseas if phone.kind in kinds]
    if len(fitting) == 1:
        return fitting[0]
    return Fault("number_impossible", {"given": given})


def shown(number: str) -> str:
    """An E.164 number as people write it internationally."""
    return _formatted(number, PhoneNumberFormat.INTERNATIONAL)


def shown_at_home(number: str) -> str:
    """An E.164 number as people of its own country write it."""
    return _formatted(number, PhoneNumberFormat.NATIONAL)


def _formatted(number: str, form: int) -> str:
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), form)
    except NumberParseException:
        return number


def _parse(given: str, region: str) -> PhoneNumber | None:
    """None for a number with an extension too: E.164 would lose it."""
    try:
        number = phonenumbers.parse(given, region)
    except NumberParseException:
        return None
    return None if number.extension else number


def _phone(number: PhoneNumber) -> Phone:
    kind = _KINDS.get(phonenumbers.number_type(number), PhoneKind.OTHER)
    return Phone(phonenumbers.format_number(number, PhoneNumberFormat.E164), kind)
