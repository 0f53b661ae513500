"""A plugin on its way from being found to being offered or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xrm_platform.providers import Channel, ProviderDescriptor

from .status import PluginState, PluginStatus

ProviderKey = tuple[Channel, str]
DriverClass = Callable[..., Any]

IN_PROCESS = "in this process"
"""Where the plugins come from that a host application or a test hands over itself."""


@dataclass(frozen=True, slots=True)
class InProcessPlugin:
    """A plugin without a distribution: `module` (any object that implements hooks) and its driver classes."""

    name: str
    module: object
    drivers: Mapping[ProviderKey, DriverClass] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Plugin:
    """`drivers` are those of its distribution, each behind a function that loads its class."""

    name: str
    distribution: str
    version: str
    origin: str
    drivers: Mapping[ProviderKey, Callable[[], DriverClass]]
    module: object = None
    state: PluginState = PluginState.ACTIVE
    reason: str = ""
    providers: tuple[ProviderDescriptor, ...] = ()

    @property
    def usable(self) -> bool:
        return self.state in {PluginState.ACTIVE, PluginState.DEGRADED}

    def judge(self, state: PluginState, why: str) -> None:
        """Set it aside because it `why`, a phrase whose subject is the plugin. The first verdict stands."""
        if self.usable:
            self.state = state
            self.reason = f"Plugin {self.name!r} ({self.origin}) {why}."

    def status(self) -> PluginStatus:
        providers = self.providers if self.usable else ()
        return PluginStatus(self.name, self.distribution, self.version, self.state, self.reason, providers)
