"""The consent of a person in Google's own page: OAuth 2.0 for web servers (RFC 6749 §4.1) with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from yarl import URL

from xrm_platform.providers import AuthError

from .client import GoogleClient
from .grants import SCOPE, ByConsent, Form


def authorize_url(settings: Mapping[str, Any], state: str, redirect: str, verifier: str) -> str:
    """Where to send the person's browser.

    `access_type=offline` asks for a refresh token, `prompt=consent` for one even if consent was given before.
    """
    query = {
        "response_type": "code",
        "client_id": settings["client_id"],
        "redirect_uri": redirect,
        "scope": SCOPE,
        "state": state,
        "access_type": "offline",
        "prompt": "consent",
        "login_hint": settings["account"],
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return str(URL(settings["auth_url"]).with_query(query))


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def redemption(grant: ByConsent, code: str, redirect: str, verifier: str) -> Form:
    """What to post to the token endpoint for the code that came back."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
        **grant.client(),
    }


class OneToken:
    """The token of a consent, before anything is remembered of it."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def token(self, refused: str | None = None) -> str:
        if refused is not None:
            raise AuthError("reconnect_needed")
        return self._token


async def require_account(client: GoogleClient, account: str) -> None:
    """Raises `AuthError` unless it is `account` that allowed access: Google's page lets a person choose another one.

    The id of somebody's primary calendar is the address of their Google account (Calendar API, `Calendars`).
    """
    primary = await client.get("calendars", "primary")
    given = str(primary.get("id", ""))
    if _folded(given) != _folded(account):
        raise AuthError("consent_of_other_account", account=account, given=given[:254])


def _folded(address: str) -> str:
    """As Google compares addresses: without regard to case and, of its own mail, to dots."""
    name, _, host = address.strip().casefold().rpartition("@")
    if host in {"gmail.com", "googlemail.com"}:
        return f"{name.replace('.', '')}@gmail.com"
    return f"{name}@{host}"
