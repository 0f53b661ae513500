"""`xrm messages`: what was sent, how far it came, and what can still be done about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .files import file_to_write
from .given import Ungiven
from .help import Command, noun
from .options import After, Base, ChannelName, Json, Limit, MessageId, SenderIfAny
from .output import as_json, show, show_list, tell
from .paging import pages
from .session import in_base, sentence_of
from .words import language, say

if TYPE_CHECKING:
    from xrm_platform.app import Platform
    from xrm_platform.messaging import MessageDetail
    from xrm_platform.messaging.drafts.views import DraftView
    from xrm_platform.people.actor import Actor

commands = noun()


@commands.command("list", cls=Command)
def list_(
    base: Base,
    channel: ChannelName = None,
    state: Annotated[str | None, typer.Option("--state", metavar="STATE")] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="CODE")] = None,
    after: After = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(
            lambda key, size: xrm.messages.list(
                actor, channel=channel, state=state, sender=sender, after=key, limit=size
            ),
            after,
            limit,
        )

    items, following = in_base(base, use)
    columns = ("id", "channel", "state", "sender", "recipients", "subject", "due_at")
    show_list(items, columns, json_wanted=json, following=following)


@commands.command("show", cls=Command)
def show_(id_: MessageId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        shown = await xrm.messages.get(actor, id_)
        return shown if json else _in_words(xrm, shown)

    show(in_base(base, use), json_wanted=json)


@commands.command("draft", cls=Command)
def draft(
    id_: MessageId,
    base: Base,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE")] = None,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.drafts.file(actor, id_)

    found = in_base(base, use)
    path = Path(found.filename) if output is None else output
    with file_to_write(path) as file:
        file.write(found.content)
    tell("draft_written", path=str(path))


@commands.command("retry", cls=Command)
def retry(
    id_: MessageId,
    base: Base,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.messages.retry(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("cancel", cls=Command)
def cancel(id_: MessageId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.messages.cancel(actor, id_)

    show(in_base(base, use), json_wanted=json)


@commands.command("release", cls=Command)
def release(
    base: Base,
    id_: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    all_: Annotated[bool, typer.Option("--all")] = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        if id_ is None:
            return await xrm.held.release_all(actor)
        await xrm.held.release(actor, id_)
        return 1

    _require_one_or_all(id_, given_all=all_)
    tell("messages_released", count=in_base(base, use))


@commands.command("discard", cls=Command)
def discard(
    base: Base,
    id_: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    all_: Annotated[bool, typer.Option("--all")] = False,
    sender: SenderIfAny = None,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        if id_ is None:
            return await xrm.held.discard_all(actor, sender=sender)
        await xrm.held.discard(actor, id_)
        return 1

    _require_one_or_all(id_, given_all=all_)
    tell("messages_discarded", count=in_base(base, use))


def _require_one_or_all(id_: str | None, *, given_all: bool) -> None:
    """All is never meant by giving nothing."""
    if (id_ is None) is not given_all:
        raise Ungiven("one_or_all")


def _in_words(xrm: Platform, shown: MessageDetail) -> dict[str, Any]:
    """The message with sentences of its provider in the place of codes of errors."""
    message: dict[str, Any] = as_json(shown)
    where = (xrm, message["channel"], message.pop("provider"))
    for part in (message, *message["recipients"]):
        if part["error_code"] is not None:
            part["error_code"] = sentence_of(*where, "errors", part["error_code"], part["error_params"])
    addresses = {row["id"]: row["address"] for row in message["recipients"]}
    for event in message["events"]:
        event["recipient"] = addresses.get(event["recipient"])
        detail = event["detail"]
        if "next_step" in detail:
            del detail["next_step"]  # the draft says what it is
        if "code" in detail:
            event["detail"] = sentence_of(*where, "errors", detail["code"], detail.get("params"))
            if detail.get("detail"):  # what the vendor said, which knows best what is wrong
                event["detail"] = say("cli", "with_detail", sentence=event["detail"], detail=detail["detail"])
    message.pop("draft")
    account = message.pop("account_name")
    told = "" if shown.draft is None or not shown.draft.open else _told(xrm, shown.provider, shown.draft)
    return {**message, "account": account, **({"to_do": told} if told else {})}


def _told(xrm: Platform, provider: str, draft: DraftView) -> str:
    """What the sender does now with a message that was handed over."""
    from xrm_platform.messaging.drafts.showing import in_words  # noqa: PLC0415  see session
    from xrm_platform.providers import Channel  # noqa: PLC0415

    descriptor = xrm.registry.provider(Channel.MAIL, provider)
    package = descriptor.translations if descriptor is not None else ""
    told = in_words(draft, xrm.wording, language=language(), package=package).told
    return " ".join(filter(None, [*told, draft.filename, draft.uri]))
