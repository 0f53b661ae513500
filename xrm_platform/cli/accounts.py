"""`xrm accounts`: the settings with which a base, or one of its people, uses a provider."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xrm_platform.problems import Missing

from .failures import REFUSED
from .given import Ungiven, secrets_given, settings_given
from .help import Command, noun
from .options import AccountId, After, Base, ChannelName, CollaboratorCode, Json, Limit, Secrets, Settings
from .output import as_json, show, show_list, tell
from .paging import pages
from .prompts import ask_setting
from .session import Use, in_base, sentence_of
from .ticks import show_ticks
from .words import say

if TYPE_CHECKING:
    from xrm_platform.accounts.views import AccountView, ProviderView
    from xrm_platform.app import Platform
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
    json: Json = False,
) -> None:
    async def use(xrm: Platform, actor: Actor) -> AccountView:
        provider = _provider(await xrm.providers.list(actor), slug, channel)
        settings = _given(provider, set_, secret)
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
        provider = _provider(await xrm.providers.list(actor), slug, channel)
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
        provider = _provider(await xrm.providers.list(actor), account.provider, account.channel)
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
    async def use(xrm: Platform, actor: Actor) -> tuple[Any, list[tuple[str, str, str]]]:
        checked = await xrm.accounts.check(actor, id_)
        account = checked.account
        told = [
            (
                tick.state,
                sentence_of(xrm, account.channel, account.provider, "steps", tick.step, tick.params),
                sentence_of(xrm, account.channel, account.provider, "errors", tick.code, tick.params)
                if tick.code
                else "",
            )
            for tick in checked.ticks
        ]
        return checked, told

    checked, told = in_base(base, use, progress="checking")
    if json:
        show(checked, json_wanted=True)
    else:
        show_ticks(told)
    if not checked.ok:
        raise typer.Exit(REFUSED)


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
        told = as_json(account)
        for name, params in reasons.items():
            if told[name] is not None:
                told[name] = sentence_of(xrm, account.channel, account.provider, "errors", told[name], params)
        return account, told

    account, told = in_base(base, with_sentences)
    show(account if json_wanted else told, json_wanted=json_wanted)


def _provider(providers: Sequence[ProviderView], slug: str, channel: str | None) -> ProviderView:
    """The provider that is meant. Raises `Missing`, and `Ungiven` when several channels have one of this name."""
    found = [one for one in providers if one.slug == slug and channel in (None, one.channel)]
    if not found:
        installed = ", ".join(sorted({one.slug for one in providers})) or "-"
        raise Missing("unknown_provider", provider=slug, installed=installed)
    if len(found) > 1:
        raise Ungiven("channel_needed", slug=slug, channels=", ".join(one.channel for one in found))
    return found[0]


def _given(provider: ProviderView, settings: Sequence[str] | None, secrets: Sequence[str] | None) -> dict[str, Any]:
    """What was given by `--set` and `--secret` together. A list is given with commas."""
    secret_names = {setting.name for setting in provider.settings if setting.secret}
    lists = {setting.name for setting in provider.settings if setting.type == "list"}
    given: Mapping[str, str] = settings_given(settings, secret_names)
    split = {name: _split(value) if name in lists else value for name, value in given.items()}
    return {**split, **secrets_given(secrets)}


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]
