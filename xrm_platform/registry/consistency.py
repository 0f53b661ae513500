"""Do plugins and drivers fit together? Pure: plugins in, faults out, the same in whatever order they were found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

from .plugin import Plugin, ProviderKey

Fault = tuple[Plugin, str]
K = TypeVar("K", bound=Hashable)


def same_name(plugins: Iterable[Plugin]) -> Iterator[Fault]:
    """Every plugin whose name another has too: neither can be chosen, so neither is imported."""
    for rivals in _shared(plugins, lambda plugin: [plugin.name]).values():
        for plugin in rivals:
            yield plugin, f"has the same name as {_others(rivals, plugin)}; uninstall one of them"


def same_module(plugins: Iterable[Plugin]) -> Iterator[Fault]:
    """One module that calls itself two plugins would have each of its hooks called twice."""
    for rivals in _shared(plugins, lambda plugin: [id(plugin.module)]).values():
        for plugin in rivals:
            yield plugin, f"is the same module as {_others(rivals, plugin)}"


def rival_providers(plugins: Iterable[Plugin]) -> Iterator[Fault]:
    """Every plugin that offers a provider which another offers too, or one of its own twice."""
    for (channel, slug), rivals in _shared(plugins, _keys).items():
        for plugin in rivals:
            others = _others(rivals, plugin)
            rival = f"which {others} describes too" if others else "more than once"
            yield plugin, f"describes the {channel} provider {slug!r}, {rival}"


def missing_drivers(plugins: Iterable[Plugin]) -> Iterator[Fault]:
    """Every provider that no driver of its plugin's own distribution carries out."""
    for plugin in plugins:
        for channel, slug in _keys(plugin):
            if (channel, slug) not in plugin.drivers:
                yield plugin, f"describes {slug!r} but has no entry point {slug!r} for it in xrm_platform.{channel}"


def undescribed_drivers(
    plugins: Iterable[Plugin], drivers: Mapping[str, Iterable[ProviderKey]]
) -> Iterator[tuple[str, ProviderKey]]:
    """Of the `drivers` of each distribution those that none of its plugins describes.

    Nothing is said of a distribution in which a plugin was set aside: the drivers may be those of that plugin.
    """
    owners = defaultdict(list)
    for plugin in plugins:
        owners[plugin.distribution].append(plugin)
    for distribution, keys in sorted(drivers.items()):
        if all(plugin.usable for plugin in owners[distribution]):
            described = {key for plugin in owners[distribution] for key in _keys(plugin)}
            for key in sorted(set(keys) - described):
                yield distribution, key


def _keys(plugin: Plugin) -> list[ProviderKey]:
    return [(descriptor.channel, descriptor.slug) for descriptor in plugin.providers]


def _shared(plugins: Iterable[Plugin], keys: Callable[[Plugin], Iterable[K]]) -> dict[K, list[Plugin]]:
    groups = defaultdict(list)
    for plugin in plugins:
        for key in keys(plugin):
            groups[key].append(plugin)
    return {key: group for key, group in groups.items() if len(group) > 1}


def _others(rivals: Iterable[Plugin], plugin: Plugin) -> str:
    return " and ".join(f"plugin {other.name!r} ({other.origin})" for other in rivals if other is not plugin)
