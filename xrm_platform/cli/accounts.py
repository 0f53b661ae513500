"""`xrm accounts`: the settings with which a base, or one of its people, uses a provider."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .failures import REFUSED
from .given import secrets_given, settings_given
from .help import Command, noun
from .options import (
    AccountId,
    After,
    Base,
    ChannelName,
    CollaboratorCode,
    Json,
    Limit,
    Secrets,
    SenderIfAny,
    Settings,
)
from .output import as_json, show, show_list, tell
from .paging import pages
from .presets import provider_named, with_preset
from .prompts import ask_setting
from .session import Use, in_base, sentence_of
from .ticks import show_ticks
from .words import say

if TYPE_CHECKING:
    from xrm_platform.accounts.views import AccountView, CheckView, ProviderView, TickView
    from xrm_platform.app import Platform
    from xrm_platform.messaging.mail.trying import MailTestView
    from xrm_platform.people.actor import Actor

commands = noun()

COLUMNS = ("id", "channel", "provider", "name", "collaborator", "default", "health")


@commands.command("add", cls=Command)
def add(
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    base: Base,
    name: Annotated[str, typer.Option("--name", metavar="NAME")],
    set_: Settings = None,
    secret: Secrets = None,
    channel: ChannelName = None,
    collaborator: CollaboratorCode = None,
    default: Annotated[bool, typer.Option("--default")] = False,
    preset: Annotated[str | None, typer.Option("--preset", metavar="NAME")] = None,
    address: Annotated[str | None, typer.Option("--address", metavar="ADDRESS")] = None,
    search: Annotated[bool, typer.Option("--search")] = False,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        provider = provider_named(await xrm.providers.list(actor), slug, channel)
        given = _given(provider, set_, secret)
        settings = await with_preset(xrm, actor, provider, given, preset=preset, address=address, search=search)
        for setting in provider.settings:
            if setting.required and setting.name not in settings and sys.stdin.isatty():
                label = sentence_of(xrm, provider.channel, provider.slug, "settings", setting.label)
                settings[setting.name] = ask_setting(label, secret=setting.secret)
        return await xrm.accounts.add(
            actor, slug, name, settings, channel=provider.channel, collaborator=collaborator, default=default
        )

    _show_account(base, use, json_wanted=json)


@commands.command("find", cls=Command)
def find(
    slug: Annotated[str, typer.Argument(metavar="SLUG")],
    base: Base,
    set_: Settings = None,
    secret: Secrets = None,
    channel: ChannelName = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        provider = provider_named(await xrm.providers.list(actor), slug, channel)
        return await xrm.accounts.offers(actor, slug, _given(provider, set_, secret), channel=provider.channel)

    show_list(in_base(base, use), ("reference", "label", "messages_left"), json_wanted=json)


@commands.command("set", cls=Command)
def set_account(
    id_: AccountId,
    base: Base,
    name: Annotated[str | None, typer.Option("--name", metavar="NAME")] = None,
    set_: Settings = None,
    secret: Secrets = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        account = await xrm.accounts.get(actor, id_)
        provider = provider_named(await xrm.providers.list(actor), account.provider, account.channel)
        changes: Any = {}
        if name is not None:
            changes["name"] = name
        if settings := _given(provider, set_, secret):
            changes["settings"] = settings
        return await xrm.accounts.change(actor, id_, changes) if changes else account

    _show_account(base, use, json_wanted=json)


@commands.command("list", cls=Command)
def list_(
    base: Base, channel: ChannelName = None, after: After = None, limit: Limit = None, json: Json = False
) -> None:
    async def use(xrm: Platform, actor: Actor) -> Any:
        return await pages(lambda key, size: xrm.accounts.list(actor, channel, after=key, limit=size), after, limit)

    items, following = in_base(base, use)
    rows = items if json else [{**as_json(one), "health": say("account_states", _standing(one))} for one in items]
    show_list(rows, COLUMNS, json_wanted=json, following=following)


@commands.command("check", cls=Command)
def check(id_: AccountId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> CheckView:
        return await xrm.accounts.check(actor, id_)

    _show_steps(base, use, "checking", json_wanted=json)


@commands.command("test", cls=Command)
def send_test_mail(
    id_: AccountId,
    base: Base,
    sender: SenderIfAny = None,
    to: Annotated[str | None, typer.Option("--to", metavar="ADDRESS")] = None,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> MailTestView:
        tested = await xrm.mail_tests.send(actor, id_, sender=sender, to=to)
        if not json:
            tell("mail_test", sender=tested.sender, to=", ".join(tested.to))
        return tested

    _show_steps(base, use, "testing", json_wanted=json)


@commands.command("connect", cls=Command)
def connect_account(
    id_: AccountId,
    base: Base,
    loopback: Annotated[bool | None, typer.Option("--loopback/--public")] = None,
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65535)] = 0,
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        from .connecting import connect  # noqa: PLC0415  loads what listens, which no other command needs

        here = not xrm.config.https if loopback is None else loopback
        return await connect(xrm, actor, id_, loopback=here, port=port)

    _show_account(base, use, json_wanted=json)


@commands.command("pause", cls=Command)
def pause(id_: AccountId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        return await xrm.accounts.pause(actor, id_)

    _show_account(base, use, json_wanted=json)


@commands.command("resume", cls=Command)
def resume(id_: AccountId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        return await xrm.accounts.resume(actor, id_)

    _show_account(base, use, json_wanted=json)


@commands.command("remove", cls=Command)
def remove(id_: AccountId, base: Base) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.accounts.remove(actor, id_)

    in_base(base, use)
    tell("account_removed", id=id_)


@commands.command("choose", cls=Command)
def choose(id_: AccountId, base: Base, collaborator: CollaboratorCode = None) -> None:
    async def use(xrm: Platform, actor: Actor) -> None:
        await xrm.choice.choose(actor, id_, collaborator=collaborator)

    in_base(base, use)
    if collaborator is None:
        tell("account_chosen_for_base", id=id_, base=base)
    else:
        tell("account_chosen", id=id_, collaborator=collaborator)


@commands.command("push-address", cls=Command)
def push_address(id_: AccountId, base: Base, json: Json = False) -> None:
    async def use(xrm: Platform, actor: Actor) -> dict[str, str]:
        return {"address": await xrm.pushes.new_address(actor, id_)}

    show(in_base(base, use), json_wanted=json)


def _standing(account: AccountView) -> str:
    """What matters most about an account, in a word: why it does not work, else how its last check went."""
    if not account.available:
        return "unavailable"
    if account.suspended:
        return "suspended"
    return "paused" if account.paused else account.health


def _show_account(base: str, use: Use[AccountView], *, json_wanted: bool) -> None:
    """Do `use` and show the account it gives; a person reads sentences where a program reads codes."""

    async def with_sentences(xrm: Platform, actor: Actor) -> tuple[AccountView, dict[str, Any]]:
        account = await use(xrm, actor)
        reasons = {"health_code": account.health_params, "why_unavailable": account.why_params}
        told = as_json(account) | {"health": say("account_states", account.health)}
        for name, params in reasons.items():
            if told[name] is not None:
                told[name] = sentence_of(xrm, account.channel, account.provider, "errors", told[name], params)
        return account, told

    account, told = in_base(base, with_sentences)
    show(account if json_wanted else told, json_wanted=json_wanted)


def _show_steps(base: str, use: Use[CheckView | MailTestView], progress: str, *, json_wanted: bool) -> None:
    """Do `use` and show each of its steps. Ends the command with 1 when one failed."""

    async def with_sentences(xrm: Platform, actor: Actor) -> tuple[Any, list[tuple[str, str, str]]]:
        tried = await use(xrm, actor)
        where = (xrm, tried.account.channel, tried.account.provider)
        told = [
            (
                tick.state,
                sentence_of(*where, "steps", tick.step, tick.params),
                _why(sentence_of(*where, "errors", tick.code, tick.params), tick) if tick.code else "",
            )
            for tick in tried.ticks
        ]
        return tried, told

    tried, told = in_base(base, with_sentences, progress=progress)
    if json_wanted:
        show(tried, json_wanted=True)
    else:
        show_ticks(told)
    if not tried.ok:
        raise typer.Exit(REFUSED)


def _why(sentence: str, tick: TickView) -> str:
    """With the server's own words, which some sentences speak of."""
    detail = tick.params.get("detail")
    return sentence if not detail else f"{sentence} {say('cli', 'server_said', detail=detail)}"


def _given(provider: ProviderView, settings: Sequence[str] | None, secrets: Sequence[str] | None) -> dict[str, Any]:
    """What was given by `--set` and `--secret` together. A list is given with commas."""
    secret_names = {setting.name for setting in provider.settings if setting.secret}
    lists = {setting.name for setting in provider.settings if setting.type == "list"}
    given = settings_given(settings, secret_names)
    split = {name: _split(value or "") if name in lists else value for name, value in given.items()}
    return {**split, **secrets_given(secrets)}


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
