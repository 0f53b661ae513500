"""From what is installed to what is offered: every plugin is imported, registered, asked and compared, and whichever
fails on the way is set aside with its reason, in an order that decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog
from pluggy import HookImpl

from xrm_platform.providers import Channel, ProviderDescriptor

from . import consistency
from .containment import contained
from .descriptors import fault_of_answer, fault_of_descriptor
from .discovery import DRIVERS, Installed, installed
from .loading import import_driver, import_plugins, named
from .plugin import IN_PROCESS, DriverClass, InProcessPlugin, Plugin, ProviderKey
from .plugin_hooks import HookRefused, PluginHooks, invoke
from .status import PluginState

log = structlog.get_logger(__name__)

Drivers = dict[ProviderKey, Callable[[], DriverClass]]


def assemble(disabled: Collection[str], extra: Sequence[InProcessPlugin]) -> tuple[PluginHooks, list[Plugin]]:
    """Every plugin that was found with its verdict, sorted by name, and the hooks of those that may be used."""
    entry_points, driver_entry_points = installed()
    drivers = _drivers_by_distribution(driver_entry_points)
    plugins = [_installed_plugin(one, drivers[one.distribution]) for one in entry_points]
    plugins += [_in_process_plugin(one) for one in extra]
    plugins.sort(key=lambda plugin: plugin.name)

    _set_aside_disabled(plugins, disabled)
    _refuse(consistency.same_name(plugins))
    _import(plugins, entry_points)
    hooks = _register(plugins)
    for plugin in _usable(plugins):
        _ask_for_providers(plugin, hooks)
    _compare(plugins)
    plugins += _undescribed(plugins, drivers)
    for plugin in plugins:
        if not plugin.usable:
            hooks.unregister(plugin.module)
            level = log.info if plugin.state is PluginState.DISABLED else log.warning
            level("plugin not used", plugin=plugin.name, state=plugin.state.value, reason=plugin.reason)
    return hooks, sorted(plugins, key=lambda plugin: (plugin.name, plugin.distribution))


def _drivers_by_distribution(entry_points: Iterable[Installed]) -> Mapping[str, Drivers]:
    drivers: defaultdict[str, Drivers] = defaultdict(dict)
    for one in entry_points:
        key = (DRIVERS[one.entry_point.group], one.name)
        drivers[one.distribution][key] = partial(import_driver, one.entry_point)
    return drivers


def _installed_plugin(one: Installed, drivers: Drivers) -> Plugin:
    return Plugin(one.name, one.distribution, one.version, one.origin, drivers)


def _in_process_plugin(one: InProcessPlugin) -> Plugin:
    drivers: Drivers = {key: partial(_given, driver) for key, driver in one.drivers.items()}
    return Plugin(one.name, IN_PROCESS, "", IN_PROCESS, drivers, module=one.module)


def _given(driver: DriverClass) -> DriverClass:
    return driver


def _set_aside_disabled(plugins: Sequence[Plugin], disabled: Collection[str]) -> None:
    for plugin in plugins:
        if plugin.name in disabled:
            plugin.judge(PluginState.DISABLED, "is disabled")
    for name in sorted(set(disabled) - {plugin.name for plugin in plugins}):
        log.warning("a plugin that is not installed is named as disabled", plugin=name)


def _import(plugins: Sequence[Plugin], entry_points: Iterable[Installed]) -> None:
    wanted = {plugin.name: plugin for plugin in _usable(plugins) if plugin.module is None}
    modules, failures = import_plugins([one.entry_point for one in entry_points], wanted)
    for name, plugin in wanted.items():
        if name in failures:
            plugin.judge(PluginState.FAILED, f"could not be imported: {failures[name]}")
        else:
            plugin.module = modules[name]


def _register(plugins: Sequence[Plugin]) -> PluginHooks:
    _refuse(consistency.same_module(_usable(plugins)))
    hooks = PluginHooks()
    for plugin in _usable(plugins):
        try:
            hooks.register(plugin.name, plugin.module)
        except HookRefused as refusal:
            plugin.judge(PluginState.INCOMPATIBLE, str(refusal))
    return hooks


def _ask_for_providers(plugin: Plugin, hooks: PluginHooks) -> None:
    found: list[ProviderDescriptor] = []
    for channel in Channel:
        hook = f"xrm_{channel}_providers"
        for implementation in hooks.of(hook, plugin.name):
            outcome = contained(partial(_asked, implementation))
            if outcome.error is not None:
                plugin.judge(PluginState.FAILED, f"raised in the hook {hook}: {named(outcome.error)}")
                return
            fault = _fault(outcome.value(), channel, hook)
            if fault is not None:
                plugin.judge(PluginState.INCOMPATIBLE, fault)
                return
            found.extend(outcome.value())
    plugin.providers = tuple(found)


def _asked(implementation: HookImpl) -> Any:
    """What the hook returned; a sequence of any kind is taken apart here, where it may fail."""
    answer = invoke(implementation)
    return list(answer) if isinstance(answer, Sequence) and not isinstance(answer, str | bytes) else answer


def _fault(answer: Any, channel: Channel, hook: str) -> str | None:
    """A fault of what `hook` returned, or of the first of its descriptors that has one."""
    fault = fault_of_answer(answer)
    if fault is not None:
        if hasattr(answer, "close"):
            contained(answer.close)
        return f"{fault} from the hook {hook}"
    for descriptor in answer:
        outcome = contained(partial(fault_of_descriptor, descriptor, channel))
        if outcome.error is not None:
            return f"returned a descriptor from the hook {hook} that cannot be read: {named(outcome.error)}"
        if outcome.answer is not None:
            return f"{outcome.answer} (hook {hook})"
    return None


def _compare(plugins: Sequence[Plugin]) -> None:
    """All faults are drawn before any plugin is set aside, so that the order of the plugins is without effect."""
    usable = _usable(plugins)
    _refuse([*consistency.rival_providers(usable), *consistency.missing_drivers(usable)])


def _undescribed(plugins: Sequence[Plugin], drivers: Mapping[str, Drivers]) -> list[Plugin]:
    """Set aside the plugin that bears the name of a driver it does not describe; a driver without such a plugin is
    listed by itself."""
    every = {**drivers, IN_PROCESS: _merged(plugin.drivers for plugin in plugins if plugin.distribution == IN_PROCESS)}
    strangers = []
    for distribution, (channel, slug) in list(consistency.undescribed_drivers(plugins, every)):
        why = f"has an entry point {slug!r} in xrm_platform.{channel} which none of its hooks describes"
        owner = next((one for one in plugins if (one.name, one.distribution) == (slug, distribution)), None)
        if owner is None:
            origin = f"entry point {slug} in xrm_platform.{channel} of {distribution}"
            owner = Plugin(slug, distribution, "", origin, {})
            strangers.append(owner)
        owner.judge(PluginState.INCOMPATIBLE, why)
    return strangers


def _merged(drivers: Iterable[Mapping[ProviderKey, Callable[[], DriverClass]]]) -> Drivers:
    return {key: load for some in drivers for key, load in some.items()}


def _usable(plugins: Iterable[Plugin]) -> list[Plugin]:
    return [plugin for plugin in plugins if plugin.usable]


def _refuse(faults: Iterable[tuple[Plugin, str]]) -> None:
    for plugin, why in list(faults):
        plugin.judge(PluginState.INCOMPATIBLE, why)
