"""`xrm messages`: what was sent, how far it came, and what can still be done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import After, Base, ChannelName, Json, Limit, MessageId
from .output import as_json, show, show_list
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("list", cls=Command)
def list_(
    base: Base,
    channel: ChannelName = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="CODE")] = None,
    after: After = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.messages.list(
                actor, channel=channel, state=state, sender=sender, after=key, limit=size
            ),
            after,
            limit,
        )

    items, following = in_base(base, use)
    columns = ("id", "channel", "state", "sender", "recipients", "subject", "due_at")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(id_: MessageId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.messages.get(actor, id_)

    detail = as_json(in_base(base, use))
    show({**detail.pop("message"), **detail}, json_wanted=json)


@commands.command("retry", cls=Command)
def retry(
    id_: MessageId,
    base: Base,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.messages.retry(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("cancel", cls=Command)
def cancel(id_: MessageId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.messages.cancel(actor, id_)

    show(in_base(base, use), json_wanted=json)
