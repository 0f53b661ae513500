"""What an account of Google Calendar is asked for. Its errors are codes of the section `errors` of the translations."""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, pre_load, validate, validates_schema

from xrm_platform.providers import ProviderSettings, secret

API_URL = "https://www.googleapis.com"
TOKEN_URL = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address, and no token
AUTH_URL = "https://accounts.google.com/o/oauth2/v2/auth"


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine by its name or address alone, without asking the DNS."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
        raise ValidationError("token_in_clear")


def read_service_account(written: str) -> dict[str, str]:
    """The key file of a service account. Raises `ValueError` for anything else, without repeating it."""
    try:
        info = json.loads(written)
    except ValueError:
        info = None
    names = ("client_email", "private_key")
    if not isinstance(info, dict) or info.get("type") != "service_account":
        raise ValueError("not the key file of a service account")
    if not all(isinstance(info.get(name), str) and info[name] for name in names):
        raise ValueError("the key file has no client_email or private_key")
    return info


def _check_service_account(written: str) -> None:
    try:
        read_service_account(written)
    except ValueError:
        raise ValidationError("not_a_service_account") from None


class GoogleCalendarSettings(ProviderSettings):
    """Either a client of Google's OAuth, to which the person gives their consent in the browser (or has given it:
    `refresh_token`), or the key of a service account that speaks for `account` by domain-wide delegation."""

    account = fields.String(required=True, validate=validate.Email(error="not_an_email"))
    calendar_id = fields.String(load_default="primary", validate=validate.Length(min=1, max=1024))
    client_id = fields.String(load_default="")
    client_secret = secret(load_default="")
    refresh_token = secret(load_default="")
    service_account = secret(load_default="", validate=_check_service_account)
    url = fields.String(load_default=API_URL, validate=_check_url)
    token_url = fields.String(load_default=TOKEN_URL, validate=_check_url)
    auth_url = fields.String(load_default=AUTH_URL, validate=_check_url)

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text, and people paste a space too many."""
        stripped = {name: value.strip() if isinstance(value, str) else value for name, value in data.items()}
        return {name: value for name, value in stripped.items() if value != ""}

    @validates_schema
    def _one_way_in(self, data: dict[str, Any], **_: Any) -> None:
        if data["service_account"]:
            return
        missing = {name: ["client_or_service_account"] for name in ("client_id", "client_secret") if not data[name]}
        if missing:
            raise ValidationError(missing)
