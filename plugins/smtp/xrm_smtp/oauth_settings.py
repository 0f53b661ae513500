"""How an account signs in: with a password, or by the consent of a person to a client of the customer's own."""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields, validate, validates_schema

from xrm_platform.providers import ProviderSettings, secret

from .loopback import is_loopback
from .oauth_services import GOOGLE, MICROSOFT, PASSWORD, SERVICE_OF_HOST

_TENANT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$")
"""`common`, `organizations`, `consumers`, an identifier, or a domain of the tenant."""


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


class OAuthSettings(ProviderSettings):
    """With `google` or `microsoft` no password is stored: the user is the mail address whose person allows access."""

    server: ClassVar[str] = "host"
    server_security: ClassVar[str] = "security"
    user: ClassVar[str] = "username"
    its_password: ClassVar[str] = "password"  # noqa: S105 - the name of a setting
    """Names of the settings that say who signs in where."""

    sign_in = fields.String(
        load_default=PASSWORD, validate=validate.OneOf([PASSWORD, GOOGLE, MICROSOFT], error="not_a_sign_in")
    )
    client_id = fields.String(load_default=None, allow_none=True)
    client_secret = secret(load_default=None, allow_none=True)
    tenant = fields.String(load_default=None, allow_none=True, validate=validate.Regexp(_TENANT, error="not_a_tenant"))
    auth_url = fields.String(load_default=None, allow_none=True, validate=_check_url)
    token_url = fields.String(load_default=None, allow_none=True, validate=_check_url)

    @validates_schema(skip_on_field_errors=True)
    def _one_way_in(self, data: dict[str, Any], **_: Any) -> None:
        sign_in = data.get("sign_in", PASSWORD)
        if sign_in == PASSWORD:
            for name in ("client_id", "client_secret", "tenant", "auth_url", "token_url"):
                if data.get(name):
                    raise ValidationError("sign_in_by_password", name)
            return
        host = data.get(self.server) or ""
        if SERVICE_OF_HOST.get(host.lower(), sign_in) != sign_in:
            raise ValidationError("sign_in_of_another_service", "sign_in")
        if data.get(self.its_password):
            raise ValidationError("password_with_consent", self.its_password)
        if not data.get(self.user):
            raise ValidationError("consent_without_user", self.user)
        if not data.get("client_id"):
            raise ValidationError("client_missing", "client_id")
        if sign_in == GOOGLE and not data.get("client_secret"):
            raise ValidationError("client_secret_missing", "client_secret")
        if sign_in != MICROSOFT and data.get("tenant"):
            raise ValidationError("tenant_of_microsoft", "tenant")
        if data.get(self.server_security) == "none" and not is_loopback(host):
            raise ValidationError("password_in_clear", self.server_security)
