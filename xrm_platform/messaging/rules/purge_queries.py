"""All SQL of the purge. Every query takes the base, but for the one that asks whether a file is still wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.messaging.bulk.tables import BulkJob, BulkRow
from xrm_platform.messaging.drafts.tables import HandedOver
from xrm_platform.messaging.inbound.mail.tables import ReceivedFile, ReceivedMail
from xrm_platform.messaging.inbound.tables import InboundMessage
from xrm_platform.messaging.states import UNDER_WAY
from xrm_platform.messaging.tables import Attachment, Message
from xrm_platform.people.tables import Base

from .tables import MessagingRules


async def bases_with_days_kept(session: AsyncSession) -> Sequence[tuple[Base, int | None, bool]]:
    """Every base with the days it keeps texts for, and whether it has rules at all: the purge goes through all."""
    query = select(Base, MessagingRules.keep_bodies_days, MessagingRules.base_id.is_not(None)).outerjoin(
        MessagingRules, MessagingRules.base_id == Base.id
    )
    return [(base, days, has_rules) for base, days, has_rules in (await session.execute(query)).all()]


async def messages(session: AsyncSession, *, base_id: str, before: datetime, limit: int) -> list[str]:
    """Messages made before `before` that are not under way and still have their texts, oldest first."""
    query = select(Message.id).where(
        Message.base_id == base_id,
        Message.purged_at.is_(None),
        Message.created_at < before,
        Message.state.not_in(UNDER_WAY),
    )
    query = query.order_by(Message.created_at).limit(limit).with_for_update(skip_locked=True)
    return list(await session.scalars(query))


async def inbound(session: AsyncSession, *, base_id: str, before: datetime, limit: int) -> list[str]:
    """Messages that came in before `before` and still have their texts, oldest first."""
    query = select(InboundMessage.id).where(
        InboundMessage.base_id == base_id, InboundMessage.purged_at.is_(None), InboundMessage.created_at < before
    )
    query = query.order_by(InboundMessage.created_at).limit(limit).with_for_update(skip_locked=True)
    return list(await session.scalars(query))


async def bulk_jobs(session: AsyncSession, *, base_id: str, before: datetime, limit: int) -> list[str]:
    """Bulk jobs that ended before `before` and still have their texts."""
    query = select(BulkJob.id).where(BulkJob.base_id == base_id, BulkJob.ended_at < before, BulkJob.text != "")
    return list(await session.scalars(query.limit(limit).with_for_update(skip_locked=True)))


async def files_of(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> set[str]:
    """The files of messages that went out or came in."""
    went = select(Attachment.sha256).where(Attachment.base_id == base_id, Attachment.message_id.in_(ids))
    came = select(ReceivedFile.sha256).where(ReceivedFile.base_id == base_id, ReceivedFile.inbound_id.in_(ids))
    drafted = select(HandedOver.sha256).where(
        HandedOver.base_id == base_id, HandedOver.message_id.in_(ids), HandedOver.sha256.is_not(None)
    )
    return set(await session.scalars(union_all(went, came, drafted)))


async def files_in_use(session: AsyncSession, *, sha256s: Collection[str]) -> set[str]:
    """Those of the files that a message of any base still has: the same content is stored once for all."""
    went = (
        select(Attachment.sha256)
        .join(Message, and_(Message.base_id == Attachment.base_id, Message.id == Attachment.message_id))
        .where(Attachment.sha256.in_(sha256s), Message.purged_at.is_(None))
    )
    came = (
        select(ReceivedFile.sha256)
        .join(
            InboundMessage,
            and_(InboundMessage.base_id == ReceivedFile.base_id, InboundMessage.id == ReceivedFile.inbound_id),
        )
        .where(ReceivedFile.sha256.in_(sha256s), InboundMessage.purged_at.is_(None))
    )
    drafted = (
        select(HandedOver.sha256)
        .join(Message, and_(Message.base_id == HandedOver.base_id, Message.id == HandedOver.message_id))
        .where(HandedOver.sha256.in_(sha256s), Message.purged_at.is_(None))
    )
    return set(await session.scalars(union_all(went, came, drafted)))


async def purge_messages(session: AsyncSession, *, base_id: str, ids: Collection[str], at: datetime) -> None:
    await session.execute(
        update(Message).where(Message.base_id == base_id, Message.id.in_(ids)).values(text="", html=None, purged_at=at)
    )
    await session.execute(
        update(HandedOver).where(HandedOver.base_id == base_id, HandedOver.message_id.in_(ids)).values(uri=None)
    )


async def purge_inbound(session: AsyncSession, *, base_id: str, ids: Collection[str], at: datetime) -> None:
    await session.execute(
        update(InboundMessage)
        .where(InboundMessage.base_id == base_id, InboundMessage.id.in_(ids))
        .values(text="", purged_at=at)
    )
    await session.execute(
        update(ReceivedMail).where(ReceivedMail.base_id == base_id, ReceivedMail.inbound_id.in_(ids)).values(html=None)
    )


async def purge_bulk_jobs(session: AsyncSession, *, base_id: str, ids: Collection[str]) -> None:
    await session.execute(
        update(BulkRow).where(BulkRow.base_id == base_id, BulkRow.job_id.in_(ids)).values(text="", html=None)
    )
    await session.execute(
        update(BulkJob).where(BulkJob.base_id == base_id, BulkJob.id.in_(ids)).values(text="", html=None)
    )
