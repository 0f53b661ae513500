"""What a driver must remember between two runs, sealed in the row of its account."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from xrm_platform.problems import Unavailable
from xrm_platform.providers import TransientError
from xrm_platform.store import SecretBox, Store

from . import queries
from .sealing import tokens_binding
from .tables import ProviderAccount


class AccountTokens:
    """The `TokenStore` of one account at one revision of its settings.

    Tokens are granted to credentials. When those change, the tokens are gone, and a driver of the old ones that is
    still at work neither sees nor leaves any.
    """

    def __init__(self, store: Store, box: SecretBox, account: ProviderAccount) -> None:
        self._store = store
        self._box = box
        self._base_id = account.base_id
        self._account_id = account.id
        self._rev = account.rev

    async def load(self) -> dict[str, Any]:
        with _in_terms_of_drivers():
            async with self._store.read() as session:
                sealed = await queries.tokens(
                    session, base_id=self._base_id, account_id=self._account_id, rev=self._rev
                )
        return {} if sealed is None else self._box.open(sealed, bound_to=tokens_binding(self._account_id))

    async def save(self, tokens: dict[str, Any]) -> None:
        sealed = self._box.seal(tokens, bound_to=tokens_binding(self._account_id))
        with _in_terms_of_drivers():
            async with self._store.write() as session:
                await queries.update_account(
                    session,
                    base_id=self._base_id,
                    account_id=self._account_id,
                    rev=self._rev,
                    values={"tokens": sealed},
                )


@contextlib.contextmanager
def _in_terms_of_drivers() -> Iterator[None]:
    """A database that is busy now is no fault of the driver's: the work is tried again."""
    try:
        yield
    except Unavailable as error:
        raise TransientError(detail=error.code) from error


class NoTokens:
    """Tokens of a sign-in that nobody has decided to keep: as long as its driver lives."""

    def __init__(self) -> None:
        self._tokens: dict[str, Any] = {}

    async def load(self) -> dict[str, Any]:
        return self._tokens

    async def save(self, tokens: dict[str, Any]) -> None:
        self._tokens = tokens
