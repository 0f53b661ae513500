"""What the use cases of accounts hand out: values without secrets, collaborators by their codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypedDict

from .settings_form import SettingView


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider that is installed, or that is enabled and whose plugin is missing (`available` is then false).

    `label` is the provider's own name for itself; `package` holds its translations.
    """

    channel: str
    slug: str
    label: str
    enabled: bool
    available: bool
    capabilities: tuple[str, ...]
    settings: tuple[SettingView, ...]
    docs_url: str
    package: str


@dataclass(frozen=True, slots=True)
class PresetView:
    """What an account at a well-known service is set to; for an address, with the name to sign in. `hints` are keys of
    the section `hints` of the translations in `package`: what the person has to do there."""

    name: str
    label: str
    domains: tuple[str, ...]
    settings: dict[str, Any]
    hints: tuple[str, ...]
    package: str


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account of the base (`collaborator` is None) or of one collaborator.

    `default` says that it is the base's default of its channel. `secrets` names those that are stored. `health` is
    `unchecked`, `ok`, `warning` or `failing`, the last two with a code of the section `errors` and its params.
    `available` is false when the account cannot be used, and `why_unavailable` is then a code of the section
    `errors`, too, with `why_params`. Who is no administrator sees neither settings nor what is wrong with them.
    """

    id: str
    channel: str
    provider: str
    name: str
    collaborator: str | None
    settings: dict[str, Any]
    secrets: tuple[str, ...]
    default: bool
    paused: bool
    suspended: bool
    health: str
    health_code: str | None
    health_params: dict[str, Any]
    health_at: datetime | None
    available: bool
    why_unavailable: str | None
    why_params: dict[str, Any]


class AccountChanges(TypedDict, total=False):
    """`settings` are merged into those stored: what is absent is kept, what is None removed."""

    name: str
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True)
class TickView:
    """One step of a check: `step` is a code of the section `steps`, `code` one of `errors`, maybe the plugin's."""

    step: str
    state: str
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckView:
    """The account as the check left it."""

    account: AccountView
    ok: bool
    ticks: tuple[TickView, ...]


@dataclass(frozen=True, slots=True)
class ConsentStartedView:
    """`url` is where the person's browser is to go, before `expires_at`. It is for that person alone."""

    id: str
    url: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """Who uses which account on a channel; without collaborator, the base's default."""

    channel: str
    collaborator: str | None
    account: str
    account_name: str
    provider: str


@dataclass(frozen=True, slots=True)
class MailSoftwareView:
    """The mail software in use in an environment (`apple`, `windows`), and the provider that hands mail over to it.
    `own` says that a collaborator has another than the base."""

    environment: str
    software: str | None
    provider: str | None
    own: bool


@dataclass(frozen=True, slots=True)
class DirectSendingView:
    """The account by which mail goes out directly, the guide's "SMTP actuel pour envois directs"; `collaborator` when
    it is a personal one. Only administrators are told whether it signs in (`authenticated`)."""

    account: str
    name: str
    provider: str
    collaborator: str | None
    authenticated: bool | None


@dataclass(frozen=True, slots=True)
class MailPreferencesView:
    """Preferences of mail: of the base, or what holds for a collaborator."""

    collaborator: str | None
    mail_software: tuple[MailSoftwareView, ...]
    direct_sending: DirectSendingView | None


class MailPreferencesChanges(TypedDict, total=False):
    """`mail_software` by environment; `direct_sending` is the id of an account. None is none, for a collaborator what
    the base has."""

    mail_software: dict[str, str | None]
    direct_sending: str | None


@dataclass(frozen=True, slots=True)
class PreferencesView:
    """`sms_paused` is the guide's "Ne pas envoyer de SMS pour le moment"."""

    sms_paused: bool
    mail_software: tuple[MailSoftwareView, ...]
    direct_sending: DirectSendingView | None
