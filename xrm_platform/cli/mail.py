"""`xrm mail`: send a mail, and limit how many an account sends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import category_given, content_of, moment, text_of
from .help import Command, noun
from .options import AccountId, AccountOption, At, Base, Category, Json, Key, Priority, Recipients, Sender
from .output import show
from .session import in_base

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("send", cls=Command)
def send(
    base: Base,
    sender: Sender,
    to: Recipients = None,
    cc: Annotated[list[str] | None, typer.Option("--cc", metavar="ADDRESS")] = None,
    bcc: Annotated[list[str] | None, typer.Option("--bcc", metavar="ADDRESS")] = None,
    reply_to: Annotated[str | None, typer.Option("--reply-to", metavar="ADDRESS")] = None,
    subject: Annotated[str, typer.Option("--subject", metavar="TEXT")] = "",
    text: Annotated[str, typer.Option("--text", metavar="TEXT")] = "",
    text_file: Annotated[Path | None, typer.Option("--text-file", metavar="FILE")] = None,
    html_file: Annotated[Path | None, typer.Option("--html-file", metavar="FILE")] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", metavar="FILE")] = None,
    answers: Annotated[str | None, typer.Option("--answers", metavar="ID")] = None,
    category: Category = "transactional",
    priority: Priority = 0,
    at: At = None,
    account: AccountOption = None,
    key: Key = None,
    json: Json = False,
) -> None:
    html = None if html_file is None else text_of(html_file)
    body = text if text_file is None else text_of(text_file)

    async def use(xrm: Platform, actor: Actor) -> Any:
        from xrm_platform.messaging.requests import AttachmentGiven, MailRequest  # noqa: PLC0415  see session

        request = MailRequest(
            sender=sender,
            to=tuple(to or ()),
            cc=tuple(cc or ()),
            bcc=tuple(bcc or ()),
            reply_to=reply_to,
            subject=subject,
            text=body,
            html=html,
            attachments=tuple(
                AttachmentGiven(path.name, content_of(path, xrm.config.max_request_bytes)) for path in attach or ()
            ),
            category=category_given(category),
            priority=priority,
            at=None if at is None else moment(at, (await xrm.bases.get(base)).time_zone),
            account=account,
            answers=answers,
        )
        return await xrm.sending.send_mail(actor, request, idempotency_key=key)

    show(in_base(base, use), json_wanted=json)


@commands.command("limits", cls=Command)
def limits(
    id_: AccountId,
    base: Base,
    hourly: Annotated[int | None, typer.Option("--hourly", metavar="N")] = None,
    daily: Annotated[int | None, typer.Option("--daily", metavar="N")] = None,
    remove: Annotated[bool, typer.Option("--remove")] = False,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        found = await xrm.sending_limits.get(actor, id_)
        if hourly is None and daily is None and not remove:
            return found
        kept = (None, None) if remove else (found.hourly, found.daily)
        wanted = [old if new is None else new for old, new in zip(kept, (hourly, daily), strict=True)]
        return await xrm.sending_limits.set(actor, id_, hourly=wanted[0], daily=wanted[1])

    show(in_base(base, use), json_wanted=json)
