"""An agenda with calendars in memory around it, for tests that change things on all sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from xrm_platform.agenda import EventGiven
from xrm_platform.agenda.sync.said import read
from xrm_platform.agenda.tables import Event
from xrm_platform.app import Platform
from xrm_platform.people.actor import Actor
from xrm_platform.providers import Channel, hookimpl
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_calendar import (
    MEMORY_CALENDAR,
    MemoryCalendar,
    MemoryCalendarService,
    memory_calendar_service,
)
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail, MemoryMailService, memory_mail_service

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=UTC)


class MemoryProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [MEMORY_MAIL]

    @hookimpl
    def xrm_calendar_providers(self):
        return [MEMORY_CALENDAR]


def plugin() -> InProcessPlugin:
    return InProcessPlugin(
        "memory",
        MemoryProviders(),
        {(Channel.MAIL, "memory_mail"): MemoryMail, (Channel.CALENDAR, "memory_calendar"): MemoryCalendar},
    )


@dataclass
class World:
    """`services` are the calendars elsewhere by the id of their link."""

    xrm: Platform
    admin: Actor
    clock: Any
    mails: MemoryMailService
    services: dict[str, MemoryCalendarService] = field(default_factory=dict)

    @classmethod
    async def found(cls, xrm: Platform, clock: Any) -> World:
        await xrm.bases.create("ACME", "Acme SARL", actor_name="operator:test")
        admin = await xrm.bases.operator("ACME", "operator:test")
        await xrm.collaborators.create(admin, "DIR", last_name="Roux", email="roux@acme.example")
        await xrm.collaborators.create(admin, "COM", last_name="Martin", email="lea@acme.example", manager="DIR")
        for slug in ("memory_mail", "memory_calendar"):
            await xrm.providers.enable(admin, slug)
        mails = memory_mail_service(name := f"mail-{uuid4().hex}")
        await xrm.accounts.add(admin, "memory_mail", "Mail", {"service": name, "password": "p"}, default=True)
        return cls(xrm, admin, clock, mails)

    async def account(self, service: MemoryCalendarService | None = None) -> tuple[str, MemoryCalendarService]:
        name = uuid4().hex
        found = memory_calendar_service(name)
        view = await self.xrm.accounts.add(
            self.admin, "memory_calendar", name, {"service": name, "password": "s3cret-é"}, collaborator="COM"
        )
        return view.id, found

    async def link(self, **given: Any) -> tuple[str, MemoryCalendarService]:
        """One more calendar, linked to the agenda of COM."""
        account, service = await self.account()
        view = await self.xrm.calendar_links.link(self.admin, "COM", account=account, **given)
        self.services[view.id] = service
        return view.id, service

    async def add(self, title: str, start: datetime = NOON, **more: Any) -> str:
        view = await self.xrm.agenda.add(
            self.admin, EventGiven(owner="COM", summary=title, start=start, end=start + timedelta(hours=1), **more)
        )
        return view.id

    async def change(self, event_id: str, **changes: Any) -> None:
        await self.xrm.agenda.change(self.admin, event_id, changes)

    async def sync(self, link_id: str) -> Any:
        return await self.xrm.calendar_runs.sync(self.admin, link_id)

    async def round(self) -> list[Any]:
        """Every link once."""
        return [await self.sync(link_id) for link_id in self.services]

    async def here(self) -> dict[str, str]:
        """The texts of the agenda by id."""
        async with self.xrm.store.read() as session:
            rows = await session.scalars(select(Event).where(Event.deleted_at.is_(None)))
            return {row.id: row.ical for row in rows.all()}

    async def titles(self) -> list[str]:
        return sorted(read(text).title for text in (await self.here()).values())

    async def revs(self) -> dict[str, int]:
        async with self.xrm.store.read() as session:
            return {row.id: row.rev for row in (await session.scalars(select(Event))).all()}

    def writes(self) -> int:
        return sum(service.writes for service in self.services.values())


def values(texts: Mapping[str, str]) -> list[str]:
    """What texts say, whatever their order and names: equal for two sides that agree."""
    return sorted(repr(sorted(read(text).values.items())) for text in texts.values())
