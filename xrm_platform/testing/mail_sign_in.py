"""A stand-in for the sign-in of Google or Microsoft where mail servers take its tokens (XOAUTH2).

    async with MailSignIn(MicrosoftSignIn(), "com@example.com") as service:
        ...                                       # a driver with service.auth_url, service.token_url, …
        server.bearer = service.bearer("https://outlook.office.com/SMTP.Send")

Dovecot asks `token_info_url` about a token. It listens on 127.0.0.1 only. Whoever opens the consent page allows access
at once, as `email`; `sign_in.denies` changes that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession, web
from yarl import URL

from xrm_platform.providers import Consent

from .google_refusals import GrantRefused
from .google_sign_in import SignIn
from .http_stand_in import HttpStandIn
from .microsoft_sign_in import MicrosoftSignIn

BACK = "https://xrm.example.com/oauth/callback"
VERIFIER = "a-verifier-of-more-than-forty-three-characters-long"

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class MailSignIn(HttpStandIn):
    """`answers` holds what the token endpoint says next instead of its own answer: a status and a body."""

    def __init__(
        self, sign_in: SignIn, email: str, now: Callable[[], datetime] = lambda: datetime.now(UTC), port: int = 0
    ) -> None:
        super().__init__()
        self.sign_in = sign_in
        self.email = email
        self.now = now
        self.answers: deque[tuple[int, str]] = deque()
        self.forms: list[dict[str, str]] = []
        """What was posted to the token endpoint."""
        self._port = port

    @property
    def auth_url(self) -> str:
        return f"{self._root}/authorize"

    @property
    def token_url(self) -> str:
        return f"{self._root}/token"

    @property
    def token_info_url(self) -> str:
        """Whose a token is; it goes to the end of this address."""
        return f"{self.url}/tokeninfo?access_token="

    def settings(self) -> dict[str, Any]:
        """Of an account that signs in here."""
        return {
            "sign_in": "microsoft" if isinstance(self.sign_in, MicrosoftSignIn) else "google",
            "username": self.email,
            "client_id": self.sign_in.client_id,
            "client_secret": self.sign_in.client_secret,
            "auth_url": self.auth_url,
            "token_url": self.token_url,
        }

    def bearer(self, right: str) -> Callable[[str], str | None]:
        """Tells a server which mail account a token with this right opens."""

        def whose(token: str) -> str | None:
            access = self.sign_in.access_of(token, self.now())
            return None if access is None or right not in access.scopes else access.email

        return whose

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._refusing])
        app.add_routes(
            [
                web.get(f"{self._at}/authorize", self._authorize),
                web.post(f"{self._at}/token", self._token),
                web.get("/tokeninfo", self._token_info),
            ]
        )
        return app

    @property
    def _root(self) -> str:
        return f"{self.url}{self._at}"

    @property
    def _at(self) -> str:
        return "/{tenant}/oauth2/v2.0" if isinstance(self.sign_in, MicrosoftSignIn) else "/google"

    @web.middleware
    async def _refusing(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        try:
            if isinstance(self.sign_in, MicrosoftSignIn) and "tenant" in request.match_info:
                self.sign_in.enter(request.match_info["tenant"])
            return await handler(request)
        except GrantRefused as refused:
            return web.json_response(refused.body(), status=refused.status)

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        back = URL(query.get("redirect_uri", ""))
        told = {"state": query.get("state", "")}
        if self.sign_in.denies:
            raise web.HTTPFound(back.update_query(error="access_denied", **told))
        code = self.sign_in.consent(query, self.email, self.now())
        raise web.HTTPFound(back.update_query(code=code, **told))

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        self.forms.append(form)
        if self.answers:
            status, body = self.answers.popleft()
            return web.Response(status=status, text=body, content_type="application/json")
        return web.json_response(self.sign_in.grant(form, self.now()))

    async def _token_info(self, request: web.Request) -> web.Response:
        """As https://oauth2.googleapis.com/tokeninfo."""
        access = self.sign_in.access_of(request.query.get("access_token", ""), self.now())
        if access is None:
            return web.json_response({"error": "invalid_token"}, status=400)
        return web.json_response({"email": access.email, "scope": " ".join(sorted(access.scopes))})


async def allow(driver: Consent) -> URL:
    """Open the page to which `driver` sends a browser; where that comes back to, with its code."""
    url = driver.authorize_url("state", BACK, VERIFIER)
    async with ClientSession() as browser, browser.get(url, allow_redirects=False) as answer:
        if answer.status != 302:
            raise AssertionError(await answer.text())
        return URL(answer.headers["Location"])


async def connect(driver: Consent) -> None:
    """Let the person of the stand-in allow access."""
    await driver.redeem((await allow(driver)).query["code"], BACK, VERIFIER)
