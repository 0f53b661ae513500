"""Settings of a provider account. The schema alone gives the form, the prompts, the API document and what is encrypted
at rest, so a plugin ships no user interface."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields


class ProviderSettings(Schema):
    """Base of every settings schema: unknown names are refused, secrets go in and never come out."""

    class Meta:
        unknown = RAISE

    version = 1
    """Raise it when stored settings no longer load, and say in `migrate` how the old ones become new."""

    @classmethod
    def migrate(cls, data: dict[str, Any], from_version: int) -> dict[str, Any]:  # noqa: ARG003
        """`data` as stored by `from_version`, made fit for this version. Pure; called before they are loaded."""
        return data


def secret(**options: Any) -> fields.String:
    """A password, key or token: `load_only`, masked in forms, absent from dumps, logs and reprs."""
    metadata = {**options.pop("metadata", {}), "secret": True}
    return fields.String(load_only=True, metadata=metadata, **options)


def secret_names(schema: type[ProviderSettings]) -> frozenset[str]:
    """Names of the fields of `schema` that are secret."""
    return frozenset(name for name, field in schema().fields.items() if field.metadata.get("secret"))


def load_sign_in(schema: type[ProviderSettings], data: dict[str, Any]) -> dict[str, Any]:
    """Settings of which some are still to be found out: what is missing stays away, defaults apply, and what there is
    must be right. Raises `ValidationError`."""
    required = tuple(name for name, field in schema().fields.items() if field.required)
    loaded: dict[str, Any] = schema().load(data, partial=required)
    return loaded
