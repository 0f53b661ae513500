"""What an account of OVHcloud SMS is asked for. Its errors are codes of the section `errors` of the translations."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, pre_load, validate

from xrm_platform.providers import ProviderSettings, secret

OVH_URL = "https://eu.api.ovh.com/1.0"

PHONE_SENDER = re.compile(r"\+?[0-9]{4,13}")
FRENCH_MOBILE = re.compile(r"(?:(?:\+|00)?(?:33|262|590|594|596)0?|0)[67][0-9]{8}")
"""06 and 07, overseas too."""

NAMED_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 ]{0,9}[A-Za-z0-9]")


def is_sender(written: str) -> bool:
    """Whether `written` can be a sender: letters, digits and spaces, eleven at most, or a phone number. The API itself
    wants less than 14 characters. Which senders a service has, and whether they are validated, only OVHcloud knows."""
    return bool(PHONE_SENDER.fullmatch(written) or NAMED_SENDER.fullmatch(written))


def is_french_mobile(written: str) -> bool:
    """Whether it is a number in 06 or 07. OVHcloud lets such numbers, for transactional messages only; those of people
    may be shown by no platform at all (Arcep, decision 2022-1583), and it validates none."""
    return bool(FRENCH_MOBILE.fullmatch(written))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or address alone, without asking the DNS."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_sender(written: str) -> None:
    if not is_sender(written):
        raise ValidationError("not_a_sender")


def _check_url(written: str) -> None:
    """An https address without credentials, query or fragment; http leads to this machine only (a stand-in). Requests
    are signed, but what they say would travel readable."""
    try:
        url = urlsplit(written)
        host, _ = url.hostname, url.port
    except ValueError as error:
        raise ValidationError("not_a_url") from error
    if url.scheme not in {"https", "http"} or not host or url.username is not None or url.query or url.fragment:
        raise ValidationError("not_a_url")
    if url.scheme == "http" and not is_loopback(host):
        raise ValidationError("messages_in_clear")


class OvhSettings(ProviderSettings):
    """An application (key and secret) and the consent of a customer that it may act for them (consumer key).

    `service_name` is the SMS account. Without `sender`, messages come from a short number that can be answered.
    """

    url = fields.String(load_default=OVH_URL, validate=_check_url)
    application_key = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9]+\Z", error="not_a_key"))
    application_secret = secret(required=True)
    consumer_key = secret(required=True)
    service_name = fields.String(
        required=True, validate=validate.Regexp(r"sms-[A-Za-z0-9]+-[0-9]+\Z", error="not_a_service_name")
    )
    sender = fields.String(validate=_check_sender)

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text, and people paste a space too many."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        return {name: value for name, value in stripped.items() if value != ""}
