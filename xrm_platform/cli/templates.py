"""`xrm templates`: texts of mail and SMS that are filled in for each contact."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import channel_given, text_of
from .help import Command, noun
from .options import After, Base, CollaboratorCode, Json, Limit, Sender
from .output import show, show_list, tell
from .paging import pages
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

TemplateId = Annotated[str, typer.Argument(metavar="ID")]
Name = Annotated[str, typer.Option("--name", metavar="NAME")]
Subject = Annotated[str | None, typer.Option("--subject", metavar="TEXT")]
Text = Annotated[str | None, typer.Option("--text", metavar="TEXT")]
TextFile = Annotated[Path | None, typer.Option("--text-file", metavar="FILE")]
HtmlFile = Annotated[Path | None, typer.Option("--html-file", metavar="FILE")]


@commands.command("create", cls=Command)
def create(
    base: Base,
    name: Name,
    channel: Annotated[str, typer.Option("--channel", metavar="mail|sms")] = "mail",
    collaborator: CollaboratorCode = None,
    subject: Subject = None,
    text: Text = None,
    text_file: TextFile = None,
    html_file: HtmlFile = None,
    json: Json = False,
) -> None:
    texts = _texts(subject, text, text_file, html_file)

    async def use(xrm: Platform, actor: Actor) -> Any:
        kind = channel_given(channel)
        return await xrm.templates.create(actor, name, channel=kind, collaborator=collaborator, **texts)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    id_: TemplateId,
    base: Base,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME")] = None,
    subject: Subject = None,
    text: Text = None,
    text_file: TextFile = None,
    html_file: HtmlFile = None,
    no_html: Annotated[bool, typer.Option("--no-html")] = False,
    json: Json = False,
) -> None:
    changes: dict[str, str | None] = {**_texts(subject, text, text_file, html_file)}
    if name is not None:
        changes["name"] = name
    if no_html:
        changes["html"] = None

    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.templates.change(actor, id_, changes)

    show(in_base(base, use), json_wanted=json)


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.templates.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    show_list(items, ("id", "name", "channel", "collaborator", "subject"), json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(id_: TemplateId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.templates.get(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("preview", cls=Command)
def preview(
    id_: TemplateId,
    base: Base,
    sender: Sender,
    contact: Annotated[str, typer.Option("--contact", metavar="ID")],
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.templates.preview(actor, id_, contact=contact, sender=sender)

    show(in_base(base, use), json_wanted=json)


@commands.command("delete", cls=Command)
def delete(id_: TemplateId, base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.templates.remove(actor, id_)

    in_base(base, use)
    tell("template_removed", id=id_)


def _texts(subject: str | None, text: str | None, text_file: Path | None, html_file: Path | None) -> dict[str, str]:
    given = {
        "subject": subject,
        "text": text if text_file is None else text_of(text_file),
        "html": None if html_file is None else text_of(html_file),
    }
    return {name: value for name, value in given.items() if value is not None}
