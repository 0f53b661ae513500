"""The consent of a person in the page of Google or Microsoft (RFC 6749 §4.1) with PKCE (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from yarl import URL

from . import oauth_services as services

Form = dict[str, str]


def authorize_url(settings: Mapping[str, Any], state: str, redirect: str, verifier: str) -> str:
    """Where to send the person's browser. The page proposes the mail account of the settings."""
    query = {
        "response_type": "code",
        "client_id": settings["client_id"],
        "redirect_uri": redirect,
        "scope": services.scope(settings),
        "state": state,
        "login_hint": services.user(settings),
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
        **services.SERVICES[settings["sign_in"]].question,
    }
    return str(URL(services.auth_url(settings)).with_query(query))


def challenge(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def redemption(settings: Mapping[str, Any], code: str, redirect: str, verifier: str) -> Form:
    """What to post to the token endpoint for the code that came back."""
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
        **_client(settings),
    }


def renewal(settings: Mapping[str, Any], refresh_token: str) -> Form:
    """What to post to the token endpoint for another access token (RFC 6749 §6)."""
    return {"grant_type": "refresh_token", "refresh_token": refresh_token, **_client(settings)}


def _client(settings: Mapping[str, Any]) -> Form:
    """How the client says who it is. One that is registered as public at Microsoft's has no secret to say."""
    secret = settings["client_secret"]
    return {"client_id": settings["client_id"], **({"client_secret": secret} if secret else {})}
