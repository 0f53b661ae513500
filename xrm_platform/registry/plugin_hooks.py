"""The hooks of the plugins that are registered: pluggy checks them and keeps their order, we call them one by one.

pluggy's own call stops at the first plugin that raises and knows no coroutines, so it is not used. As a consequence
wrappers would never run, and are refused.
"""

from __future__ import annotations

import difflib
from typing import Any

from pluggy import HookImpl, PluginManager, PluginValidationError

from xrm_platform.providers.hooks import Hooks


class HookRefused(Exception):
    """A plugin implements the hooks in a way that cannot work. The message is a phrase whose subject is the plugin."""


class PluginHooks:
    def __init__(self) -> None:
        self._manager = PluginManager("xrm_platform")
        self._manager.add_hookspecs(Hooks)

    def register(self, name: str, module: object) -> None:
        """From now on the hooks of `module` are called. Raises `HookRefused`, and then none of them is."""
        try:
            self._manager.register(module, name)
        except PluginValidationError as error:
            raise HookRefused(f"has a hook that cannot be called: {' '.join(str(error).split())}") from error
        fault = self._fault(module)
        if fault:
            self.unregister(module)
            raise HookRefused(fault)

    def unregister(self, module: object) -> None:
        """Its hooks are called no more. Nothing happens when they never were."""
        if self._manager.is_registered(module):
            self._manager.unregister(module)

    def of(self, hook: str, plugin: str | None = None) -> list[HookImpl]:
        """Implementations of `hook`, of all plugins or of one, in the order in which they are to be called."""
        found = reversed(getattr(self._manager.hook, hook).get_hookimpls())
        return [one for one in found if plugin is None or one.plugin_name == plugin]

    def _fault(self, module: object) -> str | None:
        callers = self._manager.get_hookcallers(module)
        if not callers:
            return "implements no hook; each one needs the decorator @hookimpl"
        for caller in callers:
            for one in caller.get_hookimpls():
                if one.plugin is module and not caller.has_spec() and not one.optionalhook:
                    return f"implements a hook that does not exist: {caller.name}{self._meant(caller.name)}"
                if one.plugin is module and (one.wrapper or one.hookwrapper):
                    return f"wraps the hook {caller.name}; hooks of this platform cannot be wrapped"
        return None

    def _meant(self, unknown: str) -> str:
        known = [name for name, caller in vars(self._manager.hook).items() if caller.has_spec()]
        close = difflib.get_close_matches(unknown, known, n=1)
        return f" (is {close[0]} meant?)" if close else ""


def invoke(implementation: HookImpl, **arguments: Any) -> Any:
    """Call it with those of `arguments` that it names."""
    return implementation.function(*[arguments[name] for name in implementation.argnames])
