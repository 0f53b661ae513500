"""HTTP with the server of an account: who is told the password, where redirects may lead. Nothing is asked twice,
except after a redirect or a challenge, where the first request was not done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from aiohttp import DigestAuthMiddleware, encode_basic_auth

from xrm_platform.providers import AccountError, BadResponse, DriverContext, ProviderError

from .addresses import may_know_password
from .exchange import Answer, Exchange
from .refusals import refusal

MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 307, 308})
"""303 is not among them: it would turn the request into a GET (RFC 9110 §15.4.4), which no CalDAV request means."""


class HttpClient:
    """Requests of one account. Its password goes to the server of its address and to nobody else."""

    def __init__(self, url: str, settings: Mapping[str, Any], context: DriverContext) -> None:
        self.url = url
        self.host = urlsplit(url).hostname or ""
        self._username, self._password = settings["username"], settings["password"]
        self._exchange = Exchange(context.http, settings["ca_file"])
        self._now = context.now
        self._digest: DigestAuthMiddleware | None = None

    def error(self, answer: Answer, *, acts: bool = False) -> ProviderError:
        """What an answer that is no success means."""
        return refusal(answer.status, answer.body, answer.headers.get("Retry-After"), self._now(), acts=acts)

    async def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, *, acts: bool
    ) -> Answer:
        """Ask, and follow redirects as far as they lead to where the password may go. Any status is an answer, except
        401, which raises `AuthError`. `acts` says that the request changes something."""
        for _ in range(MOST_REDIRECTS + 1):
            answer = await self._signed_in(method, url, body, headers or {}, acts=acts)
            location = answer.headers.get("Location")
            if answer.status in REDIRECTS and location:
                url = self.trusted(urljoin(url, location))
                continue
            if answer.status == 401:
                raise self.error(answer)
            if acts and answer.status == 200 and answer.is_page:
                raise BadResponse("not_caldav", detail="a page for people")
            return answer
        raise BadResponse("too_many_redirects", host=self.host)

    def trusted(self, url: str) -> str:
        """`url`, if requests of this account may go there. Raises `AccountError` if not: people decide that."""
        try:
            trusted = may_know_password(self.url, url)
        except ValueError as error:
            raise BadResponse("not_caldav", detail=str(error)) from error
        if not trusted:
            raise AccountError("leads_elsewhere", host=urlsplit(url).hostname or "?")
        return url

    async def _signed_in(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, acts: bool
    ) -> Answer:
        """Basic (RFC 7617) at once, for a request without it would only be refused; Digest (RFC 7616) for a server that
        wants nothing else, from its first challenge on."""
        if not self._username:
            return await self._exchange.once(method, url, acts=acts, body=body, headers=headers)
        if self._digest is None:
            basic = {**headers, "Authorization": encode_basic_auth(self._username, self._password)}
            answer = await self._exchange.once(method, url, acts=acts, body=body, headers=basic)
            if answer.status != 401 or not wants_digest(answer.challenges):
                return answer
            self._digest = DigestAuthMiddleware(self._username, self._password)
        digest = [self._digest]
        return await self._exchange.once(method, url, acts=acts, body=body, headers=headers, middlewares=digest)


def wants_digest(challenges: str) -> bool:
    """Whether Digest is offered and Basic, which has just been refused, is not."""
    offered = challenges.lower()
    return "digest " in offered and "basic " not in offered
