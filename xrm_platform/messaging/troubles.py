"""What the work of an account showed of the account: kept as its health; one by which nothing works any more is
suspended, and its people are told once."""

from __future__ import annotations

import structlog

from xrm_platform.accounts.connections import Connections
from xrm_platform.accounts.health import told
from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.providers import AccountError, Channel, ProviderError
from xrm_platform.registry import Registry
from xrm_platform.store import new_id
from xrm_platform.wording import Wording

from .alerts import Alerts

log = structlog.get_logger("xrm.messaging")


class Troubles:
    def __init__(self, registry: Registry, connections: Connections, alerts: Alerts, wording: Wording) -> None:
        self._registry = registry
        self._connections = connections
        self._alerts = alerts
        self._wording = wording

    async def note(self, account: ProviderAccount, error: ProviderError) -> None:
        """`error` stood in the way of what was done for `account`."""
        if not isinstance(error, AccountError):
            await self._connections.note_health(account, error)
            return
        if not await self._connections.suspend(account, error):
            return
        log.warning("account suspended", account=account.id, code=error.code)
        await self._alerts.send(
            account, "suspended", lambda language: {"reason": self._reason(account, error, language)}, key=new_id()
        )

    def _reason(self, account: ProviderAccount, error: ProviderError, language: str) -> str:
        """Why, in a sentence of the plugin or of ours."""
        code, params = told(error)
        provider = self._registry.provider(Channel(account.channel), account.slug)
        package = "" if provider is None else provider.translations
        section = "errors" if self._wording.knows("errors", code, language=language, package=package) else "problems"
        return self._wording.say(section, code, params, language=language, package=package)
