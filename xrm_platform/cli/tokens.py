"""`xrm tokens`: what host applications sign their requests with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import moment
from .help import Command, noun
from .options import Base, Json
from .output import as_json, show, show_list, tell
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("create", cls=Command)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    base: Base,
    scope: Annotated[list[str], typer.Option("--scope", metavar="read|send|admin")],
    expires: Annotated[str | None, typer.Option("--expires", metavar="TIME")] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        zone = (await xrm.bases.get(base)).time_zone
        until = None if expires is None else moment(expires, zone, "expires")
        return await xrm.tokens.create(actor, name, scope, expires_at=until)

    view, plaintext = in_base(base, use)
    show({**as_json(view), "token": plaintext}, json_wanted=json)
    if not json:
        tell("token_once")


@commands.command("list", cls=Command)
def list_(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.tokens.list(actor)

    columns = ("id", "name", "scopes", "created_by", "created_at", "expires_at", "last_used_at", "revoked_at")
    show_list(in_base(base, use), columns, json_wanted=json)


@commands.command("revoke", cls=Command)
def revoke(id_: Annotated[str, typer.Argument(metavar="ID")], base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.tokens.revoke(actor, id_)

    show(in_base(base, use), json_wanted=json)
