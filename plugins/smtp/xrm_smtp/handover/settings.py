"""What an account of the person's own mail software is asked for: its mailbox, if there is one, and its ways."""

from __future__ import annotations

from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, pre_load, validate, validates_schema

from xrm_platform.providers import ProviderSettings, secret
from xrm_smtp.loopback import is_loopback
from xrm_smtp.oauth_services import PASSWORD
from xrm_smtp.oauth_settings import OAuthSettings
from xrm_smtp.ports import RECEIVING, wrong_protocol, wrong_security

_HOST = validate.Regexp(r"(?:[^\s/@:]+|[0-9A-Fa-f:]+)$", error="not_a_host")


class MailboxSettings(ProviderSettings):
    """With `receive` `imap` drafts go into the mailbox; with `pop` mail only comes in. Loads to a dict that holds every
    name that a mailbox is opened by."""

    receive = fields.String(
        load_default="none", validate=validate.OneOf(["none", "imap", "pop"], error="not_a_way_to_receive")
    )
    receive_host = fields.String(load_default=None, allow_none=True, validate=_HOST)
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
    ca_file = fields.String(load_default=None, allow_none=True)
    without_mailbox = fields.String(
        load_default="auto", validate=validate.OneOf(["auto", "file", "link"], error="not_a_way_to_hand_over")
    )
    own_signature = fields.Boolean(load_default=False, error_messages={"invalid": "not_yes_or_no"})

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text."""
        stripped = {
            name: value.strip() if isinstance(value, str) and not name.endswith("password") else value
            for name, value in data.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}

    @validates_schema
    def _opens(self, data: dict[str, Any], **_: Any) -> None:
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
        if not data.get("receive_username"):
            raise ValidationError("receive_without_user", "receive_username")
        if not data.get("receive_password") and data.get("sign_in", PASSWORD) == PASSWORD:
            raise ValidationError("receive_without_password", "receive_password")
        if security == "none" and not is_loopback(host):
            raise ValidationError("password_in_clear", "receive_security")

    @post_load
    def _with_port(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        receive = data.get("receive")
        if not data.get("receive_port") and receive in RECEIVING:
            data = {**data, "receive_port": RECEIVING[receive][data["receive_security"]]}
        return data


class HandoverSettings(OAuthSettings, MailboxSettings):
    """All of it; the mailbox is what a consent is for."""

    server: ClassVar[str] = "receive_host"
    server_security: ClassVar[str] = "receive_security"
    user: ClassVar[str] = "receive_username"
    its_password: ClassVar[str] = "receive_password"  # noqa: S105 - the name of a setting

    @validates_schema(skip_on_field_errors=True)
    def _consent_opens_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("sign_in", PASSWORD) != PASSWORD and data.get("receive", "none") == "none":
            raise ValidationError("consent_without_mailbox", "receive")
