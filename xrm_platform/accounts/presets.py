"""Settings that need not be looked up: of a well-known service, or as the domain of a mail address publishes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import idna

from xrm_platform.people import fields
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import Preset, ProviderDescriptor
from xrm_platform.registry import Registry

from .availability import installed_provider
from .fetching import Connecting, fetched, to_the_public
from .mail_hosts import mail_hosts
from .schema_calls import of_schema
from .settings import checked
from .views import PresetView

FindHosts = Callable[[str], Awaitable[Sequence[str]]]


class Presets:
    def __init__(
        self, registry: Registry, connecting: Connecting = to_the_public, find_hosts: FindHosts = mail_hosts
    ) -> None:
        self._registry = registry
        self._connecting = connecting
        self._mail_hosts = find_hosts

    async def find(
        self,
        actor: Actor,
        slug: str,
        *,
        channel: str | None = None,
        address: str | None = None,
        search: bool = False,
        given: Mapping[str, Any] | None = None,
    ) -> tuple[PresetView, ...]:
        """All presets of a provider; with `address` that of its domain, or none. The settings are then those for this
        address, where the person decided `given` already.

        With `search`, the DNS is asked who takes the mail of a domain that is in no preset, and then the domain itself,
        which takes some seconds: what comes back is its own word, and a person should look at it. Raises `Missing`, and
        `Invalid` for what is no address or cannot be searched for.
        """
        require_admin(actor)
        descriptor = installed_provider(self._registry, slug, channel)
        if address is None:
            return tuple(_view(one, descriptor, None, given) for one in descriptor.presets)
        whole, domain = _address(address)
        known = [one for one in descriptor.presets if one.serves(domain)][:1]
        if not known and search:
            known = await self._hosting(descriptor, domain) or await self._discovered(descriptor, whole, domain)
        return tuple(_view(one, descriptor, whole, given) for one in known)

    async def named(
        self,
        actor: Actor,
        slug: str,
        name: str,
        *,
        channel: str | None = None,
        address: str | None = None,
        given: Mapping[str, Any] | None = None,
    ) -> PresetView:
        """One preset by its name. Raises `Missing`, and `Invalid` for a name that there is not."""
        require_admin(actor)
        descriptor = installed_provider(self._registry, slug, channel)
        for one in descriptor.presets:
            if one.name == name:
                return _view(one, descriptor, None if address is None else _address(address)[0], given)
        known = ", ".join(one.name for one in descriptor.presets) or "-"
        raise Invalid.field("preset", "unknown_preset", preset=name, provider=slug, known=known)

    async def _hosting(self, descriptor: ProviderDescriptor, domain: str) -> list[Preset]:
        """The service whose servers take the mail of the domain."""
        if not any(one.mail_hosts for one in descriptor.presets):
            return []
        hosts = await self._mail_hosts(domain)
        return [one for one in descriptor.presets if any(map(one.hosts, hosts))][:1]

    async def _discovered(self, descriptor: ProviderDescriptor, address: str, domain: str) -> list[Preset]:
        """What the first place that answers well says."""
        discovery = descriptor.discovery
        if discovery is None:
            return []
        places = of_schema(descriptor, lambda: tuple(discovery.places(domain)))
        if not places:
            raise Invalid.field("address", "domain_not_public", domain=domain)
        async with fetched(places, self._connecting) as answers:
            for answer in answers:
                content = await answer
                if content is None:
                    continue
                found = _read(descriptor, content, address)
                if found is not None:
                    return [found]
        return []


def _read(descriptor: ProviderDescriptor, content: bytes, address: str) -> Preset | None:
    """What a place said, unless an account could not even be set to it, or the plugin fails on it."""
    discovery = descriptor.discovery
    if discovery is None:
        return None
    try:
        found = of_schema(descriptor, lambda: discovery.read(content, address))
    except Conflicting:
        return None
    return found if found is None or _fits(descriptor, found, address) else None


def _fits(descriptor: ProviderDescriptor, found: Preset, address: str) -> bool:
    """Whether an account can be set so. That something is still missing, such as a password, is no fault."""
    settings = found.filled(address)
    try:
        of_schema(descriptor, lambda: checked(descriptor, settings, lambda _: False))
    except Invalid as refusal:
        return not any(field.removeprefix("settings.") in settings for field in refusal.fields)
    except Conflicting:
        return False
    return True


def _view(
    preset: Preset, descriptor: ProviderDescriptor, address: str | None, given: Mapping[str, Any] | None
) -> PresetView:
    return PresetView(
        name=preset.name,
        label=preset.label,
        domains=preset.domains,
        settings=preset.filled(address, given),
        hints=preset.hints,
        package=descriptor.translations,
    )


def _address(given: str) -> tuple[str, str]:
    """The address as typed, and its domain as the DNS knows it. Raises `Invalid`."""
    try:
        address = fields.email(given)
    except Invalid:
        address = None
    if address is None:
        raise Invalid.field("address", "email_malformed")
    return address, idna.encode(address.rpartition("@")[2], uts46=True).decode().lower()
