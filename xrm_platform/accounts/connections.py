"""From the row of an account to the driver that works for it, and back: what the driver's work says of the account."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from aiohttp import ClientSession
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people import audit
from xrm_platform.people import queries as people
from xrm_platform.people.bases import operator_of
from xrm_platform.providers import AccountError, DriverContext, ProviderDescriptor, ProviderError, TransientError
from xrm_platform.registry import AccountDriver, Caller, Drivers, Notices, Registry, call_now
from xrm_platform.store import SecretBox, SecretsError, Store

from . import queries
from .availability import AccountUnusable, require_available
from .health import OK, SUSPENDED, failing, healthy, told, warning
from .sealing import open_settings
from .settings import loaded
from .tables import ProviderAccount
from .tokens import AccountTokens, NoTokens


class UsableAgain(Protocol):
    """What another room does when an account can be used again, inside the transaction that says so."""

    async def __call__(self, session: AsyncSession, *, base_id: str, account_id: str) -> None: ...


class Connections:
    """The drivers of all accounts, one each. `http` is lent to them and closed by its owner, after `aclose`. Observers
    hear by `notices` when the standing of an account changed."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        box: SecretBox,
        now: Callable[[], datetime],
        http: ClientSession,
        notices: Notices,
    ) -> None:
        self._store = store
        self._registry = registry
        self._box = box
        self._now = now
        self._http = http
        self._notices = notices
        self._waiting: list[UsableAgain] = []
        self._tokens: dict[str, AccountTokens] = {}
        self._drivers = Drivers(registry, self._context_for)

    async def driver_of(self, account: ProviderAccount) -> AccountDriver:
        """The driver of an account as its row says; one built from older settings is given up.

        Ask before each piece of work. Raises `AccountUnusable` when a person must act first, which the account shows;
        `AccountError` and `TransientError` of the driver's constructor pass.
        """
        async with self._store.read() as session:
            row = await queries.account(session, base_id=account.base_id, account_id=account.id)
        if row is None:
            raise AccountUnusable("account_gone", account=account.name)
        descriptor = require_available(self._registry, row)
        try:
            return await self._drivers.get(
                account.id, account.rev, descriptor, partial(self._open, account, descriptor)
            )
        except SecretsError as error:
            raise await self._unusable(account, error.code, error.params) from error
        except (AccountError, TransientError):
            raise
        except ProviderError as error:
            code, params = told(error)
            named = "plugin_failed" if code == "unexpected" else code
            raise await self._unusable(account, named, {"detail": "", **params}) from error

    @contextlib.asynccontextmanager
    async def for_once(
        self, descriptor: ProviderDescriptor, settings: Mapping[str, Any]
    ) -> AsyncIterator[AccountDriver]:
        """A driver of no account, for one question; what it would remember is forgotten. Raises `ProviderError` of its
        constructor."""
        drivers = Drivers(self._registry, lambda _: DriverContext(self._http, self._now, NoTokens()))
        try:
            yield await drivers.get("", 1, descriptor, lambda: settings)
        finally:
            await drivers.aclose()

    async def suspend(self, account: ProviderAccount, error: ProviderError) -> bool:
        """Nothing is done for the account until its credentials work again; what is queued waits.

        True when it was not suspended before: its people are to be told once. An account whose settings changed
        meanwhile is left alone, for the refused credentials were the old ones.
        """
        at = self._now()
        code, params = told(error)
        async with self._store.write() as session:
            base = await people.base_by_id(session, base_id=account.base_id)
            row = await queries.account(session, base_id=account.base_id, account_id=account.id, for_change=True)
            if base is None or row is None or row.account.rev != account.rev:
                return False
            newly = not row.account.suspended
            await queries.update_account(
                session,
                base_id=account.base_id,
                account_id=account.id,
                rev=account.rev,
                values={"suspended": True, **failing(code, params, at)},
            )
            if newly:
                audit.record(
                    session,
                    operator_of(base, "platform"),
                    action="account.suspended",
                    subject="account",
                    subject_id=account.id,
                    changes={"suspended": [False, True], "reason": [None, code]},
                    at=at,
                )
        if newly:
            self.tell(base.code, account.id, SUSPENDED)
        return newly

    async def note_health(self, account: ProviderAccount, error: ProviderError | None = None) -> None:
        """What the account's work just showed. A row that says `ok` already is not written again."""
        if error is None and account.health == OK:
            return
        at = self._now()
        await self._write(account, healthy(at) if error is None else failing(*told(error), at))

    async def note_warning(self, account: ProviderAccount, code: str, params: Mapping[str, Any]) -> None:
        """The account works, and its people should know something: `code` of the section `errors`."""
        await self._write(account, warning(code, params, self._now()))

    def tell(self, base_code: str, account_id: str, standing: str) -> None:
        """Observers hear, after the commit, that the standing of an account is another now."""
        self._notices.post(base_code, "account", [(account_id, standing)])

    def software_signs(self, account: ProviderAccount, provider: ProviderDescriptor | None) -> bool:
        """Whether the person's own mail software adds the signature to what is handed over to it. Raises
        `AccountUnusable` when the settings cannot be opened."""
        if provider is None or not provider.signature_setting:
            return False
        try:
            return open_settings(self._box, account).get(provider.signature_setting) is True
        except SecretsError as error:
            raise AccountUnusable(error.code, **{**error.params, "account": account.name}) from error

    async def forget(self, account_id: str) -> None:
        """The account is gone, or its settings changed: its driver is closed after its calls in flight."""
        await self._drivers.forget(account_id)

    async def aclose(self) -> None:
        """Close every driver."""
        await self._drivers.aclose()

    def watch(self, waiting: UsableAgain) -> None:
        """Tell `waiting` of every account that can be used again."""
        self._waiting.append(waiting)

    async def usable_again(self, session: AsyncSession, account: ProviderAccount) -> None:
        """An account got other settings or a new consent, or was resumed: what waited for that is due."""
        for waiting in self._waiting:
            await waiting(session, base_id=account.base_id, account_id=account.id)

    async def _unusable(self, account: ProviderAccount, code: str, params: Mapping[str, Any]) -> AccountUnusable:
        """The problem, which the account shows as its health from now on."""
        problem = AccountUnusable(code, **{**params, "account": account.name})
        if account.health_code != code:
            await self._write(account, failing(code, problem.params, self._now()))
        return problem

    async def _write(self, account: ProviderAccount, values: dict[str, Any]) -> None:
        async with self._store.write() as session:
            base = await people.base_by_id(session, base_id=account.base_id)
            row = await queries.account(session, base_id=account.base_id, account_id=account.id, for_change=True)
            if base is None or row is None or row.account.rev != account.rev:
                return
            before = (row.account.health, row.account.health_code)
            await queries.update_account(
                session, base_id=account.base_id, account_id=account.id, rev=account.rev, values=values
            )
        if before != (values["health"], values["health_code"]):
            self.tell(base.code, account.id, values["health"])

    def _open(self, account: ProviderAccount, descriptor: ProviderDescriptor) -> Mapping[str, Any]:
        stored = open_settings(self._box, account)
        caller = Caller(account.id, f"{descriptor.channel}/{descriptor.slug}", descriptor.slug)
        settings = call_now(caller, "settings", partial(loaded, descriptor.settings, stored, account.settings_version))
        self._tokens[account.id] = AccountTokens(self._store, self._box, account)
        return settings

    def _context_for(self, account_id: str) -> DriverContext:
        """Called right after `_open` of the same account, for the same driver."""
        return DriverContext(self._http, self._now, self._tokens.pop(account_id))
