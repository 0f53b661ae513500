"""`xrm invitations`: what people outside are told of events, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .help import Command, noun
from .options import Base, Json
from .output import note, show, show_list
from .session import in_base
from .words import knows, say, say_with

if TYPE_CHECKING:
    from xrm_platform.agenda.invitations.views import EventInvitationsView
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

EventId = Annotated[str, typer.Argument(metavar="ID")]
OwnerIfAny = Annotated[str | None, typer.Option("--owner", metavar="CODE")]


@commands.command("show", cls=Command)
def show_(id_: EventId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> EventInvitationsView:
        return await xrm.invitations.of(actor, id_)

    _show(in_base(base, use), json_wanted=json)


@commands.command("send-again", cls=Command)
def send_again(
    id_: EventId,
    base: Base,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="ADDRESS")] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> EventInvitationsView:
        return await xrm.invitations_again.send(actor, id_, to or ())

    _show(in_base(base, use), json_wanted=json)


def _show(found: EventInvitationsView, *, json_wanted: bool) -> None:
    if json_wanted:
        show(found, json_wanted=True)
        return
    if not found.sent and not found.answers:
        note("nobody_told")
    if found.sent:
        show_list(_told(found), ("created_at", "what", "address", "invited", "why"), json_wanted=False)
    if found.answers:
        columns = ("received_at", "address", "occurrence", "kind", "status", "taken", "why", "comment")
        show_list(_answered(found), columns, json_wanted=False)


@commands.command("settings", cls=Command)
def settings(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.agenda_settings.get(actor)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    base: Base,
    invite: Annotated[bool, typer.Option("--invite/--do-not-invite")],
    owner: OwnerIfAny = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.agenda_settings.set_inviting(actor, invites=invite, owner=owner)

    show(in_base(base, use), json_wanted=json)


def _told(found: EventInvitationsView) -> list[dict[str, Any]]:
    """A row for each person and message."""
    return [
        {
            "created_at": one.created_at.isoformat(),
            "what": say("invited_what", one.what),
            "address": person.address,
            "invited": say("invited_states", person.state),
            "why": _why(person.note, person.params),
        }
        for one in found.sent
        for person in one.people
    ]


def _answered(found: EventInvitationsView) -> list[dict[str, Any]]:
    return [
        {
            "received_at": one.received_at.isoformat(),
            "address": one.address,
            "occurrence": one.occurrence or "",
            "kind": say("invited_what", one.kind),
            "status": one.status,
            "taken": one.taken,
            "why": _why(one.note, {}),
            "comment": one.comment,
        }
        for one in found.answers
    ]


def _why(code: str, params: Mapping[str, Any]) -> str:
    """In words: a note of ours, why no mail was made, or what became of the mail."""
    sections = ("invitation_notes", "problems", "errors")
    return next((say_with(section, code, params) for section in sections if knows(section, code)), code)
