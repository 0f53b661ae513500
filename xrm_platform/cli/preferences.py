"""`xrm preferences`: the communication preferences of a base, and where a collaborator differs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import Base, CollaboratorCode, Json
from .output import as_json, show
from .session import in_base
from .words import say

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

NONE = "none"


@commands.command("show", cls=Command)
def show_(base: Base, collaborator: CollaboratorCode = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        if collaborator is not None:
            return await xrm.preferences.get_mail(actor, collaborator)
        return await xrm.preferences.get(actor)

    _show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    base: Base,
    collaborator: CollaboratorCode = None,
    apple: Annotated[str | None, typer.Option("--apple", metavar="mail|entourage|outlook|none")] = None,
    windows: Annotated[str | None, typer.Option("--windows", metavar="outlook|none")] = None,
    smtp: Annotated[str | None, typer.Option("--smtp", metavar="ID|none")] = None,
    json: Json = False,
) -> None:
    software = {"apple": apple, "windows": windows}
    changes: Any = {"mail_software": {name: _given(value) for name, value in software.items() if value is not None}}
    if smtp is not None:
        changes["direct_sending"] = _given(smtp)

    async def use(xrm: Platform, actor: Actor) -> Any:
        await xrm.preferences.change_mail(actor, changes, collaborator=collaborator)
        if collaborator is not None:
            return await xrm.preferences.get_mail(actor, collaborator)
        return await xrm.preferences.get(actor)

    _show(in_base(base, use), json_wanted=json)


def _given(value: str) -> str | None:
    return None if value == NONE else value


def _show(view: Any, *, json_wanted: bool) -> None:
    """A person reads the names of things where a program reads codes."""
    if json_wanted:
        show(view, json_wanted=True)
        return
    told = as_json(view)
    sending = told.pop("direct_sending")
    for one in told.pop("mail_software"):
        software = say("mail_software", one["software"] or NONE)
        told[f"mail_software_{one['environment']}"] = (
            say("mail_software", "own", software=software) if one["own"] else software
        )
    told["direct_sending"] = say("direct_sending", NONE) if sending is None else _sending(sending)
    show(told, json_wanted=False)


def _sending(sending: dict[str, Any]) -> str:
    how = {True: "authenticated", False: "open", None: "untold"}[sending["authenticated"]]
    return say("direct_sending", how, name=sending["name"], provider=sending["provider"], id=sending["account"])
