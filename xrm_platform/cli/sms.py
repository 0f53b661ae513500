"""`xrm sms`: send SMS, see beforehand what one costs, and the pause that keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import category_given, moment
from .help import Command, noun
from .options import AccountOption, At, Base, Category, Json, Key, Priority, Sender
from .output import show, tell
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()

Numbers = Annotated[list[str] | None, typer.Option("--to", metavar="NUMBER")]
Text = Annotated[str, typer.Option("--text", metavar="TEXT")]


@commands.command("send", cls=Command)
def send(
    base: Base,
    sender: Sender,
    text: Text,
    to: Numbers = None,
    category: Category = "transactional",
    priority: Priority = 0,
    at: At = None,
    account: AccountOption = None,
    key: Key = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        from xrm_platform.messaging.requests import SmsRequest  # noqa: PLC0415  see session

        request = SmsRequest(
            sender=sender,
            to=tuple(to or ()),
            text=text,
            category=category_given(category),
            priority=priority,
            at=None if at is None else moment(at, (await xrm.bases.get(base)).time_zone),
            account=account,
        )
        return await xrm.sending.send_sms(actor, request, idempotency_key=key)

    show(in_base(base, use), json_wanted=json)


@commands.command("preview", cls=Command)
def preview(
    base: Base,
    text: Text,
    sender: Annotated[str | None, typer.Option("--from", metavar="CODE")] = None,
    to: Numbers = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        if sender is not None:
            await xrm.collaborators.get(actor, sender)
        return xrm.sending.preview_sms(text, max(1, len(to or ())))

    show(in_base(base, use), json_wanted=json)


@commands.command("pause", cls=Command)
def pause(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        return await xrm.sms_pause.pause(actor)

    held = in_base(base, use)
    if json:
        show({"paused": True, "messages": held}, json_wanted=True)
    else:
        tell("sms_paused", base=base, count=held)


@commands.command("release", cls=Command)
def release(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        return await xrm.sms_pause.release(actor)

    released = in_base(base, use)
    if json:
        show({"paused": False, "messages": released}, json_wanted=True)
    else:
        tell("sms_released", base=base, count=released)
