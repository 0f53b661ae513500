"""Phone numbers that an SMS can reach: from what people write to E.164."""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from xrm_platform.problems import Fault

OVERSEAS = ("GP", "MQ", "GF", "RE", "YT")
"""French overseas departments: people there write numbers without the prefix, as in mainland France."""

MAX_WRITTEN = 40
"""Characters in which anybody writes a number."""

_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def mobile_number(given: str, country: str) -> str | Fault:
    """The E.164 form of a number as written by a person in `country` (ISO 3166), or why no SMS can go there.

    A number written the French way that is no number of mainland France is tried in the overseas departments, and taken
    when exactly one of them has such a mobile number.
    """
    if len(given) > MAX_WRITTEN:
        return Fault("number_unreadable", {"given": given[:MAX_WRITTEN]})
    candidates = [number for region in _regions(country) if (number := _parse(given, region)) is not None]
    if not candidates:
        return Fault("number_unreadable", {"given": given})
    first, *others = candidates
    if phonenumbers.is_valid_number(first):
        return _as_mobile(first, given)
    mobiles = {_e164(number) for number in others if phonenumbers.is_valid_number(number) and _is_mobile(number)}
    if len(mobiles) == 1:
        return mobiles.pop()
    return Fault("number_impossible", {"given": given})


def shown(number: str) -> str:
    """An E.164 number as people write it internationally."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return number


def _regions(country: str) -> tuple[str, ...]:
    return (country, *OVERSEAS) if country == "FR" else (country,)


def _parse(given: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(given, region)
    except NumberParseException:
        return None


def _as_mobile(number: PhoneNumber, given: str) -> str | Fault:
    return _e164(number) if _is_mobile(number) else Fault("number_not_mobile", {"given": given})


def _is_mobile(number: PhoneNumber) -> bool:
    return phonenumbers.number_type(number) in _MOBILE


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
