"""Ask vendors what is left, and tell administrators when it is little: once a day, by mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.health import WARNING
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.jobs import Wake
from xrm_platform.messaging.alerts import Alerts
from xrm_platform.messaging.sources import Source, Sources
from xrm_platform.messaging.troubles import Troubles
from xrm_platform.providers import Capability, Channel, ProviderError
from xrm_platform.registry import Notices, Registry
from xrm_platform.store import Store

from . import queries
from .credits import credit_row

EVERY = timedelta(hours=1)
AGAIN_AFTER = timedelta(days=1)
CODE = "credit_low"


class CreditWatch:
    def __init__(
        self,
        store: Store,
        registry: Registry,
        sources: Sources,
        connections: Connections,
        troubles: Troubles,
        alerts: Alerts,
        notices: Notices,
        wake: Wake,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._registry = registry
        self._sources = sources
        self._connections = connections
        self._troubles = troubles
        self._alerts = alerts
        self._notices = notices
        self._wake = wake
        self._now = now

    async def tick(self) -> None:
        """Wake accounts whose vendor tells what is left and was not asked for an hour."""
        telling = {one.slug for one in self._registry.providers(Channel.SMS) if Capability.BALANCE in one.capabilities}
        async with self._store.read() as session:
            accounts = await queries.accounts_to_ask(session, slugs=telling, before=self._now() - EVERY)
        for account_id in accounts:
            self._wake(f"credit {account_id}")

    async def ask(self, account_id: str) -> None:
        """The job `credit`: ask, keep the answer, and warn when it is too little."""
        source = await self._sources.open(account_id, sending=False)
        balance: int | None = None
        if source is not None and Capability.BALANCE in source.driver.descriptor.capabilities:
            try:
                balance = await source.driver.call("balance", lambda driver: driver.balance())
            except ProviderError as error:
                await self._troubles.note(source.account, error)
        if source is None:
            return
        now = self._now()
        async with self._store.write() as session:
            row = await credit_row(session, base_id=source.account.base_id, account_id=account_id)
            row.asked_at = now
            row.balance = row.balance if balance is None else balance
            low = balance is not None and balance < row.warn_below
            due = low and (row.warned_at is None or now - row.warned_at >= AGAIN_AFTER)
            below = row.warn_below
        if balance is None:
            return
        await self._show(source.account, balance, below, low=low)
        if due:
            await self._warn(source, balance, below, now)

    async def _show(self, account: ProviderAccount, balance: int, below: int, *, low: bool) -> None:
        """As the health of the account."""
        if low:
            await self._connections.note_warning(account, CODE, {"balance": balance, "warn_below": below})
        elif account.health == WARNING:
            await self._connections.note_health(account)

    async def _warn(self, source: Source, balance: int, below: int, now: datetime) -> None:
        account = source.account
        self._notices.post(source.base_code, "account", [(account.id, CODE)])
        about = {"balance": balance, "warn_below": below}
        # The key keeps a warning that was sent just before a crash from being sent again.
        await self._alerts.send(account, "credit", lambda _: about, key=f"{CODE}:{account.id}:{now.date()}")
        async with self._store.write() as session:
            (await credit_row(session, base_id=account.base_id, account_id=account.id)).warned_at = now
