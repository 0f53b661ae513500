"""Who may call a Google-compatible service: consent, authorization codes with PKCE, refresh tokens, service accounts.

From Google's OAuth 2.0 pages and google-auth. Grants are checked as strictly as Google does; how long things live is
given by the caller's clock.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .google_refusals import GrantRefused, Refused

AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth writes as `aud`, wherever the request goes."""

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LIFE = timedelta(seconds=3599)
CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Access:
    """Who an access token speaks for. `delegated` is False for a service account that speaks for itself."""

    email: str
    expires_at: datetime
    scopes: frozenset[str]
    delegated: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    email: str
    redirect_uri: str
    challenge: str
    scopes: frozenset[str]
    offline: bool
    expires_at: datetime


@dataclass(slots=True)
class ServiceAccount:
    """A service account with its key, and the users for whom an administrator lets it speak."""

    email: str
    info: dict[str, str]
    key: rsa.RSAPublicKey
    delegated_for: set[str] = field(default_factory=set)


class SignIn:
    """One OAuth client of one project, its people and its service accounts."""

    def __init__(self) -> None:
        self.client_id = f"{token_urlsafe(9)}.apps.googleusercontent.com"
        self.client_secret = token_urlsafe(18)
        self.denies = False
        """While true, the person does not allow access."""
        self._codes: dict[str, Code] = {}
        self._refresh: dict[str, Code] = {}
        self._access: dict[str, Access] = {}
        self._service_accounts: dict[str, ServiceAccount] = {}

    def refresh_token_for(self, email: str, scopes: frozenset[str], now: datetime) -> str:
        """A refresh token as an earlier consent would have left it."""
        token = f"1//{token_urlsafe(24)}"
        self._refresh[token] = Code(email, "", "", scopes, offline=True, expires_at=now)
        return token

    def revoke(self, email: str) -> None:
        """The person takes back what they allowed: every token is worthless from now on."""
        self._refresh = {token: code for token, code in self._refresh.items() if code.email != email}
        self._access = {token: access for token, access in self._access.items() if access.email != email}
        for account in self._service_accounts.values():
            account.delegated_for.discard(email)

    def end_access(self) -> None:
        """Every access token is worthless; refresh tokens stay."""
        self._access.clear()

    def add_service_account(self, email: str, *delegated_for: str) -> ServiceAccount:
        """A service account with a fresh key; `info` is what its key file holds."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        info = {
            "type": "service_account",
            "client_email": email,
            "private_key_id": token_urlsafe(12),
            "private_key": pem.decode(),
            "token_uri": AUDIENCE,
        }
        account = ServiceAccount(email, info, key.public_key(), set(delegated_for))
        self._service_accounts[email] = account
        return account

    def consent(self, query: Mapping[str, str], email: str, now: datetime) -> str:
        """`email` allows what the authorisation page asks: the code for the redirect (RFC 6749 §4.1.2)."""
        if query.get("client_id") != self.client_id:
            raise GrantRefused("invalid_client", "The OAuth client was not found.", 401)
        if query.get("response_type") != "code" or not query.get("redirect_uri") or not query.get("scope"):
            raise GrantRefused("invalid_request", "response_type, redirect_uri and scope are required.")
        if query.get("code_challenge_method", "S256") != "S256":
            raise GrantRefused("invalid_request", "Only S256 is taken here.")
        code = f"4/{token_urlsafe(24)}"
        self._codes[code] = Code(
            email=email,
            redirect_uri=query["redirect_uri"],
            challenge=query.get("code_challenge", ""),
            scopes=frozenset(query["scope"].split()),
            offline=self._is_lasting(query, email),
            expires_at=now + CODE_LIFE,
        )
        return code

    def _is_lasting(self, query: Mapping[str, str], email: str) -> bool:
        """Whether a refresh token is given: when asked for, and unless told otherwise the first time only."""
        first_time = not any(code.email == email for code in self._refresh.values())
        return query.get("access_type") == "offline" and (first_time or "consent" in query.get("prompt", "").split())

    def grant(self, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """The answer of the token endpoint. Raises `GrantRefused`."""
        match form.get("grant_type"):
            case "authorization_code":
                return self._by_code(form, now)
            case "refresh_token":
                return self._by_refresh_token(form, now)
            case written if written == JWT_BEARER:
                return self._by_assertion(form.get("assertion", ""), now)
        raise GrantRefused("unsupported_grant_type", "Invalid grant_type")

    def whose(self, authorization: str, now: datetime) -> Access:
        """Who sends `Authorization: Bearer …`. Raises `Refused` for a token that is no good (any more)."""
        scheme, _, token = authorization.partition(" ")
        access = self.access_of(token, now) if scheme == "Bearer" else None
        if access is None:
            raise Refused(401, "authError", "Invalid Credentials")
        return access

    def access_of(self, token: str, now: datetime) -> Access | None:
        """What a token opens, None for one that is no good (any more)."""
        access = self._access.get(token)
        return None if access is None or now >= access.expires_at else access

    def _by_code(self, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
        self._check_client(form)
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or now >= code.expires_at:
            raise GrantRefused("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != code.redirect_uri:
            raise GrantRefused("redirect_uri_mismatch", "Bad Request")
        if code.challenge and _s256(form.get("code_verifier", "")) != code.challenge:
            raise GrantRefused("invalid_grant", "Invalid code verifier.")
        answer = self._answer(Access(code.email, now + TOKEN_LIFE, code.scopes), now)
        if code.offline:
            answer["refresh_token"] = self.refresh_token_for(code.email, code.scopes, now)
        return answer

    def _by_refresh_token(self, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
        self._check_client(form)
        found = self._refresh.get(form.get("refresh_token", ""))
        if found is None:
            raise GrantRefused("invalid_grant", "Token has been expired or revoked.")
        return self._answer(Access(found.email, now + TOKEN_LIFE, found.scopes), now)

    def _by_assertion(self, assertion: str, now: datetime) -> dict[str, Any]:
        claims, account = self._verified(assertion)
        issued, expires = claims.get("iat"), claims.get("exp")
        if not (isinstance(issued, int) and isinstance(expires, int)) or claims.get("aud") != AUDIENCE:
            raise GrantRefused("invalid_grant", "Invalid JWT: iat, exp or aud.")
        if not issued - 300 <= now.timestamp() < expires or expires - issued > 3600:
            raise GrantRefused("invalid_grant", "Invalid JWT: Token must be a short-lived token (60 minutes)")
        if not claims.get("scope"):
            raise GrantRefused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        subject = claims.get("sub")
        if subject is not None and subject not in account.delegated_for:
            told = "Client is unauthorized to retrieve access tokens using this method"
            raise GrantRefused("unauthorized_client", told, 401)
        scopes = frozenset(str(claims["scope"]).split())
        access = Access(subject or account.email, now + TOKEN_LIFE, scopes, delegated=subject is not None)
        return self._answer(access, now)

    def _verified(self, assertion: str) -> tuple[dict[str, Any], ServiceAccount]:
        try:
            head, payload, signature = assertion.split(".")
            claims = json.loads(_from_base64(payload))
            algorithm = json.loads(_from_base64(head)).get("alg")
            account = self._service_accounts[claims["iss"]]
        except (ValueError, KeyError, AttributeError, TypeError, binascii.Error) as error:
            raise GrantRefused("invalid_grant", "Invalid grant: account not found") from error
        try:
            signed = f"{head}.{payload}".encode() if algorithm == "RS256" else b""
            account.key.verify(_from_base64(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error) as error:
            raise GrantRefused("invalid_grant", "Invalid JWT Signature.") from error
        return claims, account

    def _check_client(self, form: Mapping[str, str]) -> None:
        if form.get("client_id") != self.client_id or form.get("client_secret") != self.client_secret:
            raise GrantRefused("invalid_client", "The provided client secret is invalid.", 401)

    def _answer(self, access: Access, now: datetime) -> dict[str, Any]:
        token = f"ya29.{token_urlsafe(32)}"
        self._access[token] = access
        life = int((access.expires_at - now).total_seconds())
        scope = " ".join(sorted(access.scopes))
        answer: dict[str, Any] = {"access_token": token, "expires_in": life, "token_type": "Bearer", "scope": scope}
        if "openid" in access.scopes:
            answer["id_token"] = id_token({"aud": self.client_id, "email": access.email})
        return answer


def id_token(claims: Mapping[str, Any]) -> str:
    """Claims as OpenID Connect tells them. The signature is none: who gets it from here over TLS need not judge it."""
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


def _s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _from_base64(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
