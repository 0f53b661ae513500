"""What an Esendex account is asked for. Its errors are codes of the section `errors` of the translations."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, pre_load, validate

from xrm_platform.providers import ProviderSettings, secret

ESENDEX_URL = "https://api.esendex.com"

LONGEST_VALIDITY = 72
"""Hours (XSD of the dispatcher)."""

PHONE_ORIGINATOR = re.compile(r"\+?[0-9]{4,15}")
FRENCH_MOBILE = re.compile(r"(?:(?:\+|00)?(?:33|262|590|594|596)0?|0)[67][0-9]{8}")
"""06 and 07, overseas too, as people write them without spaces."""

NAMED_ORIGINATOR = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{1,9}[A-Za-z0-9]")


def is_originator(written: str) -> bool:
    """Whether French networks show `written` as the sender: a phone number (short codes have 4 digits at least, others
    15 at most), or a name of 3 to 11 ASCII letters, digits and spaces with at least one letter.

    Esendex takes more characters in a name, and warns that networks in France may not show them.
    """
    if is_french_mobile(written):
        return False
    return bool(PHONE_ORIGINATOR.fullmatch(written) or NAMED_ORIGINATOR.fullmatch(written))


def is_french_mobile(written: str) -> bool:
    """Whether it is a number of a person in France: since 2023 these are for what people write to each other, and no
    platform may send from one (Arcep, decision 2022-1583)."""
    return bool(FRENCH_MOBILE.fullmatch(written))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or address alone, without asking the DNS."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_originator(written: str) -> None:
    if is_french_mobile(written):
        raise ValidationError("mobile_originator")
    if not is_originator(written):
        raise ValidationError("not_an_originator")


def _check_url(written: str) -> None:
    """An https address without credentials, query or fragment; http leads to this machine only (a stand-in)."""
    try:
        url = urlsplit(written)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise ValidationError("not_a_url") from error
    if url.scheme not in {"https", "http"} or not host or url.username is not None or url.query or url.fragment:
        raise ValidationError("not_a_url")
    if url.scheme == "http" and not is_loopback(host):
        raise ValidationError("password_in_clear")


class EsendexSettings(ProviderSettings):
    """Sign-in by HTTP Basic: the e-mail address of an Esendex user and its API password, which is not the password of
    the website. The account reference is no credential: it says on which of the user's accounts to send."""

    url = fields.String(load_default=ESENDEX_URL, validate=_check_url)
    username = fields.String(required=True, validate=validate.Email(error="not_an_email"))
    password = secret(required=True)
    account_reference = fields.String(
        required=True, validate=validate.Regexp(r"[Ee][Xx][0-9]{4,10}\Z", error="not_an_account_reference")
    )
    originator = fields.String(required=True, validate=_check_originator)
    validity_hours = fields.Integer(
        validate=validate.Range(1, LONGEST_VALIDITY, error="not_a_validity"),
        error_messages={"invalid": "not_a_validity"},
    )

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text, and people paste a space too many."""
        stripped = {
            name: value.strip() if isinstance(value, str) and name != "password" else value
            for name, value in data.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}
