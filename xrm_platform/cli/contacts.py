"""`xrm contacts`: the address book of a base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .files import file_to_read, file_to_write
from .given import Ungiven, moment
from .help import Command, noun
from .options import After, At, Base, Json, Limit
from .output import note, show, show_list, tell
from .paging import pages
from .progress import counted
from .session import in_base
from .words import language as spoken
from .words import wording

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor
    from xrm_platform.people.contacts.import_views import ImportView

commands = noun()

ContactId = Annotated[str, typer.Argument(metavar="ID")]
FirstName = Annotated[str | None, typer.Option("--first-name", metavar="NAME")]
LastName = Annotated[str | None, typer.Option("--last-name", metavar="NAME")]
Company = Annotated[str | None, typer.Option("--company", metavar="NAME")]
Phones = Annotated[list[str] | None, typer.Option("--phone", metavar="[LABEL=]NUMBER")]
Mails = Annotated[list[str] | None, typer.Option("--mail", metavar="[LABEL=]ADDRESS")]
Country = Annotated[str | None, typer.Option("--country", metavar="CODE")]
ContactLanguage = Annotated[str | None, typer.Option("--language", metavar="CODE")]
Notes = Annotated[str | None, typer.Option("--notes", metavar="TEXT")]
Reference = Annotated[str | None, typer.Option("--reference", metavar="REFERENCE")]
COLUMNS = ("id", "name", "company", "phones", "mails", "reference")
MOST_SHOWN = 20


@commands.command("create", cls=Command)
def create(
    base: Base,
    first_name: FirstName = None,
    last_name: LastName = None,
    company: Company = None,
    phone: Phones = None,
    mail: Mails = None,
    country: Country = None,
    language: ContactLanguage = None,
    notes: Notes = None,
    reference: Reference = None,
    json: Json = False,
) -> None:
    texts = {"first_name": first_name, "last_name": last_name, "company": company, "notes": notes}
    removable = {"country": country, "language": language, "reference": reference}

    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.contacts.create(actor, **_changes(texts, removable, phone, mail))

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    id_: ContactId,
    base: Base,
    first_name: FirstName = None,
    last_name: LastName = None,
    company: Company = None,
    phone: Phones = None,
    mail: Mails = None,
    country: Country = None,
    language: ContactLanguage = None,
    notes: Notes = None,
    reference: Reference = None,
    json: Json = False,
) -> None:
    texts = {"first_name": first_name, "last_name": last_name, "company": company, "notes": notes}
    removable = {"country": country, "language": language, "reference": reference}

    async def use(xrm: Platform, actor: Actor) -> Any:
        changes = _changes(texts, removable, phone, mail)
        return await (xrm.contacts.change(actor, id_, changes) if changes else xrm.contacts.get(actor, id_))

    show(in_base(base, use), json_wanted=json)


@commands.command("show", cls=Command)
def show_(id_: ContactId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.contacts.get(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("list", cls=Command)
def list_(
    base: Base,
    search: Annotated[str | None, typer.Option("--search", metavar="TEXT")] = None,
    reference: Reference = None,
    after: After = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.contacts.list(actor, search=search, reference=reference, after=key, limit=size),
            after,
            limit,
        )

    items, following = in_base(base, use)
    show_list(items, COLUMNS, json_wanted=json, following=following)


@commands.command("delete", cls=Command)
def delete(id_: ContactId, base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.contacts.delete(actor, id_)

    in_base(base, use)
    tell("contact_deleted", id=id_)


@commands.command("duplicates", cls=Command)
def duplicates(base: Base, after: After = None, limit: Limit = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.contacts.duplicates(actor, after=key, limit=size), after, limit)

    groups, following = in_base(base, use)
    if json:
        show_list(groups, (), json_wanted=True, following=following)
        return
    rows = [
        {"shared": group.shared, **{name: getattr(contact, name) for name in COLUMNS}}
        for group in groups
        for contact in group.contacts
    ]
    show_list(rows, ("shared", *COLUMNS), json_wanted=False, following=following)


@commands.command("merge", cls=Command)
def merge(
    id_: ContactId,
    base: Base,
    others: Annotated[list[str], typer.Option("--other", metavar="ID")],
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.contacts.merge(actor, id_, others)

    show(in_base(base, use), json_wanted=json)


@commands.command("consent", cls=Command)
def consent(
    id_: ContactId,
    base: Base,
    channel: Annotated[str, typer.Option("--channel", metavar="sms|mail")],
    state: Annotated[str, typer.Option("--state", metavar="given|withdrawn|none")],
    purpose: Annotated[str, typer.Option("--purpose", metavar="marketing|transactional")] = "marketing",
    source: Annotated[str, typer.Option("--source", metavar="TEXT")] = "",
    wording: Annotated[str, typer.Option("--wording", metavar="TEXT")] = "",
    at: At = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        said_at = None if at is None else moment(at, (await xrm.bases.get(base)).time_zone)
        return await xrm.contacts.record_consent(
            actor, id_, channel=channel, purpose=purpose, state=state, source=source, wording=wording, at=said_at
        )

    show(in_base(base, use), json_wanted=json)


@commands.command("import", cls=Command)
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    base: Base,
    preview: Annotated[bool, typer.Option("--preview")] = False,
    keep_duplicates: Annotated[bool, typer.Option("--keep-duplicates")] = False,
    report: Annotated[Path | None, typer.Option("--report", metavar="FILE")] = None,
    json: Json = False,
) -> None:
    with file_to_read(file) as content, counted("importing") as progress:

        async def use(xrm: Platform, actor: Actor) -> ImportView:
            if preview:
                return await xrm.contact_import.preview(actor, content, keep_duplicates=keep_duplicates)
            return await xrm.contact_import.run(actor, content, keep_duplicates=keep_duplicates, progress=progress)

        done = in_base(base, use)
    if report is not None:
        _write_report(done, report)
    if json:
        show(done, json_wanted=True)
        return
    if preview:
        show_list(done.first, ("line", "outcome", "name", "company", "phones", "mails"), json_wanted=False)
        print()
    show(_in_words(done), json_wanted=False)


@commands.command("export", cls=Command)
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    base: Base,
    format_: Annotated[str, typer.Option("--format", metavar="csv|vcard")] = "csv",
    version: Annotated[str, typer.Option("--vcard-version", metavar="3.0|4.0")] = "4.0",
) -> None:
    if format_ not in ("csv", "vcard"):
        raise Ungiven("export_format_unknown")
    with file_to_write(file) as content:

        async def use(xrm: Platform, actor: Actor) -> None:
            exporting = xrm.contact_export
            csv = format_ == "csv"
            pieces = exporting.csv(actor, language=spoken()) if csv else exporting.vcard(actor, version=version)
            async for piece in pieces:
                content.write(piece)

        in_base(base, use)
    note("contacts_exported", base=base, path=file)


def _changes(
    texts: Mapping[str, str | None],
    removable: Mapping[str, str | None],
    phones: Sequence[str] | None,
    mails: Sequence[str] | None,
) -> Any:
    """What was given; an empty value removes."""
    from xrm_platform.people.contacts.given import MailGiven, PhoneGiven  # noqa: PLC0415  see session

    changes: dict[str, Any] = {name: given for name, given in texts.items() if given is not None}
    changes |= {name: given or None for name, given in removable.items() if given is not None}
    if phones is not None:
        changes["phones"] = [PhoneGiven(number, label) for label, number in map(_labelled, phones) if number]
    if mails is not None:
        changes["mails"] = [MailGiven(address, label) for label, address in map(_labelled, mails) if address]
    return changes


def _labelled(given: str) -> tuple[str, str]:
    """Label and value of `[LABEL=]VALUE`."""
    label, equals, value = given.partition("=")
    return (label, value) if equals else ("", given)


def _in_words(done: ImportView) -> dict[str, Any]:
    """The counts, and the first rows that were not simply brought in, with the reason."""
    from xrm_platform.people.contacts.report import reason_of  # noqa: PLC0415  see session

    told = [
        {
            "line": row.line,
            "outcome": row.outcome,
            "name": row.name,
            "reason": reason_of(row, wording(), language=spoken()),
        }
        for row in done.rows[:MOST_SHOWN]
    ]
    left_out = [column.header for column in done.columns if column.field is None]
    counts = {name: str(getattr(done, name)) for name in ("rows_read", "created", "updated", "unchanged", "duplicates")}
    return {**counts, "left_out": str(done.faults), "columns_left_out": left_out, "not_simply": told}


def _write_report(done: ImportView, path: Path) -> None:
    from xrm_platform.people.contacts.report import report_csv  # noqa: PLC0415  see session

    with file_to_write(path) as file:
        file.write(report_csv(done, wording(), language=spoken()).encode())
