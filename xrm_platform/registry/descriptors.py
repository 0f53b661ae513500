"""What is wrong with what a plugin says of its providers. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from xrm_platform.providers import HOOK_API, Capability, Channel, Limits, ProviderDescriptor, ProviderSettings

from .loading import named

SLUG = re.compile(r"[a-z][a-z0-9_]{0,62}")


def fault_of_answer(answer: object) -> str | None:
    """What a provider hook returned must be a sequence of descriptors; the fault is said of the hook."""
    if isinstance(answer, Sequence) and not isinstance(answer, str | bytes):
        stranger = next((one for one in answer if not isinstance(one, ProviderDescriptor)), None)
        return None if stranger is None else f"returned a {type(stranger).__name__} among its ProviderDescriptors"
    return f"returned a {type(answer).__name__} instead of a sequence of ProviderDescriptor"


def fault_of_descriptor(descriptor: ProviderDescriptor, channel: Channel) -> str | None:
    """Why `descriptor`, returned by the hook of `channel`, cannot be offered; said of the plugin.

    The version of the contract is looked at first: a descriptor of another version may mean something else by the rest.
    """
    return _fault_of_api(descriptor) or _fault_of_identity(descriptor, channel) or _fault_of_content(descriptor)


def _fault_of_api(descriptor: ProviderDescriptor) -> str | None:
    ours = f"{HOOK_API[0]}.{HOOK_API[1]}"
    api: object = descriptor.api
    match api:
        case (int(major), int(minor)):
            if major == HOOK_API[0] and minor <= HOOK_API[1]:
                return None
            return f"is made for version {major}.{minor} of the contract, and this platform has {ours}"
        case _:
            return f"names a version of the contract that cannot be read: {api!r}"


def _fault_of_identity(descriptor: ProviderDescriptor, channel: Channel) -> str | None:
    slug: object = descriptor.slug
    if not isinstance(slug, str) or not SLUG.fullmatch(slug):
        return (
            f"describes a provider with the slug {slug!r}, "
            "which must be lower-case letters, digits and underscores, and begin with a letter"
        )
    if descriptor.channel is not channel:
        return (
            f"describes {descriptor.slug!r} for the channel {descriptor.channel!s} "
            f"in the hook xrm_{channel}_providers, which is for {channel}"
        )
    return None


def _fault_of_content(descriptor: ProviderDescriptor) -> str | None:
    about = f"describes {descriptor.slug!r} with"
    settings: object = descriptor.settings
    if not isinstance(settings, type) or not issubclass(settings, ProviderSettings):
        return f"{about} settings that are not a class derived from ProviderSettings"
    try:
        settings()
    except Exception as error:  # noqa: BLE001 - the schema is the plugin's
        return f"{about} settings that cannot be built: {named(error)}"
    label: object = descriptor.label
    if not isinstance(label, str) or not label:
        return f"{about}out a label"
    translations: object = descriptor.translations
    if not isinstance(translations, str):
        return f"{about} translations that are not the name of a package"
    if not all(isinstance(one, Capability) for one in descriptor.capabilities):
        return f"{about} a capability that the contract does not know"
    return None if _sound(descriptor.limits) else f"{about} limits that leave nothing: {descriptor.limits}"


def _sound(limits: Limits) -> bool:
    rate = limits.per_second
    return (
        limits.batch >= 1
        and limits.connections >= 1
        and limits.references >= 1
        and 0 < limits.timeout < math.inf
        and (rate is None or rate > 0)
        and (limits.max_bytes is None or limits.max_bytes > 0)
    )
