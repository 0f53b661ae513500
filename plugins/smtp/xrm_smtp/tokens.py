"""Access tokens of an account that signs in by consent: fetched when needed, by one task for all, remembered between
runs. Both the server for sending and the mailbox are shown the same."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import CancelledError
from datetime import datetime, timedelta
from typing import Any

from xrm_platform.providers import AuthError, ConsentNeeded, DriverContext, TransientError

from . import consent, oauth_services
from .consent import Form
from .grants import grant

MARGIN = timedelta(minutes=4)
"""A token is replaced so long before its end: a session that begins with it must not outlive it."""

THREAD_SECONDS = 60.0
"""How long a thread waits for a token; the request for it ends sooner."""


class TokenSource:
    """The tokens of one account. Belongs to the event loop in which it is made."""

    def __init__(self, settings: Mapping[str, Any], context: DriverContext) -> None:
        self._settings = settings
        self._context = context
        self._url = oauth_services.token_url(settings)
        self._loop = asyncio.get_running_loop()
        self._lock = asyncio.Lock()
        self._saved: dict[str, Any] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    async def token(self, refused: str | None = None) -> str:
        """A token that is good for some minutes and is not `refused`, the one that a server would not have just now.

        Raises `ConsentNeeded` when nobody allowed access, or no longer, and `TransientError` when nobody can be asked.
        """
        async with self._lock:
            if (token := self._good(refused)) is not None:
                return token
            await self._recall()  # another process may have fetched one, or been given another refresh token
            if (token := self._good(refused)) is not None:
                return token
            return await self._renewed(refused)

    def token_in_thread(self, refused: str | None = None) -> str:
        """`token`, for a thread beside the loop."""
        asked = asyncio.run_coroutine_threadsafe(self.token(refused), self._loop)
        try:
            return asked.result(THREAD_SECONDS)
        except (CancelledError, TimeoutError) as error:  # the loop ends, or is busy with worse
            asked.cancel()
            raise TransientError("sign_in_service_ill", detail=type(error).__name__) from error

    def authorize_url(self, state: str, redirect: str, verifier: str) -> str:
        """Where the person allows access."""
        return consent.authorize_url(self._settings, state, redirect, verifier)

    async def redeem(self, code: str, redirect: str, verifier: str) -> None:
        """Trade what a consent gave for tokens, and remember them. What an earlier one gave is forgotten."""
        async with self._lock:
            self._saved = {}
            await self._fetch(consent.redemption(self._settings, code, redirect, verifier))
            if not self._saved.get("refresh_token"):
                raise AuthError("no_refresh_token")

    def refusal(self, code: str, detail: str) -> AuthError:
        """Why a mail server would not have a fresh token: it is that of another mail account, or else `code`."""
        consented, username = str(self._saved.get("account") or ""), oauth_services.user(self._settings)
        if consented and consented.casefold() != username.casefold():
            return AuthError("consent_of_other_mailbox", detail=detail, consented=consented, username=username)
        return AuthError(code, detail=detail, username=username)

    def _good(self, refused: str | None) -> str | None:
        token = self._saved.get("access_token")
        if not isinstance(token, str) or token == refused:
            return None
        try:
            ends = datetime.fromisoformat(str(self._saved.get("expires_at")))
        except ValueError:
            return None
        return token if self._context.now() + MARGIN < ends else None

    async def _recall(self) -> None:
        self._saved = {**self._saved, **await self._context.tokens.load()}

    async def _renewed(self, refused: str | None) -> str:
        """By the refresh token. Where another process has used that up in the meantime, by what it was given."""
        used = self._saved.get("refresh_token")
        if not used:
            raise ConsentNeeded("consent_needed")
        try:
            return await self._fetch(consent.renewal(self._settings, str(used)))
        except AuthError:
            await self._recall()
            if self._saved.get("refresh_token") in {None, used}:
                raise
        return self._good(refused) or await self._fetch(
            consent.renewal(self._settings, str(self._saved["refresh_token"]))
        )

    async def _fetch(self, form: Form) -> str:
        now = self._context.now()
        granted = await grant(self._context.http, self._url, form)
        changed = {"access_token": granted.access_token, "expires_at": (now + granted.lives).isoformat()}
        if granted.refresh_token:
            changed["refresh_token"] = granted.refresh_token
        if granted.account:
            changed["account"] = granted.account
        self._saved = {**self._saved, **changed}
        await self._context.tokens.save(self._saved)
        return granted.access_token


def token_source(settings: Mapping[str, Any], context: DriverContext) -> TokenSource | None:
    """The tokens of an account, None when it signs in with a password."""
    return None if settings["sign_in"] == oauth_services.PASSWORD else TokenSource(settings, context)
