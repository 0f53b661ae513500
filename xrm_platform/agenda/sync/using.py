"""What keeps an account from being removed: calendars that agendas are linked to by it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import CalendarLink


async def calendars_linked(session: AsyncSession, *, base_id: str, account_id: str) -> str | None:
    """A `Use` of accounts."""
    linked = select(CalendarLink.id).where(CalendarLink.base_id == base_id, CalendarLink.account_id == account_id)
    return "account_linked" if await session.scalar(select(linked.exists())) else None
