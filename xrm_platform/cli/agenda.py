"""`xrm agenda`: what people have to do when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .agenda_given import Range, changes_given, event_given, part_given, people_given, range_given, time_given
from .files import file_to_read, file_to_write
from .given import Ungiven
from .help import Command, noun
from .options import After, Base, Json, Limit
from .output import as_json, note, show, show_list, tell
from .paging import pages
from .progress import counted
from .session import in_base
from .words import say_with

if TYPE_CHECKING:
    from xrm_platform.agenda.files import AgendaText
    from xrm_platform.agenda.views import AgendaImportView
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Owner = Annotated[str, typer.Option("--owner", metavar="CODE")]
OwnerIfAny = Annotated[str | None, typer.Option("--owner", metavar="CODE")]
Team = Annotated[str | None, typer.Option("--team", metavar="CODE")]
Since = Annotated[str | None, typer.Option("--from", metavar="TIME")]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME")]
EventId = Annotated[str, typer.Argument(metavar="ID")]
Start = Annotated[str, typer.Option("--start", metavar="TIME")]
StartIfAny = Annotated[str | None, typer.Option("--start", metavar="TIME")]
End = Annotated[str | None, typer.Option("--end", metavar="TIME")]
Kind = Annotated[str | None, typer.Option("--kind", metavar="appointment|call|task|note")]
Zone = Annotated[str | None, typer.Option("--zone", metavar="ZONE")]
Location = Annotated[str | None, typer.Option("--location", metavar="TEXT")]
Description = Annotated[str | None, typer.Option("--description", metavar="TEXT")]
Recurrence = Annotated[str | None, typer.Option("--recurrence", metavar="RULE")]
Participants = Annotated[list[str] | None, typer.Option("--participant", metavar="CODE|ADDRESS")]
Reminders = Annotated[
    list[str] | None, typer.Option("--reminder", metavar="MINUTES[:mail|sms[:owner|contact[:ADDRESS]]]")
]
Private = Annotated[bool | None, typer.Option("--private/--public")]
Busy = Annotated[bool | None, typer.Option("--busy/--free")]
Occurrence = Annotated[str | None, typer.Option("--occurrence", metavar="KEY")]
Following = Annotated[bool, typer.Option("--following")]
COLUMNS = ("event", "key", "owner", "start", "end", "kind", "summary", "location", "status")


@commands.command("list", cls=Command)
def list_(
    base: Base,
    owner: OwnerIfAny = None,
    team: Team = None,
    day: Annotated[str | None, typer.Option("--day", metavar="DATE")] = None,
    week: Annotated[str | None, typer.Option("--week", metavar="DATE")] = None,
    month: Annotated[str | None, typer.Option("--month", metavar="DATE")] = None,
    since: Since = None,
    until: Until = None,
    json: Json = False,
) -> None:
    wanted = Range({"day": day, "week": week, "month": month}, since, until)

    async def use(xrm: Platform, actor: Actor) -> Any:
        first, end = range_given(wanted, (await xrm.bases.get(base)).time_zone)
        return await xrm.schedule.range(actor, first, end, owner=owner, team=team)

    show_list(in_base(base, use), COLUMNS, json_wanted=json)


@commands.command("events", cls=Command)
def events(base: Base, owner: OwnerIfAny = None, after: After = None, limit: Limit = 50, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.agenda.list(actor, owner=owner, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    columns = ("id", "owner", "kind", "start", "end", "summary", "recurrence", "status")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("add", cls=Command)
def add(
    base: Base,
    owner: Owner,
    summary: Annotated[str, typer.Option("--summary", metavar="TEXT")],
    start: Start,
    end: End = None,
    kind: Kind = None,
    zone: Zone = None,
    location: Location = None,
    description: Description = None,
    recurrence: Recurrence = None,
    participant: Participants = None,
    reminder: Reminders = None,
    private: Private = None,
    busy: Busy = None,
    json: Json = False,
) -> None:
    given = {
        "owner": owner,
        "summary": summary,
        "start": start,
        "end": end,
        "kind": kind,
        "zone": zone,
        "location": location,
        "description": description,
        "recurrence": recurrence,
        "participants": participant,
        "reminders": reminder,
        "private": private,
        "busy": busy,
    }

    async def use(xrm: Platform, actor: Actor) -> Any:
        made = await xrm.agenda.add(actor, event_given(given))
        return made, await xrm.schedule.overlaps(actor, made.id)

    _show_with_overlaps(in_base(base, use), json_wanted=json)


@commands.command("show", cls=Command)
def show_(id_: EventId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.agenda.get(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    id_: EventId,
    base: Base,
    summary: Annotated[str | None, typer.Option("--summary", metavar="TEXT")] = None,
    start: StartIfAny = None,
    end: End = None,
    kind: Kind = None,
    zone: Zone = None,
    location: Location = None,
    description: Description = None,
    recurrence: Recurrence = None,
    participant: Participants = None,
    reminder: Reminders = None,
    private: Private = None,
    busy: Busy = None,
    occurrence: Occurrence = None,
    following: Following = False,
    json: Json = False,
) -> None:
    given = {
        "summary": summary,
        "start": start,
        "end": end,
        "kind": kind,
        "zone": zone,
        "location": location,
        "description": description,
        "recurrence": recurrence,
        "participants": participant,
        "reminders": reminder,
        "private": private,
        "busy": busy,
    }

    async def use(xrm: Platform, actor: Actor) -> Any:
        part = part_given(occurrence, following=following)
        return await xrm.agenda.change(actor, id_, changes_given(given), part=part, occurrence=occurrence)

    show(in_base(base, use), json_wanted=json)


@commands.command("move", cls=Command)
def move(
    id_: EventId,
    base: Base,
    start: Start,
    end: End = None,
    occurrence: Occurrence = None,
    following: Following = False,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        moved = await xrm.agenda.move(
            actor,
            id_,
            time_given(start, "start"),
            None if end is None else time_given(end, "end"),
            part=part_given(occurrence, following=following),
            occurrence=occurrence,
        )
        return moved, await xrm.schedule.overlaps(actor, moved.id)

    _show_with_overlaps(in_base(base, use), json_wanted=json)


@commands.command("cancel", cls=Command)
def cancel(
    id_: EventId, base: Base, occurrence: Occurrence = None, following: Following = False, json: Json = False
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        part = part_given(occurrence, following=following)
        return await xrm.agenda.cancel(actor, id_, part=part, occurrence=occurrence)

    show(in_base(base, use), json_wanted=json)


@commands.command("delete", cls=Command)
def delete(id_: EventId, base: Base, occurrence: Occurrence = None, following: Following = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        part = part_given(occurrence, following=following)
        return await xrm.agenda.delete(actor, id_, part=part, occurrence=occurrence)

    in_base(base, use)
    tell("event_deleted", id=id_)


@commands.command("free", cls=Command)
def free(
    people: Annotated[str, typer.Argument(metavar="CODE,CODE…")],
    base: Base,
    since: Since = None,
    until: Until = None,
    minutes: Annotated[int, typer.Option("--minutes", metavar="N")] = 60,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        first, end = range_given(Range({}, since, until), (await xrm.bases.get(base)).time_zone)
        return await xrm.schedule.free_slots(actor, people_given(people), first, end, minutes=minutes)

    show_list(in_base(base, use), ("starts_at", "ends_at"), json_wanted=json)


@commands.command("import", cls=Command)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE")], base: Base, owner: Owner, json: Json = False
) -> None:
    with file_to_read(file) as opened:
        content = opened.read()
    with counted("importing_events") as progress:

        async def use(xrm: Platform, actor: Actor) -> AgendaImportView:
            def tell_count(done: int, _all: int) -> None:
                if progress is not None:
                    progress(done)

            return await xrm.agenda_files.load(actor, owner, content, progress=tell_count)

        done = in_base(base, use)
    _show_import(done, file, json_wanted=json)


@commands.command("export", cls=Command)
def export(
    base: Base, owner: Owner, output: Annotated[Path | None, typer.Option("--output", metavar="FILE")] = None
) -> None:
    async def use(xrm: Platform, actor: Actor) -> AgendaText:
        return await xrm.agenda_files.dump(actor, owner)

    agenda = in_base(base, use)
    if output is None:
        print(agenda.text, end="")
    else:
        with file_to_write(output) as file:
            file.write(agenda.text.encode())
    if agenda.left_out:
        note("export_cut", left_out=agenda.left_out)


@commands.command("feed", cls=Command)
def feed(base: Base, owner: Owner, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        made, url = await xrm.feeds.create(actor, owner)
        return {**as_json(made), "url": url}

    made = in_base(base, use)
    show(made, json_wanted=json)
    note("feed_once")


@commands.command("feeds", cls=Command)
def feeds(base: Base, owner: Owner, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.feeds.list(actor, owner)

    show_list(in_base(base, use), ("id", "owner", "created_by", "created_at", "revoked_at"), json_wanted=json)


@commands.command("revoke-feed", cls=Command)
def revoke_feed(id_: EventId, base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.feeds.revoke(actor, id_)

    in_base(base, use)
    tell("feed_revoked", id=id_)


def _show_with_overlaps(answer: Any, *, json_wanted: bool) -> None:
    """The event, and beside it what it overlaps."""
    view, overlaps = answer
    show(view, json_wanted=json_wanted)
    for one in overlaps[:5]:
        note("overlaps", start=one.other.start, summary=one.other.summary)


def _show_import(done: AgendaImportView, file: Path, *, json_wanted: bool) -> None:
    """What came of it, and a line for everything that is not kept. Raises `Ungiven` when nothing could be read."""
    if json_wanted:
        shown = as_json(done)
        for said, found in zip(shown["notes"], done.notes, strict=True):
            said["sentence"] = say_with("imports", found.code, {"about": found.about, **found.params})
        show(shown, json_wanted=True)
    else:
        for found in done.notes:
            sentence = say_with("imports", found.code, {"about": found.about, **found.params})
            note("import_note", line=found.line, sentence=sentence)
        tell("events_imported", added=done.added, changed=done.changed, unchanged=done.unchanged, skipped=done.skipped)
    if not done.added + done.changed + done.unchanged:
        raise Ungiven("nothing_to_import", path=str(file))
