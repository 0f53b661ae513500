"""`xrm inbox`: what came in, and the conversation with somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import show_list
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = 50, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.inbox.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    show_list(items, ("received_at", "sender", "text", "stop", "answers"), json_wanted=json, following=following)


@commands.command("conversation", cls=Command)
def conversation(
    with_: Annotated[str, typer.Argument(metavar="CONTACT|NUMBER")],
    base: Base,
    after: After = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        # An id is never a number, nor the reverse.
        show = xrm.inbox.with_contact if with_.count("-") == 4 else xrm.inbox.with_number
        return await pages(lambda key, size: show(actor, with_, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("at", "direction", "channel", "address", "sender", "state", "subject", "text")
    show_list(items, columns, json_wanted=json, following=following)
