"""`xrm providers`: what a base may send with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import Base, ChannelName, Json
from .output import show_list, tell
from .presets import provider_named, require_known, tell_hints
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

COLUMNS = ("name", "label", "domains", "settings")

Slug = Annotated[str, typer.Argument(metavar="SLUG")]


@commands.command("list", cls=Command)
def list_(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.providers.list(actor)

    show_list(in_base(base, use), ("channel", "slug", "label", "enabled", "capabilities"), json_wanted=json)


@commands.command("enable", cls=Command)
def enable(slug: Slug, base: Base, channel: ChannelName = None) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.providers.enable(actor, slug, channel)

    in_base(base, use)
    tell("provider_enabled", slug=slug, base=base)


@commands.command("disable", cls=Command)
def disable(slug: Slug, base: Base, channel: ChannelName = None) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.providers.disable(actor, slug, channel)

    in_base(base, use)
    tell("provider_disabled", slug=slug, base=base)


@commands.command("presets", cls=Command)
def presets(
    slug: Slug,
    base: Base,
    address: Annotated[str | None, typer.Option("--address", metavar="ADDRESS")] = None,
    search: Annotated[bool, typer.Option("--search")] = False,
    channel: ChannelName = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        found = await xrm.presets.find(actor, slug, channel=channel, address=address, search=search)
        if address is not None and not json:
            require_known(found, slug, address, search=search)
            provider = provider_named(await xrm.providers.list(actor), slug, channel)
            for one in found:
                tell_hints(xrm, provider, one)
        return found

    show_list(in_base(base, use, progress="searching" if search else None), COLUMNS, json_wanted=json)
