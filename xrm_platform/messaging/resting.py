"""Mailboxes that are left alone for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from xrm_platform.accounts.tables import ProviderAccount

REST = timedelta(hours=1)
"""How long a mailbox is left alone whose server refused the credentials: some lock an account after a few attempts."""


class Resting:
    """Which mailboxes rest, for all that is done in them. Changed settings are tried at once."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._until: dict[tuple[str, int], datetime] = {}

    def begin(self, account: ProviderAccount) -> None:
        """Leave the mailbox of `account` alone from now on."""
        self._until[account.id, account.rev] = self._now() + REST

    def rests(self, account: ProviderAccount) -> bool:
        """Whether the mailbox is to be left alone now."""
        until = self._until.get((account.id, account.rev))
        return until is not None and self._now() < until
