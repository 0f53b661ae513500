"""`xrm rules`: what may be sent to whom and when, the test mode, and how long texts are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import Ungiven
from .help import Command, noun
from .options import Base, Json
from .output import show
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("show", cls=Command)
def show_(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.rules.get(actor)

    show(in_base(base, use), json_wanted=json)


@commands.command("set", cls=Command)
def set_(
    base: Base,
    test_mode: Annotated[bool | None, typer.Option("--test-mode/--no-test-mode")] = None,
    test_mail: Annotated[list[str] | None, typer.Option("--test-mail", metavar="ADDRESS")] = None,
    test_number: Annotated[list[str] | None, typer.Option("--test-number", metavar="NUMBER")] = None,
    consent: Annotated[str | None, typer.Option("--consent", metavar="nobody|consumers|everyone")] = None,
    stop_mention: Annotated[bool | None, typer.Option("--stop-mention/--no-stop-mention")] = None,
    stop_template: Annotated[str | None, typer.Option("--stop-template", metavar="TEXT")] = None,
    stop_number: Annotated[str | None, typer.Option("--stop-number", metavar="NUMBER")] = None,
    hours: Annotated[str | None, typer.Option("--hours", metavar="08:00-20:00")] = None,
    days: Annotated[str | None, typer.Option("--days", metavar="1,2,3")] = None,
    holidays: Annotated[bool | None, typer.Option("--holidays/--no-holidays")] = None,
    keep_days: Annotated[int | None, typer.Option("--keep-days", metavar="N")] = None,
    keep_for_ever: Annotated[bool, typer.Option("--keep-for-ever")] = False,
    json: Json = False,
) -> None:
    given: dict[str, Any] = {
        "test_mode": test_mode,
        "test_mails": _list(test_mail),
        "test_numbers": _list(test_number),
        "consent": consent,
        "stop_mention": stop_mention,
        "stop_template": stop_template,
        "holidays": holidays,
        "keep_bodies_days": keep_days,
    }
    changes: Any = {name: value for name, value in given.items() if value is not None}
    if stop_number is not None:
        changes["stop_number"] = stop_number or None
    if hours is not None:
        changes["hours_start"], _, changes["hours_end"] = hours.replace(" ", "").partition("-")
    if days is not None:
        changes["days"] = _days(days)
    if keep_for_ever:
        changes["keep_bodies_days"] = None

    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.rules.change(actor, changes)

    show(in_base(base, use), json_wanted=json)


def _list(given: list[str] | None) -> list[str] | None:
    """None for nothing given; an empty value ('') empties the list."""
    return None if given is None else [one for one in given if one]


def _days(given: str) -> list[int]:
    try:
        return [int(day) for day in given.split(",")]
    except ValueError as error:
        raise Ungiven("days_malformed") from error
