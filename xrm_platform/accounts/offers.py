"""The accounts of a vendor that one sign-in opens, for a person to choose from before there is an account here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xrm_platform.people.actor import Actor
from xrm_platform.people.rights import require_admin
from xrm_platform.problems import Conflicting, Fault, Invalid
from xrm_platform.providers import Capability, ProviderDescriptor, ProviderError, VendorAccount
from xrm_platform.registry import Registry
from xrm_platform.store import Store
from xrm_platform.wording import Wording

from . import queries
from .availability import installed_provider
from .connections import Connections
from .health import plain
from .schema_calls import of_schema
from .settings import sign_in_of


class Offers:
    def __init__(self, store: Store, registry: Registry, connections: Connections, wording: Wording) -> None:
        self._store = store
        self._registry = registry
        self._connections = connections
        self._wording = wording

    async def find(
        self, actor: Actor, slug: str, settings: Mapping[str, Any], *, channel: str | None = None
    ) -> Sequence[VendorAccount]:
        """What the sign-in of `settings` opens; the other settings may be missing. Nothing is kept.

        Raises `Missing`, `Conflicting` for a provider that is not enabled or cannot tell its accounts, and `Invalid`
        for settings that are wrong, or when the vendor gives no answer to them: `settings` says why.
        """
        require_admin(actor)
        descriptor = installed_provider(self._registry, slug, channel)
        if Capability.ACCOUNTS not in descriptor.capabilities:
            raise Conflicting("provider_tells_no_accounts", provider=slug)
        async with self._store.read() as session:
            enabled = await queries.enabled_provider(
                session, base_id=actor.base_id, channel=descriptor.channel, slug=slug
            )
        if enabled is None:
            raise Conflicting("provider_not_enabled", provider=slug)
        loaded = of_schema(descriptor, lambda: sign_in_of(descriptor, settings, self._knows(descriptor)))
        try:
            async with self._connections.for_once(descriptor, loaded) as driver:
                return await driver.call("accounts", _accounts)
        except ProviderError as error:
            code, params = plain(error.code, error.params)
            raise Invalid({"settings": Fault(code, params, descriptor.translations)}) from error

    def _knows(self, descriptor: ProviderDescriptor) -> Callable[[str], bool]:
        return lambda code: self._wording.knows("errors", code, language="en", package=descriptor.translations)


async def _accounts(driver: Any) -> Sequence[VendorAccount]:
    found: Sequence[VendorAccount] = await driver.accounts()
    return tuple(one for one in found if isinstance(one, VendorAccount))
