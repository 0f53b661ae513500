"""Providers and whether the base uses them, their accounts, who uses which, and the preferences of communication."""

from __future__ import annotations

import dataclasses
from typing import cast

from xrm_platform.accounts.views import (
    AccountChanges,
    AccountView,
    CheckView,
    ChoiceView,
    ConsentStartedView,
    MailPreferencesChanges,
    MailPreferencesView,
    PreferencesView,
    PresetView,
    ProviderView,
)
from xrm_platform.messaging.mail.trying import MailTestView
from xrm_platform.problems import Conflicting
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.bodies import (
    AccountChange,
    AccountNew,
    ChoiceNew,
    MailPreferencesChange,
    MailTestNew,
    PreferencesChange,
)
from xrm_platform.web.schemas.queries import AccountsQuery, ChannelQuery, ChoiceQuery, PageQuery, PresetsQuery
from xrm_platform.wording import Wording

PROVIDERS = "/bases/{base}/providers"
ENABLED = PROVIDERS + "/{slug}/enabled"
ACCOUNTS = "/bases/{base}/accounts"
ACCOUNT = ACCOUNTS + "/{id}"
CHOICES = "/bases/{base}/choices"
CHOICE = CHOICES + "/{channel}"
PREFERENCES = "/bases/{base}/preferences"
OWN_PREFERENCES = "/bases/{base}/collaborators/{code}/preferences"


@endpoint("GET", PROVIDERS, "providers", "List providers", Need.ADMIN, answer=list_schema(ProviderView))
async def list_providers(call: Call) -> dict[str, list[ProviderView]]:
    """All that are installed, and which settings an account of each is asked for, labelled in the caller's language."""
    providers = await call.xrm.providers.list(call.actor)
    return {"items": [labelled(provider, call.xrm.wording, call.language) for provider in providers]}


@endpoint(
    "PUT",
    ENABLED,
    "providers",
    "Let the base use a provider",
    Need.ADMIN,
    query=ChannelQuery,
    answer=view_schema(ProviderView),
)
async def enable_provider(call: Call) -> ProviderView:
    provider = await call.xrm.providers.enable(call.actor, call.path["slug"], call.query.get("channel"))
    return labelled(provider, call.xrm.wording, call.language)


@endpoint(
    "DELETE", ENABLED, "providers", "No longer let the base use a provider", Need.ADMIN, query=ChannelQuery, status=204
)
async def disable_provider(call: Call) -> None:
    """Its accounts and what is queued stay; nothing goes out through them meanwhile."""
    await call.xrm.providers.disable(call.actor, call.path["slug"], call.query.get("channel"))


@endpoint(
    "GET",
    PROVIDERS + "/{slug}/presets",
    "providers",
    "List settings of well-known services",
    Need.ADMIN,
    query=PresetsQuery,
    answer=list_schema(PresetView),
)
async def list_presets(call: Call) -> dict[str, list[PresetView]]:
    """To be given as `settings` of a new account, with what is still missing. With `address` only that of its domain,
    filled for it, and none if nothing is known. `hints` say, in the caller's language, what the person has to do at the
    service. What a `search` finds is the domain's own word: show its servers before asking for the password."""
    found = await call.xrm.presets.find(call.actor, call.path["slug"], **call.query)
    return {"items": [hinted(one, call.xrm.wording, call.language) for one in found]}


@endpoint("GET", ACCOUNTS, "accounts", "List accounts", Need.READ, query=AccountsQuery, answer=page_schema(AccountView))
async def list_accounts(call: Call) -> Page[AccountView]:
    """Administrators see all, with settings; others those they may use, without."""
    return await call.xrm.accounts.list(call.actor, **call.query)


@endpoint(
    "POST",
    ACCOUNTS,
    "accounts",
    "Add an account",
    Need.ADMIN,
    body=AccountNew,
    answer=view_schema(AccountView),
    status=201,
)
async def add_account(call: Call) -> Answer:
    """Of the base, or of one `collaborator`. Faults in settings are named as `settings.<name>`."""
    given = dict(call.body)
    view = await call.xrm.accounts.add(
        call.actor, given.pop("provider"), given.pop("name"), given.pop("settings"), **given
    )
    return Answer(view, headers={"Location": f"{call.request.path}/{view.id}"})


@endpoint("GET", ACCOUNT, "accounts", "Show an account", Need.READ, answer=view_schema(AccountView))
async def show_account(call: Call) -> AccountView:
    return await call.xrm.accounts.get(call.actor, call.path["id"])


@endpoint(
    "PATCH", ACCOUNT, "accounts", "Change an account", Need.ADMIN, body=AccountChange, answer=view_schema(AccountView)
)
async def change_account(call: Call) -> AccountView:
    """Settings are merged: what is left out is kept, secrets too."""
    return await call.xrm.accounts.change(call.actor, call.path["id"], cast("AccountChanges", call.body))


@endpoint("DELETE", ACCOUNT, "accounts", "Remove an account", Need.ADMIN, status=204)
async def remove_account(call: Call) -> None:
    """Refused (409) while messages wait to go by it or calendars are linked. What was sent by it stays."""
    await call.xrm.accounts.remove(call.actor, call.path["id"])


@endpoint("POST", ACCOUNT + "/check", "accounts", "Try an account", Need.ADMIN, answer=view_schema(CheckView))
async def check_account(call: Call) -> CheckView:
    """Asks the provider, step by step, as far as the first that fails. Changes nothing there."""
    return await call.xrm.accounts.check(call.actor, call.path["id"])


@endpoint(
    "POST",
    ACCOUNT + "/test",
    "accounts",
    "Test an account of mail by sending one",
    Need.ADMIN,
    body=MailTestNew,
    answer=view_schema(MailTestView),
)
async def test_account(call: Call) -> MailTestView:
    """One small mail, from the real address, step by step: reached, secured, signed in, sent, copied. It is never tried
    again, and is no message of the base; the audit has it."""
    return await call.xrm.mail_tests.send(call.actor, call.path["id"], **call.body)


@endpoint("POST", ACCOUNT + "/pause", "accounts", "Pause an account", Need.ADMIN, answer=view_schema(AccountView))
async def pause_account(call: Call) -> AccountView:
    """What is queued is kept."""
    return await call.xrm.accounts.pause(call.actor, call.path["id"])


@endpoint("POST", ACCOUNT + "/resume", "accounts", "Resume an account", Need.ADMIN, answer=view_schema(AccountView))
async def resume_account(call: Call) -> AccountView:
    """Also after the platform suspended it because its credentials were refused."""
    return await call.xrm.accounts.resume(call.actor, call.path["id"])


@endpoint(
    "POST",
    ACCOUNT + "/consent",
    "accounts",
    "Connect an account by consent in the browser",
    Need.SIGN_IN,
    answer=view_schema(ConsentStartedView),
)
async def start_consent(call: Call) -> ConsentStartedView:
    """Send the person's browser to `url` within ten minutes; a page here then says what came of it. Administrators do
    this for every account, a collaborator for their own. What a user begins must end in the browser in which that user
    is signed in; what a token begins, in any: give its `url` to nobody but the person whose access is asked for."""
    return await call.xrm.consents.start(call.actor, call.path["id"])


@endpoint(
    "GET", CHOICES, "choices", "List who uses which account", Need.READ, query=PageQuery, answer=page_schema(ChoiceView)
)
async def list_choices(call: Call) -> Page[ChoiceView]:
    """An entry without collaborator is the base's default on its channel."""
    return await call.xrm.choice.list(call.actor, **call.query)


@endpoint(
    "PUT",
    CHOICE,
    "choices",
    "Choose an account",
    Need.ADMIN,
    query=ChoiceQuery,
    body=ChoiceNew,
    answer=view_schema(ChoiceView),
)
async def choose(call: Call) -> ChoiceView:
    """For the base, or for one collaborator. The account must be one of this channel."""
    account = await call.xrm.accounts.get(call.actor, call.body["account"])
    if account.channel != call.path["channel"]:
        raise Conflicting("account_of_another_channel", account=account.name, channel=account.channel)
    return await call.xrm.choice.choose(call.actor, account.id, collaborator=call.query.get("collaborator"))


@endpoint("DELETE", CHOICE, "choices", "Drop a choice", Need.ADMIN, query=ChoiceQuery, status=204)
async def unchoose(call: Call) -> None:
    """A collaborator then uses the base's default."""
    await call.xrm.choice.unchoose(call.actor, call.path["channel"], collaborator=call.query.get("collaborator"))


@endpoint("GET", PREFERENCES, "preferences", "Show the preferences", Need.READ, answer=view_schema(PreferencesView))
async def show_preferences(call: Call) -> PreferencesView:
    return await call.xrm.preferences.get(call.actor)


@endpoint(
    "PATCH",
    PREFERENCES,
    "preferences",
    "Change the preferences",
    Need.ADMIN,
    body=PreferencesChange,
    answer=view_schema(PreferencesView),
)
async def change_preferences(call: Call) -> PreferencesView:
    """What is left out stays as it is. `sms_paused` does what `sms/pause` and `sms/release` do; `direct_sending` makes
    an account the base's default for mail."""
    given = dict(call.body)
    paused = given.pop("sms_paused", None)
    if given:
        await call.xrm.preferences.change_mail(call.actor, cast("MailPreferencesChanges", given))
    if paused is not None:
        pause = call.xrm.sms_pause
        await (pause.pause(call.actor) if paused else pause.release(call.actor))
    return await call.xrm.preferences.get(call.actor)


@endpoint(
    "GET",
    OWN_PREFERENCES,
    "preferences",
    "Show the preferences of a collaborator",
    Need.READ,
    answer=view_schema(MailPreferencesView),
)
async def show_own_preferences(call: Call) -> MailPreferencesView:
    """What holds for them: their own, else the base's. A collaborator sees their own."""
    return await call.xrm.preferences.get_mail(call.actor, call.path["code"])


@endpoint(
    "PATCH",
    OWN_PREFERENCES,
    "preferences",
    "Change the preferences of a collaborator",
    Need.ADMIN,
    body=MailPreferencesChange,
    answer=view_schema(MailPreferencesView),
)
async def change_own_preferences(call: Call) -> MailPreferencesView:
    """Where they differ from the base's; null takes that back."""
    changes = cast("MailPreferencesChanges", call.body)
    return await call.xrm.preferences.change_mail(call.actor, changes, collaborator=call.path["code"])


def hinted(preset: PresetView, wording: Wording, language: str) -> PresetView:
    """The view with sentences in place of the keys of hints."""
    hints = tuple(wording.say("hints", one, language=language, package=preset.package) for one in preset.hints)
    return dataclasses.replace(preset, hints=hints)


def labelled(provider: ProviderView, wording: Wording, language: str) -> ProviderView:
    """The view with sentences in place of the keys of labels and helps; a help that nobody wrote is empty."""

    def say(section: str, code: str, otherwise: str) -> str:
        if not wording.knows(section, code, language=language, package=provider.package):
            return otherwise
        return wording.say(section, code, language=language, package=provider.package)

    settings = tuple(
        dataclasses.replace(
            setting, label=say("settings", setting.label, setting.name), help=say("settings", setting.help, "")
        )
        for setting in provider.settings
    )
    return dataclasses.replace(provider, label=say("provider", "name", provider.label), settings=settings)
