"""Settings of an account between what a person gives, what is stored and what a driver gets. Pure.

What is stored is what was given, written as the schema writes it; a default is not stored, so an account follows its
plugin when a default changes. Code of the plugin (its schema and validators) runs in here and may raise anything: the
callers contain it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from marshmallow import ValidationError

from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import PermanentError, ProviderDescriptor, ProviderSettings, load_sign_in

from .settings_form import is_secret, secrets_of, settings_of

Settings = dict[str, Any]
KnowsCode = Callable[[str], bool]

_CODE = re.compile(r"[a-z][a-z0-9_]*")


def merged(schema: type[ProviderSettings], stored: Mapping[str, Any], given: Mapping[str, Any]) -> Settings:
    """`stored` changed by `given`, as RFC 7396 has it: what is absent is kept, what is None is removed. A setting that
    is no secret and may be None keeps it."""
    fields = settings_of(schema())
    removable = {name for name, field in fields.items() if is_secret(field) or not field.allow_none}
    both = {**stored, **given}
    return {name: value for name, value in both.items() if not (value is None and name in removable)}


def checked(descriptor: ProviderDescriptor, settings: Mapping[str, Any], knows: KnowsCode) -> Settings:
    """`settings` as they are stored. Raises `Invalid` with fields `settings.<name>`, or `settings` for what is wrong
    with them together; a message that is a code which the plugin `knows` becomes a `Fault` with its package."""
    schema = descriptor.settings()
    try:
        loaded = schema.load(settings)
        written = schema.dump(loaded)
    except ValidationError as error:
        raise Invalid(dict(_faults(error, descriptor.translations, knows))) from None
    secrets = secrets_of(schema)
    stored = {name: value if name in secrets else written.get(name, value) for name, value in settings.items()}
    try:
        json.dumps(stored)
    except (TypeError, ValueError):
        raise Invalid.field("settings", "settings_not_json") from None
    return stored


def sign_in_of(descriptor: ProviderDescriptor, settings: Mapping[str, Any], knows: KnowsCode) -> Settings:
    """What a driver gets that is only asked which accounts there are: of `settings` what is there. Raises `Invalid` as
    `checked` does."""
    given = {name: value for name, value in settings.items() if value is not None}
    try:
        return load_sign_in(descriptor.settings, given)
    except ValidationError as error:
        raise Invalid(dict(_faults(error, descriptor.translations, knows))) from None


def current(schema: type[ProviderSettings], stored: Mapping[str, Any], version: int) -> Settings:
    """`stored` by `version` of the schema, made fit for the present one. What it no longer knows is left out: a person
    could not take it away."""
    data = dict(stored)
    if version < schema.version:
        data = schema.migrate(data, version)
    known = settings_of(schema())
    return {name: value for name, value in data.items() if name in known}


def loaded(schema: type[ProviderSettings], stored: Mapping[str, Any], version: int) -> Settings:
    """What a driver gets: complete, with defaults and secrets. Raises `PermanentError("settings_outdated")`, param
    `fields`, when the schema no longer takes what is stored."""
    try:
        settings: Settings = schema().load(current(schema, stored, version))
    except ValidationError as error:
        names = ", ".join(sorted(name for name in error.messages_dict if name != "_schema")) or "-"
        raise PermanentError("settings_outdated", fields=names) from None
    return settings


def shown(schema: type[ProviderSettings], stored: Mapping[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """What may be seen of `stored`: the settings that are no secrets, and the names of the secrets it holds."""
    secrets = secrets_of(schema())
    visible = {name: value for name, value in stored.items() if name not in secrets}
    return visible, tuple(sorted(name for name in secrets & stored.keys() if stored[name]))


def changes_between(
    schema: type[ProviderSettings], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """What the audit notes: `settings.<name>` to old and new value, secrets as `***`."""
    secrets = secrets_of(schema())

    def written(settings: Mapping[str, Any], name: str) -> Any:
        value = settings.get(name)
        return "***" if name in secrets and value else value

    return {
        f"settings.{name}": [written(before, name), written(after, name)]
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def _faults(error: ValidationError, package: str, knows: KnowsCode) -> Iterator[tuple[str, Fault | str]]:
    for path, messages in _flat(error.messages_dict, "settings"):
        codes = (message for message in messages if package and _CODE.fullmatch(message) and knows(message))
        code = next(codes, None)
        yield path, " ".join(messages) if code is None else Fault(code, package=package)


def _flat(messages: object, path: str) -> Iterator[tuple[str, list[str]]]:
    """Lists of messages by path; `_schema`, what is wrong with the whole, stands at the path of the whole."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _flat(inner, path if name == "_schema" else f"{path}.{name}")
    else:
        yield path, [str(message) for message in (messages if isinstance(messages, list) else [messages])]
