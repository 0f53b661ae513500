"""`xrm opt-outs`: who wants no more messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import After, Base, ChannelName, Json, Limit
from .output import show, show_list, tell
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Address = Annotated[str, typer.Argument(metavar="ADDRESS")]


@commands.command("list", cls=Command)
def list_(
    base: Base,
    channel: ChannelName = None,
    address: Annotated[str | None, typer.Option("--address", metavar="ADDRESS")] = None,
    after: After = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.opt_outs.list(actor, channel=channel, address=address, after=key, limit=size),
            after,
            limit,
        )

    items, following = in_base(base, use)
    columns = ("id", "channel", "address", "purpose", "source", "at", "recorded_by")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("add", cls=Command)
def add(
    address: Address,
    base: Base,
    channel: Annotated[str, typer.Option("--channel", metavar="mail|sms")],
    source: Annotated[str, typer.Option("--source", metavar="TEXT")],
    purpose: Annotated[str, typer.Option("--purpose", metavar="marketing|all")] = "marketing",
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.opt_outs.add(actor, channel, address, purpose=purpose, source=source)

    show(in_base(base, use), json_wanted=json)


@commands.command("lift", cls=Command)
def lift(
    id_: Annotated[str, typer.Argument(metavar="ID")],
    base: Base,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT")],
) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.opt_outs.lift(actor, id_, reason=reason)

    in_base(base, use)
    tell("opt_out_lifted", id=id_)
