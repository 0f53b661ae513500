"""All SQL of consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.tables import Base

from .tables import AccountConsent


async def by_state(session: AsyncSession, *, state_hash: str) -> tuple[AccountConsent, Base] | None:
    """Of any base: who comes back from the provider's page says no more than the state."""
    query = (
        select(AccountConsent, Base)
        .join(Base, Base.id == AccountConsent.base_id)
        .where(AccountConsent.state_hash == state_hash)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def outcome(session: AsyncSession, *, base_id: str, consent_id: str) -> tuple[str | None, datetime] | None:
    """The outcome so far and when it ends."""
    query = select(AccountConsent.outcome, AccountConsent.expires_at).where(
        AccountConsent.base_id == base_id, AccountConsent.id == consent_id
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def take(session: AsyncSession, *, base_id: str, consent_id: str, outcome: str) -> bool:
    """Use it up; whether it was still unused. Its verifier is forgotten."""
    taken = await session.execute(
        update(AccountConsent)
        .where(AccountConsent.base_id == base_id, AccountConsent.id == consent_id, AccountConsent.outcome.is_(None))
        .values(outcome=outcome, verifier=b"")
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", taken).rowcount == 1


async def set_outcome(session: AsyncSession, *, base_id: str, consent_id: str, outcome: str) -> None:
    await session.execute(
        update(AccountConsent)
        .where(AccountConsent.base_id == base_id, AccountConsent.id == consent_id)
        .values(outcome=outcome)
    )


async def forget_old(session: AsyncSession, *, base_id: str, before: datetime) -> None:
    await session.execute(
        delete(AccountConsent).where(AccountConsent.base_id == base_id, AccountConsent.expires_at < before)
    )
