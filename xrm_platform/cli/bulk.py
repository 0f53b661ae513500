"""`xrm bulk`: one text to many people, by SMS or mail, seen beforehand, started, steered and reported."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .files import file_to_read, file_to_write
from .given import category_given, channel_given, moment, text_of
from .help import Command, noun
from .options import AccountOption, After, At, Base, Category, Json, Limit, Sender
from .output import as_json, note, show, show_list
from .paging import pages
from .progress import bar, counted
from .session import in_base
from .words import language, say, wording

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.messaging.bulk.views import BulkRowView, BulkView
    from xrm_platform.people.actor import Actor

commands = noun()

JobId = Annotated[str, typer.Argument(metavar="ID")]
Watch = Annotated[bool, typer.Option("--watch")]
COLUMNS = ("id", "name", "bulk_state", "sender", "source", "people", "progress")
ROW_COLUMNS = ("position", "name", "written", "row_state", "reason", "parts", "text")
WATCH_SECONDS = 0.5
STILL = ("done", "paused", "cancelled")


@commands.command("prepare", cls=Command)
def prepare(
    base: Base,
    sender: Sender,
    channel: Annotated[str, typer.Option("--channel", metavar="sms|mail")] = "sms",
    template: Annotated[str | None, typer.Option("--template", metavar="ID")] = None,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT")] = "",
    text: Annotated[str, typer.Option("--text", metavar="TEXT")] = "",
    text_file: Annotated[Path | None, typer.Option("--text-file", metavar="FILE")] = None,
    html_file: Annotated[Path | None, typer.Option("--html-file", metavar="FILE")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE")] = None,
    address_column: Annotated[str | None, typer.Option("--address-column", metavar="HEADER")] = None,
    contact: Annotated[list[str] | None, typer.Option("--contact", metavar="ID")] = None,
    search: Annotated[str | None, typer.Option("--search", metavar="TEXT")] = None,
    selection: Annotated[str | None, typer.Option("--selection", metavar="NAME")] = None,
    name: Annotated[str, typer.Option("--name", metavar="NAME")] = "",
    category: Category = "transactional",
    at: At = None,
    account: AccountOption = None,
    json: Json = False,
) -> None:
    body = text if text_file is None else text_of(text_file)
    html = None if html_file is None else text_of(html_file)
    with contextlib.ExitStack() as stack:
        file = None if csv is None else stack.enter_context(file_to_read(csv))
        progress = stack.enter_context(counted("bulk_preparing"))

        async def use(xrm: Platform, actor: Actor) -> BulkView:
            from xrm_platform.messaging.bulk.views import BulkRequest  # noqa: PLC0415  see session

            request = BulkRequest(
                sender=sender,
                text=body,
                channel=channel_given(channel),
                subject=subject,
                html=html,
                template=template,
                name=name or ("" if csv is None else csv.name),
                category=category_given(category),
                at=None if at is None else moment(at, (await xrm.bases.get(base)).time_zone),
                account=account,
                contacts=None if contact is None else tuple(contact),
                search=search,
                selection=selection,
                file=file,
                address_column=address_column,
            )
            return await xrm.bulk_preparing.prepare(actor, request, progress=progress)

        draft = in_base(base, use)
    _show(draft, json_wanted=json)
    if not json:
        if (draft.channel, draft.category) == ("mail", "transactional"):
            note("mailing_transactional")
        note("bulk_prepared", id=draft.id, base=base)


@commands.command("list", cls=Command)
def list_(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.bulks.list(actor, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    rows = items if json else [_in_words(one) for one in items]
    show_list(rows, COLUMNS, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(id_: JobId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> BulkView:
        return await xrm.bulks.get(actor, id_)

    _show(in_base(base, use), json_wanted=json)


@commands.command("rows", cls=Command)
def rows(
    id_: JobId,
    base: Base,
    state: Annotated[str | None, typer.Option("--state", metavar="ready|queued|skipped|cancelled")] = None,
    after: After = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.bulks.rows(actor, id_, state=state, after=key, limit=size), after, limit
        )

    items, following = in_base(base, use)
    shown = items if json else [_row_in_words(one) for one in items]
    show_list(shown, ROW_COLUMNS, json_wanted=json, following=following)


@commands.command("start", cls=Command)
def start(id_: JobId, base: Base, watch: Watch = False, json: Json = False) -> None:
    _steer("start", id_, base, watch=watch, json=json)


@commands.command("pause", cls=Command)
def pause(id_: JobId, base: Base, json: Json = False) -> None:
    _steer("pause", id_, base, json=json)


@commands.command("resume", cls=Command)
def resume(id_: JobId, base: Base, watch: Watch = False, json: Json = False) -> None:
    _steer("resume", id_, base, watch=watch, json=json)


@commands.command("retry", cls=Command)
def retry(id_: JobId, base: Base, watch: Watch = False, json: Json = False) -> None:
    _steer("retry", id_, base, watch=watch, json=json)


@commands.command("cancel", cls=Command)
def cancel(id_: JobId, base: Base, json: Json = False) -> None:
    _steer("cancel", id_, base, json=json)


@commands.command("watch", cls=Command)
def watch_(id_: JobId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> BulkView:
        return await _watched(xrm, actor, id_)

    _show(in_base(base, use), json_wanted=json)


@commands.command("report", cls=Command)
def report(id_: JobId, file: Annotated[Path, typer.Argument(metavar="FILE")], base: Base) -> None:
    with file_to_write(file) as content:

        async def use(xrm: Platform, actor: Actor) -> None:
            async for piece in xrm.bulks.report(actor, id_, language=language()):
                content.write(piece)

        in_base(base, use)
    note("bulk_reported", path=file)


def _steer(act: str, id_: str, base: str, *, watch: bool = False, json: bool) -> None:
    async def use(xrm: Platform, actor: Actor) -> BulkView:
        view: BulkView = await getattr(xrm.bulks, act)(actor, id_)
        return await _watched(xrm, actor, id_) if watch else view

    _show(in_base(base, use), json_wanted=json)


async def _watched(xrm: Platform, actor: Actor, id_: str) -> BulkView:
    """Follow a job that another process works on until it stands still."""
    view = await xrm.bulks.get(actor, id_)
    with bar("bulk_running", view.counts.ready) as advance:
        while view.state not in STILL:
            advance(_settled(view))
            await asyncio.sleep(WATCH_SECONDS)
            view = await xrm.bulks.get(actor, id_)
    return view


def _settled(view: BulkView) -> int:
    waiting = ("ready", "skipped", "held", "queued", "sending")
    return sum(count for state, count in view.progress.items() if state not in waiting)


def _show(job: BulkView, *, json_wanted: bool) -> None:
    if json_wanted:
        show(job, json_wanted=True)
        return
    told = _in_words(job)
    del told["people"], told["source"]
    told |= {name: str(count) for name, count in as_json(job.counts).items()}
    mail = job.channel == "mail"
    if mail:
        del told["parts"]
    told["first"] = [
        {"address": one.address, **({"subject": one.subject} if mail else {"parts": one.parts}), "text": one.text}
        for one in job.first
    ]
    del told["counts"]
    show(told, json_wanted=False)


def _in_words(job: BulkView) -> dict[str, Any]:
    told: dict[str, Any] = as_json(job)
    told["bulk_state"] = say("bulk_states", told.pop("state"))
    told["people"] = job.counts.total
    told["source"] = ": ".join(part for part in (say("bulk_sources", job.source), job.source_name) if part)
    told["reason"] = _reason(told)
    del told["code"], told["params"]
    told["progress"] = {_state_in_words(state): count for state, count in job.progress.items()}
    return told


def _state_in_words(state: str) -> str:
    """A row's own state, or that of its message."""
    return say("bulk_row_states" if state in ("ready", "skipped", "cancelled") else "states", state)


def _row_in_words(row: BulkRowView) -> dict[str, Any]:
    told: dict[str, Any] = as_json(row)
    told["row_state"] = say("bulk_row_states", told.pop("state"))
    told["parts"] = row.parts or ""
    told["reason"] = _reason(told)
    return told


def _reason(told: dict[str, Any]) -> str:
    """Why somebody gets nothing, or why a job paused itself."""
    from xrm_platform.messaging.bulk.report import reason_of  # noqa: PLC0415  see session

    return reason_of(told["code"], told["params"], wording(), language=language())
