"""Phone numbers that an SMS can reach."""

from __future__ import annotations

from xrm_platform.people.phones import PhoneKind, phone_of
from xrm_platform.problems import Fault


def mobile_number(given: str, country: str) -> str | Fault:
    """The E.164 form of a number as written by a person in `country` (ISO 3166), or why no SMS can go there."""
    phone = phone_of(given, country, kinds=frozenset({PhoneKind.MOBILE}))
    if isinstance(phone, Fault):
        return phone
    return phone.number if phone.kind is PhoneKind.MOBILE else Fault("number_not_mobile", {"given": given})
