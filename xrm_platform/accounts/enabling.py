"""Which of the installed providers a base uses: an administrator's switch for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xrm_platform.people import audit
from xrm_platform.people import queries as people
from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Invalid
from xrm_platform.providers import ProviderDescriptor
from xrm_platform.registry import Registry
from xrm_platform.store import Store

from . import queries
from .availability import channel_of, installed_provider
from .schema_calls import of_schema
from .settings_form import SettingView, settings_form
from .tables import EnabledProvider
from .views import ProviderView


class Providers:
    def __init__(self, store: Store, registry: Registry, now: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._now = now

    async def list(self, actor: Actor) -> tuple[ProviderView, ...]:
        """What is installed, and what is enabled though its plugin is missing; by channel and slug."""
        require_admin(actor)
        async with self._store.read() as session:
            enabled = await queries.enabled_providers(session, base_id=actor.base_id)
        installed = {(one.channel.value, one.slug): one for one in self._registry.providers()}
        views = [_view(one, enabled=key in enabled) for key, one in installed.items()]
        views += [_missing(channel, slug) for channel, slug in enabled - installed.keys()]
        return tuple(sorted(views, key=lambda view: (view.channel, view.slug)))

    async def enable(self, actor: Actor, slug: str, channel: str | None = None) -> ProviderView:
        """From now on accounts of this provider can be added, and those that are there can be used.

        `channel` is needed only when several have a provider of this name. Raises `Missing`, `Invalid`.
        """
        require_admin(actor)
        descriptor = installed_provider(self._registry, slug, channel)
        key = {"channel": descriptor.channel.value, "slug": descriptor.slug}
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            if await queries.enabled_provider(session, base_id=actor.base_id, **key) is None:
                session.add(EnabledProvider(base_id=actor.base_id, **key))
                audit.record(
                    session,
                    actor,
                    action="provider.enabled",
                    subject="provider",
                    subject_id=f"{descriptor.channel}/{slug}",
                    changes={"enabled": [False, True]},
                    at=self._now(),
                )
        return _view(descriptor, enabled=True)

    async def disable(self, actor: Actor, slug: str, channel: str | None = None) -> None:
        """Its accounts stay, with their settings and what is queued for them, and cannot be used meanwhile.

        A provider whose plugin is missing can be disabled, too. Raises `Missing`, `Invalid`.
        """
        require_admin(actor)
        wanted = None if channel is None else channel_of(channel)
        async with self._store.write() as session:
            await people.lock_base(session, base_id=actor.base_id)
            enabled = await queries.enabled_providers(session, base_id=actor.base_id)
            channels = sorted(on for on, name in enabled if name == slug and wanted in (None, on))
            if not channels:
                installed_provider(self._registry, slug, channel)
                return
            if len(channels) > 1:
                raise Invalid.field(
                    "channel", "provider_of_several_channels", provider=slug, channels=", ".join(channels)
                )
            await queries.delete_enabled_provider(session, base_id=actor.base_id, channel=channels[0], slug=slug)
            audit.record(
                session,
                actor,
                action="provider.disabled",
                subject="provider",
                subject_id=f"{channels[0]}/{slug}",
                changes={"enabled": [True, False]},
                at=self._now(),
            )


def _view(descriptor: ProviderDescriptor, *, enabled: bool) -> ProviderView:
    return ProviderView(
        channel=descriptor.channel.value,
        slug=descriptor.slug,
        label=descriptor.label,
        enabled=enabled,
        available=True,
        capabilities=tuple(sorted(one.value for one in descriptor.capabilities)),
        settings=_form(descriptor),
        docs_url=descriptor.docs_url,
        package=descriptor.translations,
    )


def _form(descriptor: ProviderDescriptor) -> tuple[SettingView, ...]:
    """Empty when the plugin's schema is broken, which is logged: the other providers are listed all the same."""
    try:
        return of_schema(descriptor, lambda: settings_form(descriptor.settings))
    except Conflicting:
        return ()


def _missing(channel: str, slug: str) -> ProviderView:
    return ProviderView(
        channel, slug, slug, enabled=True, available=False, capabilities=(), settings=(), docs_url="", package=""
    )
