"""What the secrets of an account are bound to, so that they open in no other row."""

from __future__ import annotations

from typing import Any

from xrm_platform.store import SecretBox

from .tables import ProviderAccount


def settings_binding(account_id: str) -> str:
    return f"provider_account:{account_id}"


def tokens_binding(account_id: str) -> str:
    return f"provider_account:{account_id}:tokens"


def open_settings(box: SecretBox, account: ProviderAccount) -> dict[str, Any]:
    """The stored settings, secrets included. Raises `SecretsError`."""
    return box.open(account.settings, bound_to=settings_binding(account.id))


def seal_settings(box: SecretBox, account_id: str, settings: dict[str, Any]) -> bytes:
    return box.seal(settings, bound_to=settings_binding(account_id))
