"""From the name of a job to the account that it is about, ready to work."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.providers import ProviderError
from xrm_platform.registry import AccountDriver
from xrm_platform.store import Store

from . import delivery_queries as queries

log = structlog.get_logger("xrm.messaging")


@dataclass(frozen=True, slots=True)
class Source:
    """An account with the driver that works for it."""

    account: ProviderAccount
    base_code: str
    driver: AccountDriver


class Sources:
    def __init__(self, store: Store, connections: Connections) -> None:
        self._store = store
        self._connections = connections

    async def open(self, account_id: str, *, sending: bool = True) -> Source | None:
        """None when nothing can be done for the account now: it is gone or unusable or, for `sending`, paused or
        suspended. What is queued for it waits; the account itself says why."""
        async with self._store.read() as session:
            found = await queries.account_and_base(session, account_id=account_id)
        if found is None:
            return None
        account, base_code = found
        if sending and (account.paused or account.suspended):
            return None
        try:
            driver = await self._connections.driver_of(account)
        except AccountUnusable as problem:
            log.warning("account cannot be used", account=account_id, code=problem.code)
            return None
        except ProviderError as error:
            await self._connections.note_health(account, error)
            return None
        return Source(account, base_code, driver)
