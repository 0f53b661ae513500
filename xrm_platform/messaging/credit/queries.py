"""All SQL of credit."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.accounts.tables import EnabledProvider, ProviderAccount
from xrm_platform.providers import Channel

from .tables import SmsCredit


async def accounts_to_ask(session: AsyncSession, *, slugs: Collection[str], before: datetime) -> Sequence[str]:
    """SMS accounts of these providers, of any base, that have not been asked since `before`, new ones too. For the
    tick, which only wakes."""
    query = (
        select(ProviderAccount.id)
        .join(
            EnabledProvider,
            and_(
                EnabledProvider.base_id == ProviderAccount.base_id,
                EnabledProvider.channel == ProviderAccount.channel,
                EnabledProvider.slug == ProviderAccount.slug,
            ),
        )
        .outerjoin(SmsCredit, SmsCredit.account_id == ProviderAccount.id)
        .where(
            ProviderAccount.channel == Channel.SMS,
            ProviderAccount.slug.in_(slugs),
            ProviderAccount.suspended.is_(False),
            ProviderAccount.removed_at.is_(None),
            or_(SmsCredit.asked_at.is_(None), SmsCredit.asked_at < before),
        )
    )
    return (await session.scalars(query)).all()


async def credit(session: AsyncSession, *, base_id: str, account_id: str, for_update: bool = False) -> SmsCredit | None:
    query = select(SmsCredit).where(SmsCredit.base_id == base_id, SmsCredit.account_id == account_id)
    return await session.scalar(query.with_for_update() if for_update else query)
