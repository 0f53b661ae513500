"""From a plugin's schema to what a form, a prompt or an API document asks for. Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from marshmallow import Schema, fields, missing, validate

from xrm_platform.providers import ProviderSettings

SettingType = Literal["text", "number", "boolean", "choice", "email", "url", "list"]
Scalar = str | int | float | bool

_TYPES: tuple[tuple[type[fields.Field[Any]], SettingType], ...] = (
    (fields.Email, "email"),
    (fields.Url, "url"),
    (fields.Boolean, "boolean"),
    (fields.Number, "number"),
    (fields.List, "list"),
    (fields.Tuple, "list"),
    (fields.Enum, "choice"),
)


@dataclass(frozen=True, slots=True)
class SettingView:
    """One setting that an account is asked for.

    `label` and `help` are keys of the section `settings` of the plugin's translations. A secret never has a default.
    """

    name: str
    type: SettingType
    required: bool
    secret: bool
    label: str
    help: str
    choices: tuple[Scalar, ...] = ()
    default: Scalar | tuple[Scalar, ...] | None = None


def settings_form(schema: type[ProviderSettings]) -> tuple[SettingView, ...]:
    """What the accounts of a provider are asked for, in the order in which the schema declares it."""
    return tuple(_setting(name, field) for name, field in settings_of(schema()).items())


def settings_of(schema: Schema) -> dict[str, fields.Field[Any]]:
    """The fields that take a setting, by the name under which it is given."""
    return {field.data_key or name: field for name, field in schema.fields.items() if not field.dump_only}


def is_secret(field: fields.Field[Any]) -> bool:
    """Whether what the field holds goes in and never comes out; `load_only` alone says so too."""
    return bool(field.metadata.get("secret")) or field.load_only


def secrets_of(schema: Schema) -> frozenset[str]:
    """Names of the settings that are secret."""
    return frozenset(name for name, field in settings_of(schema).items() if is_secret(field))


def _setting(name: str, field: fields.Field[Any]) -> SettingView:
    choices = _choices(field)
    secret = is_secret(field)
    return SettingView(
        name=name,
        type=_type(field, choices),
        required=field.required,
        secret=secret,
        label=name,
        help=f"{name}_help",
        choices=choices,
        default=None if secret else _default(field),
    )


def _type(field: fields.Field[Any], choices: tuple[Scalar, ...]) -> SettingType:
    kind: SettingType = next((kind for of, kind in _TYPES if isinstance(field, of)), "text")
    return "choice" if choices and kind in ("text", "number") else kind


def _choices(field: fields.Field[Any]) -> tuple[Scalar, ...]:
    """What the value, or each value of a list, is one of."""
    if isinstance(field, fields.Enum):
        return tuple(_scalars(member.value if field.by_value else member.name for member in field.enum))
    if isinstance(field, fields.List) and (inner := _choices(field.inner)):
        return inner
    for rule in field.validators:
        if isinstance(rule, validate.OneOf | validate.ContainsOnly):
            return tuple(_scalars(rule.choices))
    return ()


def _default(field: fields.Field[Any]) -> Scalar | tuple[Scalar, ...] | None:
    """The default as it would be typed; one that is computed is not foretold."""
    default = field.load_default
    if default is missing or callable(default):
        return None
    written = field.serialize("default", None, lambda *_: default)
    if isinstance(written, list | tuple):
        return tuple(_scalars(written))
    return next(iter(_scalars([written])), None)


def _scalars(values: Iterable[object]) -> Iterable[Scalar]:
    for value in values:
        plain = value.value if isinstance(value, enum.Enum) else value
        if isinstance(plain, str | int | float):
            yield plain
