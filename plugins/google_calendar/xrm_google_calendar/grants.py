"""By which right an account gets its access tokens: a person's consent, or the key of a service account."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from google.auth import crypt, jwt

from xrm_platform.providers import AuthError

from .settings import read_service_account

SCOPE = "https://www.googleapis.com/auth/calendar"
"""All of calendars: fewer rights do not allow to create one."""

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCE = "https://oauth2.googleapis.com/token"
"""What Google wants to read as `aud`, wherever the request goes."""

ASSERTION_SECONDS = 3600

_SIGNER: Any = crypt.RSASigner  # google-auth leaves these two without types
_ENCODE: Any = jwt.encode

Form = dict[str, str]


class Grant(Protocol):
    async def form(self, saved: Mapping[str, Any], now: datetime) -> Form:
        """What to post to the token endpoint. `saved` is what the account remembers. Raises `AuthError`."""
        ...


class ByConsent:
    """The refresh token that a consent left (RFC 6749 §6): the latest that is remembered, else that of the settings."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._client_id: str = settings["client_id"]
        self._client_secret: str = settings["client_secret"]
        self._refresh_token: str = settings["refresh_token"]

    async def form(self, saved: Mapping[str, Any], now: datetime) -> Form:  # noqa: ARG002
        token = saved.get("refresh_token") or self._refresh_token
        if not token:
            raise AuthError("consent_needed")
        return {"grant_type": "refresh_token", "refresh_token": str(token), **self.client()}

    def client(self) -> Form:
        """How the client says who it is."""
        return {"client_id": self._client_id, "client_secret": self._client_secret}


class ByServiceAccount:
    """A signed statement that the service account speaks for `account` (RFC 7523)."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._info = read_service_account(settings["service_account"])
        self._account: str = settings["account"]

    async def form(self, saved: Mapping[str, Any], now: datetime) -> Form:  # noqa: ARG002
        assertion = await asyncio.to_thread(self._assertion, int(now.timestamp()))
        return {"grant_type": JWT_BEARER, "assertion": assertion}

    def _assertion(self, now: int) -> str:
        """Signed in a thread: it takes milliseconds."""
        try:
            signer = _SIGNER.from_service_account_info(self._info)
        except ValueError:
            raise AuthError("key_not_understood") from None
        claims = {
            "iss": self._info["client_email"],
            "sub": self._account,
            "scope": SCOPE,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        return bytes(_ENCODE(signer, claims)).decode()


def grant_of(settings: Mapping[str, Any]) -> Grant:
    """The grant that `settings` describe."""
    return ByServiceAccount(settings) if settings["service_account"] else ByConsent(settings)
