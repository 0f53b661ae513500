"""`xrm selections`: searches for contacts that are kept, to send to again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import show, show_list, tell
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

SelectionName = Annotated[str, typer.Argument(metavar="NAME")]


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.selections.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    show_list(items, ("name", "search", "created_at", "created_by"), json_wanted=json, following=following)


@commands.command("save", cls=Command)
def save(
    name: SelectionName,
    base: Base,
    search: Annotated[str, typer.Option("--search", metavar="TEXT")],
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.selections.save(actor, name, search)

    show(in_base(base, use), json_wanted=json)


@commands.command("remove", cls=Command)
def remove(name: SelectionName, base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.selections.remove(actor, name)

    in_base(base, use)
    tell("selection_removed", name=name)
