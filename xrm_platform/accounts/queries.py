"""All SQL of accounts. Every query takes the base, but for the rotation of keys, which is the whole installation's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from xrm_platform.people.tables import Base, Collaborator

from .tables import (
    CollaboratorMailSoftware,
    CommunicationPreferences,
    EnabledProvider,
    ProviderAccount,
    ProviderChoice,
)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, the code of its collaborator, whether it is the base's default and its provider is enabled."""

    account: ProviderAccount
    collaborator: str | None
    default: bool
    enabled: bool


def _accounts(base_id: str) -> Select[ProviderAccount, str, bool, bool]:
    default = (
        select(ProviderChoice.account_id)
        .where(
            ProviderChoice.base_id == base_id,
            ProviderChoice.collaborator_id.is_(None),
            ProviderChoice.account_id == ProviderAccount.id,
        )
        .correlate(ProviderAccount)
        .exists()
    )
    return (
        select(ProviderAccount, Collaborator.code, default, EnabledProvider.slug.is_not(None))
        .outerjoin(
            Collaborator,
            (Collaborator.base_id == ProviderAccount.base_id) & (Collaborator.id == ProviderAccount.collaborator_id),
        )
        .outerjoin(
            EnabledProvider,
            (EnabledProvider.base_id == ProviderAccount.base_id)
            & (EnabledProvider.channel == ProviderAccount.channel)
            & (EnabledProvider.slug == ProviderAccount.slug),
        )
        .where(ProviderAccount.base_id == base_id, ProviderAccount.removed_at.is_(None))
    )


async def account(
    session: AsyncSession, *, base_id: str, account_id: str, for_change: bool = False
) -> AccountRow | None:
    """`for_change` keeps others from changing it until the transaction ends."""
    query = _accounts(base_id).where(ProviderAccount.id == account_id)
    if for_change:
        query = query.with_for_update(of=ProviderAccount, key_share=True)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else AccountRow(*row)


async def accounts(
    session: AsyncSession,
    *,
    base_id: str,
    channel: str | None,
    usable_by: str | None,
    after: str | None,
    limit: int,
) -> Sequence[AccountRow]:
    """Oldest first. `usable_by` leaves only the base's accounts and those of this collaborator."""
    query = _accounts(base_id).order_by(ProviderAccount.id).limit(limit)
    if channel is not None:
        query = query.where(ProviderAccount.channel == channel)
    if usable_by is not None:
        query = query.where(
            or_(ProviderAccount.collaborator_id.is_(None), ProviderAccount.collaborator_id == usable_by)
        )
    if after is not None:
        query = query.where(ProviderAccount.id > after)
    return [AccountRow(*row) for row in (await session.execute(query)).all()]


async def chosen_account(
    session: AsyncSession, *, base_id: str, collaborator_id: str | None, channel: str
) -> AccountRow | None:
    """The account that the collaborator chose, else the base's default; for None that default."""
    query = (
        _accounts(base_id)
        .join(
            ProviderChoice,
            (ProviderChoice.base_id == ProviderAccount.base_id) & (ProviderChoice.account_id == ProviderAccount.id),
        )
        .where(
            ProviderChoice.channel == channel,
            or_(ProviderChoice.collaborator_id.is_(None), ProviderChoice.collaborator_id == collaborator_id),
        )
        .order_by(ProviderChoice.collaborator_id.is_(None))
        .limit(1)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else AccountRow(*row)


async def collaborator_code(session: AsyncSession, *, base_id: str, collaborator_id: str) -> str | None:
    query = select(Collaborator.code).where(Collaborator.base_id == base_id, Collaborator.id == collaborator_id)
    return await session.scalar(query)


async def use_account(session: AsyncSession, *, base_id: str, account_id: str) -> bool:
    """Keep the account from being removed until the transaction ends, for what is about to refer to it; whether it is
    still there."""
    query = select(ProviderAccount.id).where(
        ProviderAccount.base_id == base_id, ProviderAccount.id == account_id, ProviderAccount.removed_at.is_(None)
    )
    return await session.scalar(query.with_for_update(read=True, key_share=True)) is not None


async def lock_account(session: AsyncSession, *, base_id: str, account_id: str) -> None:
    """Wait for what is about to refer to the account, and keep off what follows, until the transaction ends."""
    query = select(ProviderAccount.id).where(ProviderAccount.base_id == base_id, ProviderAccount.id == account_id)
    await session.execute(query.with_for_update())


async def archive_account(session: AsyncSession, *, base_id: str, account_id: str, at: datetime) -> None:
    """Leave of the account what the record needs. With its revision, what still works for it may write no more."""
    await session.execute(
        update(ProviderAccount)
        .where(ProviderAccount.base_id == base_id, ProviderAccount.id == account_id)
        .values(settings=b"", tokens=None, rev=ProviderAccount.rev + 1, removed_at=at)
        .execution_options(synchronize_session=False)
    )


async def update_account(
    session: AsyncSession, *, base_id: str, account_id: str, rev: int, values: dict[str, Any]
) -> bool:
    """Change an account whose settings are still those of `rev`; whether it was."""
    changed = await session.execute(
        update(ProviderAccount)
        .where(ProviderAccount.base_id == base_id, ProviderAccount.id == account_id, ProviderAccount.rev == rev)
        .values(**values)
    )
    return cast("CursorResult[Any]", changed).rowcount == 1


async def tokens(session: AsyncSession, *, base_id: str, account_id: str, rev: int) -> bytes | None:
    query = select(ProviderAccount.tokens).where(
        ProviderAccount.base_id == base_id, ProviderAccount.id == account_id, ProviderAccount.rev == rev
    )
    return await session.scalar(query)


async def enabled_providers(session: AsyncSession, *, base_id: str) -> frozenset[tuple[str, str]]:
    """Channel and slug of each."""
    query = select(EnabledProvider.channel, EnabledProvider.slug).where(EnabledProvider.base_id == base_id)
    return frozenset((row.channel, row.slug) for row in await session.execute(query))


async def enabled_provider(session: AsyncSession, *, base_id: str, channel: str, slug: str) -> EnabledProvider | None:
    return await session.get(EnabledProvider, (base_id, channel, slug))


async def delete_enabled_provider(session: AsyncSession, *, base_id: str, channel: str, slug: str) -> None:
    await session.execute(
        delete(EnabledProvider).where(
            EnabledProvider.base_id == base_id, EnabledProvider.channel == channel, EnabledProvider.slug == slug
        )
    )


async def choice(
    session: AsyncSession, *, base_id: str, channel: str, collaborator_id: str | None
) -> ProviderChoice | None:
    """This collaborator's own, or the base's default for None."""
    query = select(ProviderChoice).where(
        ProviderChoice.base_id == base_id,
        ProviderChoice.channel == channel,
        ProviderChoice.collaborator_id.is_(None)
        if collaborator_id is None
        else ProviderChoice.collaborator_id == collaborator_id,
    )
    return await session.scalar(query)


async def delete_choices_of(session: AsyncSession, *, base_id: str, account_id: str) -> None:
    await session.execute(
        delete(ProviderChoice).where(ProviderChoice.base_id == base_id, ProviderChoice.account_id == account_id)
    )


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    choice: ProviderChoice
    collaborator: str | None
    account_name: str
    slug: str


async def choices(
    session: AsyncSession, *, base_id: str, made_for: str | None, after: str | None, limit: int
) -> Sequence[ChoiceRow]:
    """`made_for` leaves only the base's defaults and the choices of this collaborator."""
    query = (
        select(ProviderChoice, Collaborator.code, ProviderAccount.name, ProviderAccount.slug)
        .join(
            ProviderAccount,
            (ProviderAccount.base_id == ProviderChoice.base_id) & (ProviderAccount.id == ProviderChoice.account_id),
        )
        .outerjoin(
            Collaborator,
            (Collaborator.base_id == ProviderChoice.base_id) & (Collaborator.id == ProviderChoice.collaborator_id),
        )
        .where(ProviderChoice.base_id == base_id)
        .order_by(ProviderChoice.id)
        .limit(limit)
    )
    if made_for is not None:
        query = query.where(or_(ProviderChoice.collaborator_id.is_(None), ProviderChoice.collaborator_id == made_for))
    if after is not None:
        query = query.where(ProviderChoice.id > after)
    return [ChoiceRow(*row) for row in (await session.execute(query)).all()]


async def preferences(session: AsyncSession, *, base_id: str) -> CommunicationPreferences | None:
    return await session.get(CommunicationPreferences, base_id)


async def own_mail_software(
    session: AsyncSession, *, base_id: str, collaborator_id: str
) -> CollaboratorMailSoftware | None:
    return await session.get(CollaboratorMailSoftware, (base_id, collaborator_id))


@dataclass(frozen=True, slots=True)
class SealedRow:
    """Everything that is sealed in an account, and how to name the account to a person."""

    id: str
    base_id: str
    base: str
    name: str
    settings: bytes = field(repr=False)
    tokens: bytes | None = field(repr=False)


async def sealed_rows(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[SealedRow]:
    """Accounts of all bases, held against other changes until the transaction ends."""
    query = (
        select(
            ProviderAccount.id,
            ProviderAccount.base_id,
            Base.code,
            ProviderAccount.name,
            ProviderAccount.settings,
            ProviderAccount.tokens,
        )
        .join(Base, Base.id == ProviderAccount.base_id)
        .where(ProviderAccount.removed_at.is_(None))
        .order_by(ProviderAccount.id)
        .limit(limit)
        .with_for_update(of=ProviderAccount, key_share=True)
    )
    if after is not None:
        query = query.where(ProviderAccount.id > after)
    return [SealedRow(*row) for row in (await session.execute(query)).all()]


async def store_sealed(session: AsyncSession, rows: Sequence[SealedRow]) -> None:
    """Put the same secrets back as `rows` have them sealed now; the revisions of the accounts stay."""
    for row in rows:
        await session.execute(
            update(ProviderAccount)
            .where(ProviderAccount.base_id == row.base_id, ProviderAccount.id == row.id)
            .values(settings=row.settings, tokens=row.tokens)
        )
