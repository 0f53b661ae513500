"""`xrm sms`: send SMS, see beforehand what one costs, and the pause that keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .given import category_given, moment
from .help import Command, noun
from .options import AccountId, AccountOption, At, Base, Category, Json, Key, Priority, Sender, SenderIfAny
from .output import as_json, show, show_list, tell
from .session import in_base
from .words import say

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
    sender: SenderIfAny = None,
    to: Numbers = None,
    recipients: Annotated[int | None, typer.Option("--recipients", metavar="N", min=1)] = None,
    category: Category = "transactional",
    account: AccountOption = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.sms_previews.show(
            actor,
            text,
            sender=sender,
            to=to or (),
            recipients=recipients,
            category=category_given(category),
            account=account,
        )

    preview_ = as_json(in_base(base, use))
    if not json:
        preview_["simplified"] = _simpler_text(preview_["simplified"])
        preview_["unaccented"] = _simpler_text(preview_["unaccented"])
        preview_["forcing_positions"] = _marked(preview_["text"], preview_["forcing_positions"])
    show(preview_, json_wanted=json)


@commands.command("price", cls=Command)
def price(
    id_: AccountId,
    base: Base,
    amount: Annotated[str | None, typer.Option("--set", metavar="AMOUNT")] = None,
    currency: Annotated[str, typer.Option("--currency", metavar="EUR")] = "EUR",
    remove: Annotated[bool, typer.Option("--remove")] = False,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        if amount is None and not remove:
            return await xrm.prices.get(actor, id_)
        return await xrm.prices.set(actor, id_, None if remove else amount, currency)

    show(in_base(base, use), json_wanted=json)


@commands.command("credit", cls=Command)
def credit(
    id_: AccountId,
    base: Base,
    warn_below: Annotated[int | None, typer.Option("--warn-below", metavar="N", min=0)] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        if warn_below is None:
            return await xrm.credits.get(actor, id_)
        return await xrm.credits.warn_below(actor, id_, warn_below)

    show(in_base(base, use), json_wanted=json)


@commands.command("pause", cls=Command)
def pause(base: Base, sender: SenderIfAny = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        return await xrm.sms_pause.pause(actor, sender)

    _tell("sms_paused" if sender is None else "sender_paused", base, sender, in_base(base, use), paused=True, json=json)


@commands.command("release", cls=Command)
def release(base: Base, sender: SenderIfAny = None, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> int:
        return await xrm.sms_pause.release(actor, sender)

    code = "sms_released" if sender is None else "sender_released"
    _tell(code, base, sender, in_base(base, use), paused=False, json=json)


@commands.command("paused", cls=Command)
def paused(base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await xrm.sms_pause.paused_senders(actor)

    show_list(in_base(base, use), ("collaborator", "since", "by"), json_wanted=json)


def _tell(code: str, base: str, sender: str | None, count: int, *, paused: bool, json: bool) -> None:
    if json:
        show({"paused": paused, "messages": count}, json_wanted=True)
    else:
        tell(code, base=base, count=count, sender=sender)


def _marked(text: str, positions: Sequence[int]) -> str:
    """For a person: the text with what forces Unicode in brackets, by its number where it cannot be seen. "" where
    nothing does."""
    if not positions:
        return ""
    forcing = frozenset(positions)
    return "".join(f"[{_visible(one)}]" if place in forcing else one for place, one in enumerate(text))


def _visible(character: str) -> str:
    return character if character.isprintable() and not character.isspace() else f"U+{ord(character):04X}"


def _simpler_text(simpler: dict[str, Any] | None) -> str | None:
    """For a person: the text, and in how many parts it would go."""
    if simpler is None:
        return None
    return say("cli", "sms_simpler", text=simpler["text"], parts=simpler["parts"], encoding=simpler["encoding"])
