"""Settings of an account that its owner need not look up: of a well-known service, or as a mail domain tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from xrm_platform.problems import Missing

from .given import Ungiven
from .output import note
from .session import sentence_of

if TYPE_CHECKING:
    from xrm_platform.accounts.views import PresetView, ProviderView
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor


async def with_preset(
    xrm: Platform,
    actor: Actor,
    provider: ProviderView,
    given: Mapping[str, Any],
    *,
    preset: str | None,
    address: str | None,
    search: bool,
) -> dict[str, Any]:
    """`given` and, where it says nothing, what the preset does; what the person has to do at the service is told.

    Raises `Ungiven` when nothing is known of the address.
    """
    if preset is None and address is None:
        return dict(given)
    where: Any = {"channel": provider.channel, "address": address, "given": given}
    if preset is not None:
        found = await xrm.presets.named(actor, provider.slug, preset, **where)
    else:
        known = await xrm.presets.find(actor, provider.slug, search=search, **where)
        require_known(known, provider.slug, address, search=search)
        found = known[0]
    tell_hints(xrm, provider, found)
    return {**found.settings, **given}


def require_known(found: Sequence[PresetView], slug: str, address: str | None, *, search: bool) -> None:
    """Raises `Ungiven`, which says what else can be done, when nothing was found."""
    if not found:
        raise Ungiven("no_preset_found" if search else "no_preset_known", address=address or "", slug=slug)


def tell_hints(xrm: Platform, provider: ProviderView, preset: PresetView) -> None:
    """What the person has to do at the service, beside the answer."""
    for hint in preset.hints:
        sentence = sentence_of(xrm, provider.channel, provider.slug, "hints", hint)
        note("preset_hint", service=preset.label, hint=sentence)


def provider_named(providers: Sequence[ProviderView], slug: str, channel: str | None) -> ProviderView:
    """The provider that is meant. Raises `Missing`, and `Ungiven` when several channels have one of this name."""
    found = [one for one in providers if one.slug == slug and channel in (None, one.channel)]
    if not found:
        installed = ", ".join(sorted({one.slug for one in providers})) or "-"
        raise Missing("unknown_provider", provider=slug, installed=installed)
    if len(found) > 1:
        raise Ungiven("channel_needed", slug=slug, channels=", ".join(one.channel for one in found))
    return found[0]
