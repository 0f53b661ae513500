"""`xrm calendars`: which calendars an agenda is kept equal with, and how that goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failures import REFUSED
from .given import Ungiven
from .help import Command, noun
from .options import AccountOption, After, Base, Json, Limit
from .output import as_json, note, show, show_list, tell
from .paging import pages
from .session import in_base, sentence_of
from .words import say_with

if TYPE_CHECKING:
    from xrm_platform.agenda.sync.views import LinkView, RunView
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Owner = Annotated[str | None, typer.Option("--owner", metavar="CODE")]
OwnerNeeded = Annotated[str, typer.Option("--owner", metavar="CODE")]
LinkId = Annotated[str | None, typer.Argument(metavar="[ID]")]
Direction = Annotated[str | None, typer.Option("--direction", metavar="two_way|pull|push")]
Color = Annotated[str | None, typer.Option("--color", metavar="#RRGGBB")]
Auto = Annotated[bool | None, typer.Option("--auto/--no-auto")]
Minutes = Annotated[int | None, typer.Option("--poll-minutes", metavar="N")]
COLUMNS = ("id", "owner", "provider", "name", "direction", "auto_sync", "health", "events", "last_success_at")
RUN = ("made_here", "changed_here", "dropped_here", "made_there", "changed_there", "dropped_there", "conflicts")


@commands.command("available", cls=Command)
def available(base: Base, owner: OwnerNeeded, account: AccountOption = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.calendar_links.available(actor, owner, account)

    show_list(in_base(base, use), ("id", "name", "color", "writable", "link"), json_wanted=json)


@commands.command("link", cls=Command)
def link(
    base: Base,
    owner: OwnerNeeded,
    account: AccountOption = None,
    calendar: Annotated[str | None, typer.Option("--calendar", metavar="ID|NAME")] = None,
    create: Annotated[str | None, typer.Option("--create", metavar="NAME")] = None,
    color: Color = None,
    direction: Direction = None,
    auto: Auto = None,
    poll_minutes: Minutes = None,
    json: Json = False,
) -> None:
    given = {"direction": direction, "auto_sync": auto, "poll_minutes": poll_minutes}

    async def use(xrm: Platform, actor: Actor) -> Any:
        view = await xrm.calendar_links.link(
            actor,
            owner,
            account=account,
            calendar=calendar,
            create=create,
            color=color,
            **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
        )
        return _link_said(xrm, view, json_wanted=json)

    show(in_base(base, use), json_wanted=json)
    if not json:
        note("calendar_linked_next", owner=owner)


@commands.command("list", cls=Command)
def list_(base: Base, owner: Owner = None, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.calendar_links.list(actor, owner=owner, after=key, limit=size), after, limit
        )

    items, following = in_base(base, use)
    show_list(items, COLUMNS, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(base: Base, id_: LinkId = None, owner: Owner = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        return _link_said(xrm, found, json_wanted=json)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    base: Base,
    id_: LinkId = None,
    owner: Owner = None,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME")] = None,
    color: Color = None,
    direction: Direction = None,
    auto: Auto = None,
    poll_minutes: Minutes = None,
    json: Json = False,
) -> None:
    given = {"name": name, "color": color, "direction": direction, "auto_sync": auto, "poll_minutes": poll_minutes}
    changes: Any = {key: value for key, value in given.items() if value is not None}

    async def use(xrm: Platform, actor: Actor) -> Any:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        return _link_said(xrm, await xrm.calendar_links.change(actor, found.id, changes), json_wanted=json)

    show(in_base(base, use), json_wanted=json)


@commands.command("preview", cls=Command)
def preview(base: Base, id_: LinkId = None, owner: Owner = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        return await xrm.calendar_runs.preview(actor, found.id)

    show(in_base(base, use, progress="reading_calendar"), json_wanted=json)


@commands.command("sync", cls=Command)
def sync(base: Base, id_: LinkId = None, owner: Owner = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> tuple[list[RunView], list[str]]:
        links = await _meant(xrm, actor, id_, owner)
        ran = [await xrm.calendar_runs.sync(actor, found.id) for found in links]
        faults = [_fault(xrm, found, one) for found, one in zip(links, ran, strict=True) if one.error_code]
        return ran, faults

    ran, faults = in_base(base, use, progress="synchronising")
    if id_ is not None and json:
        show(ran[0], json_wanted=True)
    else:
        show_list(ran, ("link", "state", *RUN, "parked"), json_wanted=json)
    for one in ran:
        if one.held_here or one.held_there:
            note("deletions_held", link=one.link, here=one.held_here, there=one.held_there)
    for fault in faults:
        note("sync_failed", fault=fault)
    if faults:
        raise typer.Exit(REFUSED)


@commands.command("release", cls=Command)
def release(
    base: Base,
    delete: Annotated[bool, typer.Option("--delete/--put-back")],
    id_: LinkId = None,
    owner: Owner = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> dict[str, int]:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        return {"events": await xrm.calendar_runs.release(actor, found.id, delete=delete)}

    show(in_base(base, use), json_wanted=json)


@commands.command("undo", cls=Command)
def undo(base: Base, id_: LinkId = None, owner: Owner = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        return await xrm.calendar_runs.undo(actor, found.id)

    show(in_base(base, use, progress="synchronising"), json_wanted=json)


@commands.command("conflicts", cls=Command)
def conflicts(
    base: Base,
    owner: OwnerNeeded,
    all_: Annotated[bool, typer.Option("--all")] = False,
    after: After = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.calendar_conflicts.list(actor, owner, open_only=not all_, after=key, limit=size),
            after,
            limit,
        )

    items, following = in_base(base, use)
    columns = ("id", "at", "title", "kind", "properties", "theirs_lost", "resolution")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("resolve", cls=Command)
def resolve(
    conflict: Annotated[str, typer.Argument(metavar="CONFLICT")],
    base: Base,
    keep: Annotated[str, typer.Option("--keep", metavar="mine|theirs")],
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.calendar_conflicts.resolve(actor, conflict, keep)

    show(in_base(base, use), json_wanted=json)


@commands.command("parked", cls=Command)
def parked(
    base: Base,
    id_: LinkId = None,
    owner: Owner = None,
    after: After = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        items, following = await pages(
            lambda key, size: xrm.calendar_runs.parked(actor, found.id, after=key, limit=size), after, limit
        )
        if json:
            return items, following
        said = [
            {**as_json(one), "reason": sentence_of(xrm, "calendar", found.provider, "errors", one.reason, one.params)}
            for one in items
        ]
        return said, following

    items, following = in_base(base, use)
    show_list(items, ("id", "title", "reason", "since"), json_wanted=json, following=following)


@commands.command("unlink", cls=Command)
def unlink(base: Base, id_: LinkId = None, owner: Owner = None) -> None:
    async def use(xrm: Platform, actor: Actor) -> str:
        (found,) = await _meant(xrm, actor, id_, owner, one=True)
        await xrm.calendar_links.unlink(actor, found.id)
        return found.name

    tell("calendar_unlinked", name=in_base(base, use))


async def _meant(
    xrm: Platform, actor: Actor, id_: str | None, owner: str | None, *, one: bool = False
) -> list[LinkView]:
    """The link with this id, else those of the owner. Raises `Ungiven` when there is none, or several and `one` is
    wanted."""
    if id_ is not None:
        return [await xrm.calendar_links.get(actor, id_)]
    if owner is None:
        raise Ungiven("calendar_or_owner")
    found, _ = await pages(
        lambda key, size: xrm.calendar_links.list(actor, owner=owner, after=key, limit=size), None, None
    )
    if not found:
        raise Ungiven("no_calendar_linked", owner=owner)
    if one and len(found) > 1:
        raise Ungiven("which_calendar", owner=owner, known=", ".join(f"{link.id} ({link.name})" for link in found))
    return list(found)


def _link_said(xrm: Platform, view: LinkView, *, json_wanted: bool) -> Any:
    """With a sentence in the place of a code, for people."""
    if json_wanted or view.error_code is None:
        return view
    said = sentence_of(xrm, "calendar", view.provider, "errors", view.error_code, view.error_params)
    if said == view.error_code:
        said = say_with("problems", view.error_code, view.error_params)
    return {**as_json(view), "error_code": said}


def _fault(xrm: Platform, link: LinkView, ran: RunView) -> str:
    code = ran.error_code or ""
    said = sentence_of(xrm, "calendar", link.provider, "errors", code, ran.error_params)
    return f"{link.name}: {said}"
