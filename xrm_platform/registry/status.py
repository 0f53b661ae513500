"""What is known of each plugin that was found, working or not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from xrm_platform.providers import ProviderDescriptor


class PluginState(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"
    """Told not to load: its code was never imported."""
    FAILED = "failed"
    """It raised, exited or asserted while it was imported or asked for its providers."""
    INCOMPATIBLE = "incompatible"
    """It does not keep to the contract, is made for another version of it, or rivals another plugin."""
    DEGRADED = "degraded"
    """It offers its providers, but its `xrm_startup` failed."""


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """`name` is that of the entry point; `reason`, an English sentence, is empty for an active plugin.

    `providers` are what the plugin offers now: none unless it is active or degraded.
    """

    name: str
    distribution: str
    version: str
    state: PluginState
    reason: str = ""
    providers: tuple[ProviderDescriptor, ...] = ()


def describe(status: PluginStatus) -> dict[str, Any]:
    """`status` as plain values, fit for JSON."""
    return {
        "name": status.name,
        "distribution": status.distribution,
        "version": status.version,
        "state": status.state.value,
        "reason": status.reason,
        "providers": [_describe_provider(descriptor) for descriptor in status.providers],
    }


def _describe_provider(descriptor: ProviderDescriptor) -> dict[str, Any]:
    return {
        "channel": descriptor.channel.value,
        "slug": descriptor.slug,
        "label": descriptor.label,
        "api": ".".join(str(number) for number in descriptor.api),
        "capabilities": sorted(capability.value for capability in descriptor.capabilities),
        "limits": asdict(descriptor.limits),
        "settings": [
            {"name": name, "required": field.required, "secret": bool(field.metadata.get("secret"))}
            for name, field in descriptor.settings().fields.items()
        ],
        "docs_url": descriptor.docs_url,
    }
