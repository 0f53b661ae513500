"""Access tokens: fetched when needed, by one task for all, remembered between runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from yarl import URL

from xrm_platform.providers import AuthError, BadResponse, DriverContext

from .exchange import exchange
from .grants import Form, Grant
from .refusals import excerpt, grant_refusal

MARGIN = timedelta(minutes=4)
"""A token is replaced so long before its end: a request that begins with it must not outlive it."""


class TokenSource:
    """The tokens of one account."""

    def __init__(self, token_url: str, grant: Grant, context: DriverContext) -> None:
        self._url = URL(token_url)
        self._grant = grant
        self._context = context
        self._lock = asyncio.Lock()
        self._saved: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self._url)!r})"

    async def token(self, refused: str | None = None) -> str:
        """A token that is good for some minutes and is not `refused`, the one that Google would not have just now.

        Raises `AuthError` when there is no right any more, `TransientError` when Google cannot be asked.
        """
        async with self._lock:
            saved = await self._remembered()
            token = saved.get("access_token")
            if isinstance(token, str) and token != refused and self._is_good(saved):
                return token
            return await self._fetch(await self._grant.form(saved, self._context.now()))

    async def redeem(self, form: Form, approve: Callable[[str], Awaitable[None]]) -> None:
        """Trade what a consent gave for tokens, and remember them unless `approve`, which is given the access token,
        raises: then those of before stay."""
        async with self._lock:
            before = await self._remembered()
            fetched = await self._asked(form)
            if not {**before, **fetched}.get("refresh_token"):
                raise AuthError("no_refresh_token")
            await approve(fetched["access_token"])
            await self._keep(fetched)

    async def _remembered(self) -> dict[str, Any]:
        if self._saved is None:
            self._saved = await self._context.tokens.load()
        return self._saved

    def _is_good(self, saved: Mapping[str, Any]) -> bool:
        try:
            ends = datetime.fromisoformat(str(saved.get("expires_at")))
        except ValueError:
            return False
        return self._context.now() + MARGIN < ends

    async def _fetch(self, form: Form) -> str:
        fetched = await self._asked(form)
        await self._keep(fetched)
        return str(fetched["access_token"])

    async def _keep(self, fetched: Mapping[str, Any]) -> None:
        """What was not given anew stays."""
        self._saved = {**(self._saved or {}), **fetched}
        await self._context.tokens.save(self._saved)

    async def _asked(self, form: Form) -> dict[str, Any]:
        now = self._context.now()
        answer = await exchange(self._context.http, "POST", self._url, {"Accept": "application/json"}, form)
        if answer.status != 200:
            raise grant_refusal(answer.status, answer.body, answer.retry_after, now)
        told = _read(answer.body)
        ends = now + timedelta(seconds=told["expires_in"])
        fetched = {"access_token": told["access_token"], "expires_at": ends.isoformat()}
        if told.get("refresh_token"):
            fetched["refresh_token"] = told["refresh_token"]
        return fetched


def _read(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadResponse(detail=excerpt(body) if b"access_token" not in body else "") from None
    if not isinstance(told, dict) or not isinstance(told.get("access_token"), str):
        raise BadResponse
    if not isinstance(told.get("expires_in"), int):
        told["expires_in"] = 0
    return told
