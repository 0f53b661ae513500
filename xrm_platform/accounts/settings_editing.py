"""What a person gives as settings, judged by the plugin's schema and made ready for the row of the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xrm_platform.problems import Invalid
from xrm_platform.providers import Channel, ProviderDescriptor
from xrm_platform.registry import Registry
from xrm_platform.store import SecretBox, SecretsError
from xrm_platform.wording import Wording

from .availability import AccountUnusable
from .health import UNCHECKED
from .schema_calls import of_schema
from .sealing import open_settings, seal_settings
from .settings import Settings, changes_between, checked, current, merged
from .tables import ProviderAccount

Columns = dict[str, Any]
Noted = dict[str, list[Any]]


class SettingsEditing:
    """Each method gives columns to write and what the audit notes of them. Raises `Invalid`, and `Conflicting` when the
    schema itself fails."""

    def __init__(self, registry: Registry, box: SecretBox, wording: Wording) -> None:
        self._registry = registry
        self._box = box
        self._wording = wording

    def first(self, descriptor: ProviderDescriptor, account_id: str, given: object) -> tuple[Columns, Noted]:
        """Settings of an account that does not exist yet."""
        accepted, noted = self._judged(descriptor, {}, descriptor.settings.version, given)
        return self._columns(descriptor, account_id, accepted), noted

    def changed(self, account: ProviderAccount, given: object) -> tuple[Columns, Noted]:
        """`given` merged into the stored settings; both empty when that changes nothing.

        The revision rises, tokens and health of the old settings are gone. Raises `AccountUnusable` without a plugin.
        """
        descriptor = self._registry.provider(Channel(account.channel), account.slug)
        if descriptor is None:
            raise AccountUnusable("plugin_missing", provider=account.slug, account=account.name)
        try:
            stored = open_settings(self._box, account)
        except SecretsError:
            stored = {}  # Lost with their key: the schema asks for them again.
        accepted, noted = self._judged(descriptor, stored, account.settings_version, given)
        if not noted and account.settings_version == descriptor.settings.version:
            return {}, {}
        return {
            **self._columns(descriptor, account.id, accepted),
            "rev": account.rev + 1,
            "tokens": None,
            "health": UNCHECKED,
            "health_code": None,
            "health_params": {},
            "health_at": None,
        }, noted

    def _columns(self, descriptor: ProviderDescriptor, account_id: str, accepted: Settings) -> Columns:
        sealed = seal_settings(self._box, account_id, accepted)
        return {"settings": sealed, "settings_version": descriptor.settings.version}

    def _judged(
        self, descriptor: ProviderDescriptor, stored: Settings, version: int, given: object
    ) -> tuple[Settings, Noted]:
        if not isinstance(given, Mapping):
            raise Invalid.field("settings", "settings_not_an_object")
        schema = descriptor.settings

        def knows(code: str) -> bool:
            return self._wording.knows("errors", code, language="en", package=descriptor.translations)

        def judge() -> tuple[Settings, Noted]:
            before = current(schema, stored, version)
            after = checked(descriptor, merged(schema, before, given), knows)
            return after, changes_between(schema, before, after)

        return of_schema(descriptor, judge)
