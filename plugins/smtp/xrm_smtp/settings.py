"""What an account is asked for. Its errors are codes of the section `errors` of the translations."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from xrm_platform.providers import ProviderSettings, secret

from .dkim_settings import DkimSettings
from .loopback import is_loopback
from .oauth_services import PASSWORD
from .oauth_settings import OAuthSettings
from .ports import RECEIVING, SENDING, wrong_protocol, wrong_security

_HOST = re.compile(r"(?:[^\s/@:]+|[0-9A-Fa-f:]+)$")


class ServerSettings(ProviderSettings):
    """A server and, if it wants to know who sends, a user; and, if mail is to come in, where from. The mailbox has the
    same user and password unless others are given. Loads to a dict that holds every name."""

    host = fields.String(required=True, validate=validate.Regexp(_HOST, error="not_a_host"))
    security = fields.String(
        load_default="tls", validate=validate.OneOf(["tls", "starttls", "none"], error="not_a_security")
    )
    port = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 65535, error="not_a_port"),
        error_messages={"invalid": "not_a_port"},
    )
    username = fields.String(load_default=None, allow_none=True)
    password = secret(load_default=None, allow_none=True)
    ca_file = fields.String(load_default=None, allow_none=True)
    receive = fields.String(
        load_default="none", validate=validate.OneOf(["none", "imap", "pop"], error="not_a_way_to_receive")
    )
    receive_host = fields.String(
        load_default=None, allow_none=True, validate=validate.Regexp(_HOST, error="not_a_host")
    )
    receive_security = fields.String(
        load_default="tls", validate=validate.OneOf(["tls", "starttls", "none"], error="not_a_security")
    )
    receive_port = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 65535, error="not_a_port"),
        error_messages={"invalid": "not_a_port"},
    )
    receive_username = fields.String(load_default=None, allow_none=True)
    receive_password = secret(load_default=None, allow_none=True)

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text."""
        stripped = {
            name: value.strip() if isinstance(value, str) and not name.endswith("password") else value
            for name, value in data.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        security, port = data.get("security"), data.get("port")
        username, password = data.get("username"), data.get("password")
        if wrong := wrong_protocol(port, "smtp"):
            raise ValidationError(wrong, "port")
        if wrong := wrong_security(port, security):
            raise ValidationError(wrong, "security")
        if username and not password and data.get("sign_in", PASSWORD) == PASSWORD:
            raise ValidationError("username_without_password", "password")
        if password and not username:
            raise ValidationError("password_without_username", "username")
        if password and security == "none" and not is_loopback(data.get("host", "")):
            raise ValidationError("password_in_clear", "security")

    @validates_schema
    def _can_receive(self, data: dict[str, Any], **_: Any) -> None:
        receive = data.get("receive", "none")
        if receive == "none":
            return
        host, security, port = data.get("receive_host"), data.get("receive_security"), data.get("receive_port")
        if not host:
            raise ValidationError("receive_host_missing", "receive_host")
        if wrong := wrong_protocol(port, receive):
            raise ValidationError(wrong, "receive_port")
        if wrong := wrong_security(port, security):
            raise ValidationError(wrong, "receive_security")
        if not (data.get("receive_username") or data.get("username")):
            raise ValidationError("receive_without_user", "receive_username")
        own = data.get("receive_username") and data.get("sign_in", PASSWORD) == PASSWORD
        if own and not data.get("receive_password"):
            raise ValidationError("receive_without_password", "receive_password")
        if security == "none" and not is_loopback(host):
            raise ValidationError("password_in_clear", "receive_security")

    @post_load
    def _with_ports(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        security, receive = data.get("security"), data.get("receive")
        if not data.get("port") and security is not None:
            data = {**data, "port": SENDING[security]}
        if not data.get("receive_port") and receive in RECEIVING:
            data = {**data, "receive_port": RECEIVING[receive][data["receive_security"]]}
        return data


class SmtpSettings(DkimSettings, OAuthSettings, ServerSettings):
    """All of it; forms show it in the order of the bases, from the last."""
