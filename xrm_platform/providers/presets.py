"""Settings that a well-known service needs, so that a person chooses its name or types a mail address instead of
looking up servers and ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

SettingValue = str | int | bool


class AddressPart(StrEnum):
    """How a service wants a mail address as the name to sign in with."""

    WHOLE = "whole"
    LOCAL = "local"
    """Only what stands before the @."""

    def of(self, address: str) -> str:
        """This part of `address`."""
        return address if self is AddressPart.WHOLE else address.rpartition("@")[0]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Where `setting` is given as `value`, these settings take the place of the preset's; None takes one away."""

    setting: str
    value: SettingValue
    settings: Mapping[str, SettingValue | None] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Preset:
    """What an account at one service is set to. Never a secret.

    `name` is stable, for scripts; `label` is the service's own name. `domains` are those whose mail is there, in lower
    case; one with a dot before it means all below it. `mail_hosts`, written so too, are the servers that take the mail
    of those who have a domain of their own there. `from_address` says which settings are filled from the person's mail
    address. `hints` are keys of the section `hints` of the translations: what the person has to do at the service.
    """

    name: str
    label: str
    settings: Mapping[str, SettingValue] = field(hash=False)
    domains: tuple[str, ...] = ()
    mail_hosts: tuple[str, ...] = ()
    from_address: Mapping[str, AddressPart] = field(default_factory=dict, hash=False)
    alternatives: tuple[Alternative, ...] = ()
    hints: tuple[str, ...] = ()

    def serves(self, domain: str) -> bool:
        """Whether mail of `domain`, in lower case, is there."""
        return _among(domain, self.domains)

    def hosts(self, mail_host: str) -> bool:
        """Whether this server, in lower case, takes mail for the service."""
        return _among(mail_host, self.mail_hosts)

    def filled(self, address: str | None = None, given: Mapping[str, object] | None = None) -> dict[str, SettingValue]:
        """The settings for the account of `address`, where the person decided `given` already."""
        settings: dict[str, SettingValue | None] = dict(self.settings)
        for one in self.alternatives:
            if (given or {}).get(one.setting) == one.value:
                settings |= {one.setting: one.value, **one.settings}
        if address is not None:
            settings |= {name: part.of(address) for name, part in self.from_address.items()}
        return {name: value for name, value in settings.items() if value is not None}


def _among(name: str, names: Sequence[str]) -> bool:
    return any(name == one or (one.startswith(".") and name.endswith(one)) for one in names)


class Discovery(Protocol):
    """Where a mail domain may publish the settings of its accounts, and how to read them. Both are pure: the platform
    fetches, over https only, and only when a person asked for it. Nothing but the domain is told to anybody."""

    def places(self, domain: str) -> Sequence[str]:
        """Addresses (https) that may answer for `domain`, the best first."""
        ...

    def read(self, content: bytes, address: str) -> Preset | None:
        """What such a place answered, for the account of `address`; None when nothing in it can be used. The content is
        hostile until proven otherwise."""
        ...
