"""The Calendar API: one request in, the JSON of the answer or an error of the contract out."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from yarl import URL

from xrm_platform.providers import BadResponse, DriverContext, OutcomeUnknown, ProviderError, TransientError

from .exchange import Answer, exchange
from .refusals import Duplicate, Stale, excerpt, refusal

MOST_PAGES = 10_000


class Tokens(Protocol):
    async def token(self, refused: str | None = None) -> str:
        """A token that is not `refused`. Raises a `ProviderError` when there is none."""
        ...


class GoogleClient:
    """The API at `url`, with the tokens of one account."""

    def __init__(self, url: str, tokens: Tokens, context: DriverContext) -> None:
        self._root = f"{url.rstrip('/')}/calendar/v3"
        self._tokens = tokens
        self._context = context

    async def get(self, *path: str, **query: str | int) -> dict[str, Any]:
        """Read a resource. Raises `TransientError` without an answer, `NotFound` for what is gone."""
        answer = await self._ask("GET", path, query)
        if answer.status != 200:
            raise self._refusal(answer, acts=False)
        return _object(answer.body)

    async def pages(self, *path: str, **query: str | int) -> AsyncIterator[dict[str, Any]]:
        """A listing, page by page to its end. Raises `BadResponse` for one that turns in circles."""
        async for page in self.pages_from(await self.get(*path, **query), *path, **query):
            yield page

    async def pages_from(self, first: dict[str, Any], *path: str, **query: str | int) -> AsyncIterator[dict[str, Any]]:
        """The listing whose first page is there already."""
        page, seen = first, set[str]()
        while True:
            yield page
            token = page.get("nextPageToken")
            if not token:
                return
            if not isinstance(token, str) or token in seen or len(seen) > MOST_PAGES:
                raise BadResponse("no_listing")
            seen.add(token)
            page = await self.get(*path, **{**query, "pageToken": token})

    async def write(
        self,
        method: str,
        *path: str,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Write, only if the event is still of version `etag`.

        Raises `Stale` when it is not, `Duplicate` for an id that is taken, `OutcomeUnknown` when nobody knows whether
        it was written; whatever else it raises, it was not.
        """
        answer = await self._ask(method, path, query or {}, body=body, etag=etag, lost=OutcomeUnknown)
        if answer.status == 412:
            raise Stale
        if answer.status == 409:
            raise Duplicate
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, acts=True)
        if not answer.body and method in ("DELETE", "POST"):
            return {}
        try:
            return _object(answer.body)
        except BadResponse as error:
            raise OutcomeUnknown(detail=error.detail) from error

    async def _ask(
        self,
        method: str,
        path: tuple[str, ...],
        query: Mapping[str, str | int],
        *,
        body: Mapping[str, Any] | None = None,
        etag: str | None = None,
        lost: type[ProviderError] = TransientError,
    ) -> Answer:
        """A token that Google refuses is replaced once: it may have been taken back before its time."""
        url = URL(f"{self._root}/{'/'.join(quote(part, safe='') for part in path)}", encoded=True).with_query(query)
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if etag is not None:
            headers["If-Match"] = etag
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        token = await self._tokens.token()
        http = self._context.http
        answer = await exchange(http, method, url, {**headers, **_bearer(token)}, data, lost=lost)
        if answer.status == 401:
            token = await self._tokens.token(refused=token)
            answer = await exchange(http, method, url, {**headers, **_bearer(token)}, data, lost=lost)
        return answer

    def _refusal(self, answer: Answer, *, acts: bool) -> ProviderError:
        return refusal(answer.status, answer.body, answer.retry_after, self._context.now(), acts=acts)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadResponse(detail=excerpt(body)) from error
    if not isinstance(read, dict):
        raise BadResponse(detail=excerpt(body))
    return read
