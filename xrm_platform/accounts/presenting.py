"""From rows to the views that people see."""

from __future__ import annotations

from typing import Any

from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import require_collaborative, require_scope
from xrm_platform.problems import Conflicting, Problem
from xrm_platform.providers import Channel
from xrm_platform.registry import Registry
from xrm_platform.store import SecretBox, SecretsError

from .availability import AccountUnusable, provider_of
from .queries import AccountRow
from .schema_calls import of_schema
from .sealing import open_settings
from .settings import current, shown
from .tables import ProviderAccount
from .views import AccountView


def sees_settings(actor: Actor) -> bool:
    """An administrator does, a token only with the scope for it."""
    return actor.is_admin and (actor.scopes is None or Scope.ADMIN in actor.scopes)


def sees_accounts_of(actor: Actor) -> str | None:
    """The collaborator to whose accounts, beside the base's, `actor` is confined; None for no such bound.

    Raises `Forbidden` for who may use no account at all.
    """
    if sees_settings(actor):
        return None
    require_collaborative(actor)
    require_scope(actor, Scope.READ)
    return None if actor.speaks_for_all else actor.collaborator_id


def account_view(row: AccountRow, registry: Registry, box: SecretBox, *, with_settings: bool) -> AccountView:
    """`with_settings` for administrators; others see that an account is there and whether it works."""
    account = row.account
    settings, secrets, fault = _settings(account, registry, box) if with_settings else ({}, (), None)
    provider = provider_of(registry, row)
    why = provider if isinstance(provider, AccountUnusable) else fault
    return AccountView(
        id=account.id,
        channel=account.channel,
        provider=account.slug,
        name=account.name,
        collaborator=row.collaborator,
        settings=settings,
        secrets=secrets,
        default=row.default,
        paused=account.paused,
        suspended=account.suspended,
        health=account.health,
        health_code=account.health_code if with_settings else None,
        health_params=dict(account.health_params) if with_settings else {},
        health_at=account.health_at,
        available=why is None,
        why_unavailable=None if why is None else why.code,
        why_params={} if why is None else why.params,
    )


def _settings(
    account: ProviderAccount, registry: Registry, box: SecretBox
) -> tuple[dict[str, Any], tuple[str, ...], Problem | None]:
    """Settings, names of secrets, and what keeps them from being shown: without the plugin nobody knows which are
    secret."""
    descriptor = registry.provider(Channel(account.channel), account.slug)
    if descriptor is None:
        return {}, (), None
    schema = descriptor.settings
    try:
        stored = open_settings(box, account)
        visible, secrets = of_schema(
            descriptor, lambda: shown(schema, current(schema, stored, account.settings_version))
        )
    except (SecretsError, Conflicting) as error:
        return {}, (), error
    return visible, secrets, None
