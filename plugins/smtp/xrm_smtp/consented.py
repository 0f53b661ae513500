"""The consent of a person, as every driver of this distribution offers it to the platform."""

from __future__ import annotations

from xrm_platform.providers import AuthError

from .tokens import TokenSource


class Consented:
    """Part of a driver; `_tokens` are None for an account with a password."""

    _tokens: TokenSource | None

    def authorize_url(self, state: str, redirect: str, verifier: str) -> str:
        """Where the person allows access. Raises `AuthError` for an account with a password, as does `redeem`."""
        return self._by_consent().authorize_url(state, redirect, verifier)

    async def redeem(self, code: str, redirect: str, verifier: str) -> None:
        """Trade the code that came back for tokens."""
        await self._by_consent().redeem(code, redirect, verifier)

    def _by_consent(self) -> TokenSource:
        if self._tokens is None:
            raise AuthError("consent_not_used")
        return self._tokens
