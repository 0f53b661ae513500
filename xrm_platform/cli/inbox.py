"""`xrm inbox`: what came in, and the conversation with somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import show, show_list
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

CONVERSATION = ("at", "direction", "channel", "kind", "address", "sender", "state", "subject", "text")


@commands.command("list", cls=Command)
def list_(
    base: Base,
    channel: Annotated[str | None, typer.Option("--channel", metavar="CHANNEL")] = None,
    after: After = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        show = xrm.inbox.list
        return await pages(lambda key, size: show(actor, channel=channel, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("id", "received_at", "channel", "kind", "sender", "subject", "text", "stop", "answers")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(
    inbound: Annotated[str, typer.Argument(metavar="ID")],
    base: Base,
    remote: Annotated[bool, typer.Option("--remote")] = False,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.opening.show(actor, inbound, remote=remote)

    show(in_base(base, use), json_wanted=json)


@commands.command("thread", cls=Command)
def thread(inbound: Annotated[str, typer.Argument(metavar="ID")], base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.opening.thread(actor, inbound)

    show_list(in_base(base, use), CONVERSATION, json_wanted=json, following=None)


@commands.command("errors", cls=Command)
def errors(base: Base, after: After = None, limit: Limit = 50, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        show = xrm.addresses_in_error.list
        return await pages(lambda key, size: show(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("address", "since", "status", "detail", "message")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("forgive", cls=Command)
def forgive(address: Annotated[str, typer.Argument(metavar="ADDRESS")], base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        await xrm.addresses_in_error.forgive(actor, address)

    in_base(base, use)


@commands.command("conversation", cls=Command)
def conversation(
    with_: Annotated[str, typer.Argument(metavar="CONTACT|NUMBER|ADDRESS")],
    base: Base,
    after: After = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        # An id is never a number, nor the reverse.
        is_contact = with_.count("-") == 4 and "@" not in with_
        show = xrm.inbox.with_contact if is_contact else xrm.inbox.with_address
        return await pages(lambda key, size: show(actor, with_, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    show_list(items, CONVERSATION, json_wanted=json, following=following)
