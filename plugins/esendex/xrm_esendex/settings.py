"""What an Esendex account is asked for."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate

from xrm_platform.providers import ProviderSettings, secret

ESENDEX_URL = "https://api.esendex.com"

PHONE_ORIGINATOR = re.compile(r"\+?[0-9]{4,15}")
NAMED_ORIGINATOR = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9 ]{1,9})[A-Za-z0-9]")
ORIGINATOR_RULE = (
    "The originator is a phone number of 4 to 15 digits, or a name of 3 to 11 letters without accents, digits and "
    "spaces, with at least one letter: French networks show no other."
)


def is_originator(written: str) -> bool:
    """Whether French networks show `written` as the sender.

    Esendex takes more characters in a name, and warns that networks in France may not show them; a phone number has at
    most 15 digits, a short code at least 4.
    """
    return bool(PHONE_ORIGINATOR.fullmatch(written) or NAMED_ORIGINATOR.fullmatch(written))


def _check_originator(written: str) -> None:
    if not is_originator(written):
        raise ValidationError(ORIGINATOR_RULE)


def _check_url(written: str) -> None:
    """An https address without credentials, query or fragment; http leads to this machine only (a stand-in)."""
    try:
        url = urlsplit(written)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise ValidationError("Not a valid URL.") from error
    if url.scheme not in ("https", "http") or not host or url.username is not None or url.query or url.fragment:
        raise ValidationError("Not a valid URL: https://host, without credentials or query.")
    if url.scheme == "http" and not is_loopback(host):
        raise ValidationError("The password would travel unencrypted: use https, or http for this machine only.")


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class EsendexSettings(ProviderSettings):
    """Sign-in by HTTP Basic: the e-mail address of an Esendex user and its API password, which is not the password of
    the website. The account reference is no credential: it says on which of the user's accounts to send."""

    url = fields.String(load_default=ESENDEX_URL, validate=_check_url)
    username = fields.Email(required=True)
    password = secret(required=True, validate=validate.Length(min=1))
    account_reference = fields.String(
        required=True,
        validate=validate.Regexp(r"[Ee][Xx][0-9]{4,10}\Z", error="An account reference is EX and digits: EX0000000."),
    )
    originator = fields.String(required=True, validate=_check_originator)
