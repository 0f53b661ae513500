"""Who may call a Microsoft-compatible mail service: consent, codes with PKCE, refresh tokens that change at each use.

From Microsoft's pages on the authorization code flow, on IMAP, POP and SMTP by OAuth, and on its error codes. Stricter
than Microsoft in one thing: a refresh token that was used is worthless, so that whoever keeps the old one is found out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from .google_refusals import GrantRefused
from .google_sign_in import TOKEN_LIFE, Access, SignIn, id_token

OUTLOOK = "https://outlook.office.com/"
OPENID = frozenset({"openid", "email", "profile", "offline_access"})


class MicrosoftRefused(GrantRefused):
    """The token endpoint says no, with a number that tells why."""

    def __init__(self, error: str, number: int, description: str, status: int = 400) -> None:
        super().__init__(error, f"AADSTS{number}: {description}\r\nTrace ID: 0000aaaa-11bb", status)
        self.number = number

    def body(self) -> dict[str, Any]:
        return {**super().body(), "error_codes": [self.number], "trace_id": "0000aaaa-11bb"}


class MicrosoftSignIn(SignIn):
    """One application of one tenant. `tenants` are the names under which it may be used."""

    def __init__(self) -> None:
        super().__init__()
        self.client_id = "6731de76-14a6-49ae-97bc-6eba6914391e"
        self.tenants = {"common", "organizations", "acme.example"}
        self.secret_expired = False
        self.public = False
        """A client of the kind "mobile and desktop", which has no secret."""

    def enter(self, tenant: str) -> None:
        """Use the endpoints of a tenant. Raises `GrantRefused`."""
        if tenant in self.tenants:
            return
        if tenant in {"common", "organizations", "consumers"}:
            told = f"Application '{self.client_id}' is not configured as a multi-tenant application."
            raise MicrosoftRefused("invalid_request", 50194, told)
        raise MicrosoftRefused("invalid_request", 90002, f"Tenant '{tenant}' not found.")

    def consent(self, query: Mapping[str, str], email: str, now: datetime) -> str:
        """As for Google. The rights are those of Outlook: none of another resource goes with them."""
        if query.get("client_id") != self.client_id:
            told = f"Application with identifier '{query.get('client_id')}' was not found in the directory."
            raise MicrosoftRefused("unauthorized_client", 700016, told)
        rights = set(query.get("scope", "").split()) - OPENID
        if not rights or not all(right.startswith(OUTLOOK) for right in rights):
            raise MicrosoftRefused("invalid_scope", 70011, "The provided value for 'scope' is not valid.")
        return super().consent(query, email, now)

    def _is_lasting(self, query: Mapping[str, str], email: str) -> bool:  # noqa: ARG002
        return "offline_access" in query.get("scope", "").split()

    def _by_refresh_token(self, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
        self._check_client(form)
        found = self._refresh.pop(form.get("refresh_token", ""), None)
        if found is None:
            told = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            raise MicrosoftRefused("invalid_grant", 50173, told)
        answer = self._answer(Access(found.email, now + TOKEN_LIFE, found.scopes), now)
        answer["refresh_token"] = self.refresh_token_for(found.email, found.scopes, now)
        return answer

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id:
            raise MicrosoftRefused("unauthorized_client", 700016, "Application was not found in the directory.")
        given = form.get("client_secret")
        if self.public:
            if given is not None:
                told = "Client is public so neither 'client_assertion' nor 'client_secret' should be presented."
                raise MicrosoftRefused("invalid_request", 700025, told)
        elif given is None:
            raise MicrosoftRefused("invalid_client", 7000218, "The request body must contain 'client_secret'.", 401)
        elif self.secret_expired:
            raise MicrosoftRefused("invalid_client", 7000222, "The provided client secret keys are expired.", 401)
        elif given != self.client_secret:
            raise MicrosoftRefused("invalid_client", 7000215, "Invalid client secret provided.", 401)

    def _answer(self, access: Access, now: datetime) -> dict[str, Any]:
        answer = super()._answer(access, now)
        told = {"aud": self.client_id, "preferred_username": access.email, "sub": token_urlsafe(8)}
        return {
            **answer,
            "scope": " ".join(sorted(access.scopes - OPENID)),
            "ext_expires_in": answer["expires_in"],
            "id_token": id_token(told),
        }
