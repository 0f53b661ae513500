"""The plugins that were found, and what they offer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Self

import structlog

from xrm_platform.providers import Changed, Channel, OutgoingMail, OutgoingSms, ProviderDescriptor, Veto

from .assembly import assemble
from .dispatch import Dispatch
from .plugin import DriverClass, InProcessPlugin, Plugin, ProviderKey
from .plugin_hooks import PluginHooks
from .status import PluginState, PluginStatus

log = structlog.get_logger(__name__)

HOOK_TIMEOUT = 5.0
"""Seconds that a plugin may take to start, to stop, or to look at one change."""


class Registry:
    """Made by `load`. What it says of a plugin changes only by `startup`."""

    def __init__(self, hooks: PluginHooks, plugins: Sequence[Plugin], *, hook_timeout: float = HOOK_TIMEOUT) -> None:
        self._plugins = list(plugins)
        self._dispatch = Dispatch(hooks, timeout=hook_timeout)
        self._owners: dict[ProviderKey, tuple[Plugin, ProviderDescriptor]] = {
            (descriptor.channel, descriptor.slug): (plugin, descriptor)
            for plugin in self._plugins
            if plugin.usable
            for descriptor in plugin.providers
        }

    @classmethod
    def load(
        cls,
        *,
        disabled: Collection[str] = (),
        extra: Sequence[InProcessPlugin] = (),
        hook_timeout: float = HOOK_TIMEOUT,
    ) -> Self:
        """Find and import every installed plugin whose name is not in `disabled`, and take in those of `extra`.

        Imports no driver. Never raises because of a plugin: whatever is wrong with one is said in `plugins`.
        """
        hooks, plugins = assemble(disabled, extra)
        return cls(hooks, plugins, hook_timeout=hook_timeout)

    @property
    def plugins(self) -> tuple[PluginStatus, ...]:
        """All that were found, by name, whatever their state."""
        return tuple(plugin.status() for plugin in self._plugins)

    def providers(self, channel: Channel | None = None) -> tuple[ProviderDescriptor, ...]:
        """What can be used now, by channel and slug."""
        keys = sorted(key for key in self._owners if channel is None or key[0] is channel)
        return tuple(self._owners[key][1] for key in keys)

    def provider(self, channel: Channel, slug: str) -> ProviderDescriptor | None:
        """None when its plugin is missing, disabled or set aside: its accounts are then unavailable."""
        owner = self._owners.get((channel, slug))
        return owner[1] if owner else None

    def plugin_of(self, channel: Channel, slug: str) -> PluginStatus | None:
        """The plugin that offers this provider."""
        owner = self._owners.get((channel, slug))
        return owner[0].status() if owner else None

    def driver_class(self, channel: Channel, slug: str) -> DriverClass:
        """Import the driver of a provider that `provider` knows; blocks meanwhile. Raises `ImportFailed`, and
        `LookupError` for a provider that is not there."""
        plugin, _ = self._owners[channel, slug]
        return plugin.drivers[channel, slug]()

    async def startup(self, options: dict[str, Any]) -> None:
        """Tell the plugins that work begins. Those that fail are degraded: what they offer stays."""
        failures = await self._dispatch.start(options)
        for plugin in self._plugins:
            if plugin.usable and plugin.name in failures:
                plugin.judge(PluginState.DEGRADED, f"failed in the hook xrm_startup: it {failures[plugin.name]}")

    async def shutdown(self) -> None:
        """Tell the plugins that work ends, in reverse order; each one's turn comes."""
        await self._dispatch.stop()

    def veto(self, message: OutgoingMail | OutgoingSms, collaborator: str) -> Veto | None:
        """Ask the plugins whether `message` may go; the first objection counts.

        Fails closed: a hook that raises or answers anything but a Veto or None is an objection, a `BrokenVeto`.
        """
        return self._dispatch.veto(message, collaborator)

    async def notify(self, change: Changed) -> None:
        """Tell the observers, all at once, each with its own time limit. Never raises because of one."""
        await self._dispatch.notify(change)
