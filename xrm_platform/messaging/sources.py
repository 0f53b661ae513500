"""From the name of a job to the account that it is about, ready to work."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from xrm_platform.accounts.availability import AccountUnusable
from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.providers import Channel, ProviderError
from xrm_platform.registry import AccountDriver
from xrm_platform.store import Store

from . import delivery_queries as queries
from .troubles import Troubles

log = structlog.get_logger("xrm.messaging")


@dataclass(frozen=True, slots=True)
class Source:
    """An account with the driver that works for it."""

    account: ProviderAccount
    base_code: str
    driver: AccountDriver


class Sources:
    def __init__(self, store: Store, connections: Connections, troubles: Troubles) -> None:
        self._store = store
        self._connections = connections
        self._troubles = troubles

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
            if sending or account.channel == Channel.SMS:
                await self._troubles.note(account, error)
            else:  # a mailbox rests by itself, and mail may still go
                await self._connections.note_health(account, error)
            return None
        return Source(account, base_code, driver)
