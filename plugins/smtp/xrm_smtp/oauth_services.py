"""The mail services that let a program in by the consent of a person (OAuth 2.0), and what each wants to read.

From Google's page on XOAUTH2 and Microsoft's on IMAP, POP and SMTP by OAuth. Pure, and light enough to be imported at
every start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSWORD, GOOGLE, MICROSOFT = "password", "google", "microsoft"

ANY_TENANT = "common"
"""Microsoft's name for: accounts of every organization, and personal ones."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service asks for consent and gives tokens (`{tenant}` is replaced), and for which rights.

    `rights` are the scopes for sending and for each way to receive, `identity` those that tell whose consent it was and
    make it last, `question` is what else its page is asked.
    """

    auth_url: str
    token_url: str
    rights: Mapping[str, str]
    identity: str
    question: Mapping[str, str] = field(default_factory=dict)

    def scope(self, *uses: str) -> str:
        """Everything that an account needs for these uses, each right once."""
        return " ".join([*dict.fromkeys(self.rights[use] for use in uses), self.identity])


_GMAIL = "https://mail.google.com/"
_OUTLOOK = "https://outlook.office.com"
_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"

SERVICES: Mapping[str, Service] = {
    GOOGLE: Service(
        auth_url="https://accounts.google.com/o/oauth2/v2/auth",
        token_url="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
        rights={"smtp": _GMAIL, "imap": _GMAIL, "pop": _GMAIL},
        identity="openid email",
        # A refresh token, and one even if consent was given before.
        question={"access_type": "offline", "prompt": "consent"},
    ),
    MICROSOFT: Service(
        auth_url=f"{_MICROSOFT}/authorize",
        token_url=f"{_MICROSOFT}/token",
        # Of Outlook's own and nothing of Graph's: one token request cannot have both.
        rights={
            "smtp": f"{_OUTLOOK}/SMTP.Send",
            "imap": f"{_OUTLOOK}/IMAP.AccessAsUser.All",
            "pop": f"{_OUTLOOK}/POP.AccessAsUser.All",
        },
        identity="offline_access openid email profile",
    ),
}

SERVICE_OF_HOST = {
    "smtp.gmail.com": GOOGLE,
    "smtp.office365.com": MICROSOFT,
    "smtp-mail.outlook.com": MICROSOFT,
    "imap.gmail.com": GOOGLE,
    "pop.gmail.com": GOOGLE,
    "outlook.office365.com": MICROSOFT,
}
"""Servers that only one service can let somebody in to."""

PASSWORDS_ARE_OFF = frozenset({"outlook.office365.com", "imap-mail.outlook.com", "pop-mail.outlook.com"})
"""Mailboxes of Microsoft's, which take no password since 2022 (Exchange Online) and 2024 (Outlook.com)."""


def auth_url(settings: Mapping[str, Any]) -> str:
    """The page where the person allows access."""
    return _in_tenant(settings["auth_url"] or SERVICES[settings["sign_in"]].auth_url, settings)


def token_url(settings: Mapping[str, Any]) -> str:
    """Where codes and refresh tokens become access tokens."""
    return _in_tenant(settings["token_url"] or SERVICES[settings["sign_in"]].token_url, settings)


def scope(settings: Mapping[str, Any]) -> str:
    """The rights that the account needs: for its mailbox, and for sending where it sends."""
    uses = [*(["smtp"] if "host" in settings else []), settings["receive"]]
    return SERVICES[settings["sign_in"]].scope(*(use for use in uses if use != "none"))


def user(settings: Mapping[str, Any]) -> str:
    """The mail address of the person whose consent it is."""
    return str(settings["username"] if "username" in settings else settings["receive_username"])


def _in_tenant(url: str, settings: Mapping[str, Any]) -> str:
    return url.replace("{tenant}", settings["tenant"] or ANY_TENANT)
