"""The mail software that people have in each environment, as the guide names it, and which provider hands mail over to
it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from xrm_platform.problems import Invalid


class Environment(StrEnum):
    APPLE = "apple"
    WINDOWS = "windows"


class MailSoftware(StrEnum):
    MAIL = "mail"
    """The Mail of macOS."""
    ENTOURAGE = "entourage"
    OUTLOOK = "outlook"


OFFERED: Mapping[Environment, tuple[MailSoftware, ...]] = {
    Environment.APPLE: (MailSoftware.MAIL, MailSoftware.ENTOURAGE, MailSoftware.OUTLOOK),
    Environment.WINDOWS: (MailSoftware.OUTLOOK,),
}

PROVIDER_OF: Mapping[MailSoftware, str] = {
    MailSoftware.MAIL: "apple_mail",
    MailSoftware.ENTOURAGE: "outlook",
    MailSoftware.OUTLOOK: "outlook",
}
"""The slug of the provider that hands a mail over; Entourage takes the generic way of `outlook`."""


def software_given(environment: Environment, given: str | None) -> MailSoftware | None:
    """None for none. Raises `Invalid` for what the environment does not have."""
    if given is None:
        return None
    offered = OFFERED[environment]
    if given not in [*offered]:
        known = ", ".join(offered)
        raise Invalid.field(f"mail_software.{environment}", "mail_software_unknown", given=given[:40], known=known)
    return MailSoftware(given)
