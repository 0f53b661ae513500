"""What an account is asked for. Its errors are codes of the section `errors` of the translations."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, pre_load, validates_schema

from xrm_platform.providers import ProviderSettings, secret

from .addresses import Kind, kind_of, written_well


def _check_url(written: str) -> None:
    problem = written_well(written)
    if problem:
        raise ValidationError(problem)


class IcalSettings(ProviderSettings):
    """Where the calendars are. `url` says by its look whether they are a server's, a subscription or a folder."""

    url = fields.String(required=True, validate=_check_url)
    username = fields.String(load_default=None, allow_none=True)
    password = secret(load_default=None, allow_none=True)
    ca_file = fields.String(load_default=None, allow_none=True)
    allow_private = fields.Boolean(load_default=False)

    @pre_load
    def _empty_is_absent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """A form sends what was left empty as an empty text, and people paste a space too many."""
        stripped = {
            name: value.strip() if isinstance(value, str) and name != "password" else value
            for name, value in data.items()
        }
        return {name: value for name, value in stripped.items() if value != ""}

    @validates_schema
    def _fits_together(self, data: dict[str, Any], **_: Any) -> None:
        username, password = data.get("username"), data.get("password")
        if username and not password:
            raise ValidationError("username_without_password", "password")
        if password and not username:
            raise ValidationError("password_without_username", "username")
        if "url" in data and username and kind_of(data["url"]) is Kind.FOLDER:
            raise ValidationError("folder_has_no_user", "username")
