"""Whether an account can be used now, and the one problem that says it cannot."""

from __future__ import annotations

from xrm_platform.problems import Conflicting, Invalid, Missing
from xrm_platform.providers import Channel, ProviderDescriptor
from xrm_platform.registry import Registry

from .queries import AccountRow


class AccountUnusable(Conflicting):
    """The account cannot be used until a person does something about it; what is queued for it waits.

    Codes: `plugin_missing`, `provider_disabled`, `settings_outdated`, `plugin_failed`, `driver_failed`, `account_gone`,
    what else a driver's constructor raises, and those of `SecretsError`. Ours have sentences in the sections `problems`
    and `errors`.
    """


def provider_of(registry: Registry, row: AccountRow) -> ProviderDescriptor | AccountUnusable:
    """The provider of an account, or what keeps the account from being used: `plugin_missing`, `provider_disabled`."""
    about = {"provider": row.account.slug, "account": row.account.name}
    descriptor = registry.provider(Channel(row.account.channel), row.account.slug)
    if descriptor is None:
        return AccountUnusable("plugin_missing", **about)
    return descriptor if row.enabled else AccountUnusable("provider_disabled", **about)


def require_available(registry: Registry, row: AccountRow) -> ProviderDescriptor:
    """The provider of an account. Raises `AccountUnusable`."""
    found = provider_of(registry, row)
    if isinstance(found, AccountUnusable):
        raise found
    return found


def channel_of(given: str) -> Channel:
    """Raises `Invalid` when `given` is no channel."""
    try:
        return Channel(given)
    except ValueError:
        raise Invalid.field("channel", "channel_unknown", known=", ".join(Channel)) from None


def installed_provider(registry: Registry, slug: str, channel: str | None) -> ProviderDescriptor:
    """The provider of this name. Raises `Missing`, and `Invalid` when several channels have one and none is named."""
    wanted = None if channel is None else channel_of(channel)
    found = [one for one in registry.providers(wanted) if one.slug == slug]
    if not found:
        installed = ", ".join(sorted({one.slug for one in registry.providers(wanted)})) or "-"
        raise Missing("unknown_provider", provider=slug, installed=installed)
    if len(found) > 1:
        channels = ", ".join(one.channel.value for one in found)
        raise Invalid.field("channel", "provider_of_several_channels", provider=slug, channels=channels)
    return found[0]
