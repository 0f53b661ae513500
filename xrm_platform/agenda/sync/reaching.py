"""Asks an account about its calendars, and has it make and change them, at a person's request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from xrm_platform.accounts import queries as account_queries
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.health import told
from xrm_platform.problems import Conflicting, Fault, Invalid, Missing
from xrm_platform.providers import Capability, ProviderError, RemoteCalendar
from xrm_platform.registry import AccountDriver
from xrm_platform.store import Store

T = TypeVar("T")


def refused(error: ProviderError, package: str = "") -> Invalid:
    """The account that was given cannot do it now: why, in the words of its provider."""
    code, params = told(error)
    return Invalid({"account": Fault(code, params, package)})


class Reaching:
    """Every call raises `Conflicting` when the account cannot be used, and `Invalid` when its provider refuses."""

    def __init__(self, store: Store, connections: Connections) -> None:
        self._store = store
        self._connections = connections

    async def calendars(self, base_id: str, account_id: str) -> Sequence[RemoteCalendar]:
        driver = await self._driver(base_id, account_id)
        found: Sequence[RemoteCalendar] = await _asked(driver, "calendars", lambda one: one.calendars())
        return found

    async def create(self, base_id: str, account_id: str, name: str, color: str | None) -> RemoteCalendar:
        driver = await self._driver(base_id, account_id, Capability.CREATE_CALENDARS)
        made: RemoteCalendar = await _asked(
            driver, "create_calendar", lambda one: one.create_calendar(name, color), effect=True
        )
        return made

    async def change(
        self, base_id: str, account_id: str, calendar: str, name: str, color: str | None
    ) -> RemoteCalendar:
        driver = await self._driver(base_id, account_id, Capability.CREATE_CALENDARS)
        changed: RemoteCalendar = await _asked(
            driver, "change_calendar", lambda one: one.change_calendar(calendar, name, color), effect=True
        )
        return changed

    async def _driver(self, base_id: str, account_id: str, needed: Capability | None = None) -> AccountDriver:
        async with self._store.read() as session:
            row = await account_queries.account(session, base_id=base_id, account_id=account_id)
        if row is None:
            raise Missing("unknown_account", account=account_id)
        try:
            driver = await self._connections.driver_of(row.account)
        except ProviderError as error:
            raise refused(error) from error
        if needed is not None and needed not in driver.descriptor.capabilities:
            raise Conflicting("calendars_not_made", provider=driver.descriptor.label)
        return driver


async def _asked(
    driver: AccountDriver, operation: str, run: Callable[[Any], Awaitable[T]], *, effect: bool = False
) -> T:
    try:
        return await driver.call(operation, run, effect=effect)
    except ProviderError as error:
        raise refused(error, driver.descriptor.translations) from error
