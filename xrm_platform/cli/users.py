"""`xrm users`: the logins of a base."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import password_given
from .help import Command, noun
from .options import After, Base, CollaboratorCode, Json, Limit, PasswordFile
from .output import show, show_list
from .paging import pages
from .prompts import ask_new_password
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Login = Annotated[str, typer.Argument(metavar="LOGIN")]


@commands.command("create", cls=Command)
def create(
    login: Login,
    base: Base,
    xrm_allowed: Annotated[bool, typer.Option("--xrm")] = False,
    admin: Annotated[bool, typer.Option("--admin")] = False,
    collaborator: CollaboratorCode = None,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    password = password_given(password_file, ask=lambda: ask_new_password(login, optional=True))

    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.users.create(
            actor, login, password=password, is_admin=admin, xrm_allowed=xrm_allowed, collaborator=collaborator
        )

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    login: Login,
    base: Base,
    xrm_allowed: Annotated[bool | None, typer.Option("--xrm/--no-xrm")] = None,
    admin: Annotated[bool | None, typer.Option("--admin/--no-admin")] = None,
    collaborator: CollaboratorCode = None,
    active: Annotated[bool | None, typer.Option("--active/--inactive")] = None,
    password: Annotated[bool, typer.Option("--password")] = False,
    password_file: PasswordFile = None,
    json: Json = False,
) -> None:
    switches = {"xrm_allowed": xrm_allowed, "is_admin": admin, "active": active}
    changes: Any = {name: given for name, given in switches.items() if given is not None}
    if collaborator is not None:
        changes["collaborator"] = collaborator or None
    if password or password_file is not None:
        changes["password"] = password_given(password_file, ask=lambda: ask_new_password(login)) or ""

    async def use(xrm: Platform, actor: Actor) -> Any:
        return await (xrm.users.change(actor, login, changes) if changes else xrm.users.get(actor, login))

    show(in_base(base, use), json_wanted=json)


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.users.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("login", "collaborator", "is_admin", "xrm_allowed", "active", "created_at")
    show_list(items, columns, json_wanted=json, following=following)
