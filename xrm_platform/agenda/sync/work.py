"""What a synchronisation of one link works with, and the lease under which it does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import ProviderAccount
from xrm_platform.agenda.storing import EventStore
from xrm_platform.people.tables import Base
from xrm_platform.providers import ProviderError
from xrm_platform.registry import AccountDriver
from xrm_platform.store import Store

from . import queries
from .plan import Brake, Direction
from .run_log import RunLog
from .tables import CalendarLink


class LeaseLost(Exception):
    """Somebody else may be working on the link by now: this run writes nothing more."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it was when the run began."""

    row: CalendarLink
    account: ProviderAccount
    base: Base

    @property
    def id(self) -> str:
        return self.row.id

    @property
    def base_id(self) -> str:
        return self.row.base_id

    @property
    def owner_id(self) -> str:
        return self.row.collaborator_id

    @property
    def calendar(self) -> str:
        return self.row.calendar

    @property
    def direction(self) -> Direction:
        """A calendar that cannot be written is only read."""
        return Direction(self.row.direction) if self.row.writable else Direction.PULL

    @property
    def by(self) -> str:
        """Who changed an event, when it came from there."""
        return f"calendar:{self.row.name}"


@dataclass(frozen=True, slots=True)
class Work:
    """`stopping` is set when the process is about to end: what is under way is finished, and nothing more begun."""

    store: Store
    events: EventStore
    link: Link
    driver: AccountDriver
    log: RunLog
    brake: Brake
    now: Callable[[], datetime]
    owner: str
    lease: timedelta
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A writing transaction of whoever holds the lease, counts included. Raises `LeaseLost`."""
        async with self.store.write() as session:
            held = await queries.renew_lease(
                session,
                base_id=self.link.base_id,
                link_id=self.link.id,
                owner=self.owner,
                until=self.now() + self.lease,
            )
            if not held:
                raise LeaseLost
            yield session
            await self.log.save(session)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did, by kind, and what it failed with."""

    counts: dict[str, int]
    error: ProviderError | None = None
    held_here: int = 0
    held_there: int = 0
