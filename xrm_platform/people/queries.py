"""All SQL of people. Every query takes the base; those without find out which base it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, undefer

from .tables import ApiToken, AuditEntry, Base, Collaborator, CollaboratorType, Session, User

MAX_DEPTH = 1000
"""Where climbing from manager to manager ends, should rows changed by hand make a loop."""


async def base_by_code(session: AsyncSession, *, code: str) -> Base | None:
    return await session.scalar(select(Base).where(Base.code == code))


async def base_by_id(session: AsyncSession, *, base_id: str) -> Base | None:
    return await session.get(Base, base_id)


async def bases(session: AsyncSession) -> Sequence[Base]:
    return (await session.scalars(select(Base).order_by(Base.code))).all()


async def lock_base(session: AsyncSession, *, base_id: str) -> Base:
    """Let changes of the people of a base happen one after the other, so that rules over several rows hold.

    Inserts that refer to the base are not held up (FOR NO KEY UPDATE). SQLite has one writer anyway.
    """
    return (await session.scalars(select(Base).where(Base.id == base_id).with_for_update(key_share=True))).one()


async def hold_base(session: AsyncSession, *, base_id: str) -> None:
    """Wait for who has `lock_base`, and keep others from it until the transaction ends (FOR SHARE); any number hold the
    base at a time. For what has to be written while what was read of the base still holds."""
    await session.execute(select(Base.id).where(Base.id == base_id).with_for_update(read=True))


async def collaborator_types(session: AsyncSession, *, base_id: str) -> Sequence[CollaboratorType]:
    query = select(CollaboratorType).where(CollaboratorType.base_id == base_id).order_by(CollaboratorType.code)
    return (await session.scalars(query)).all()


@dataclass(frozen=True, slots=True)
class CollaboratorRow:
    """A collaborator with the codes of what it refers to."""

    collaborator: Collaborator
    type: str | None
    manager: str | None


def _collaborators(base_id: str) -> Select[Collaborator, str, str]:
    manager = aliased(Collaborator)
    return (
        select(Collaborator, CollaboratorType.code, manager.code)
        .outerjoin(
            CollaboratorType,
            (CollaboratorType.base_id == Collaborator.base_id) & (CollaboratorType.id == Collaborator.type_id),
        )
        .outerjoin(manager, (manager.base_id == Collaborator.base_id) & (manager.id == Collaborator.manager_id))
        .where(Collaborator.base_id == base_id)
    )


async def collaborator(session: AsyncSession, *, base_id: str, code: str) -> CollaboratorRow | None:
    row = (await session.execute(_collaborators(base_id).where(Collaborator.code == code))).one_or_none()
    return None if row is None else CollaboratorRow(*row)


async def collaborator_with_image(session: AsyncSession, *, base_id: str, code: str) -> Collaborator | None:
    query = select(Collaborator).where(Collaborator.base_id == base_id, Collaborator.code == code)
    return await session.scalar(query.options(undefer(Collaborator.signature_image)))


async def collaborators(
    session: AsyncSession, *, base_id: str, after: str | None, limit: int
) -> Sequence[CollaboratorRow]:
    query = _collaborators(base_id).order_by(Collaborator.code).limit(limit)
    if after is not None:
        query = query.where(Collaborator.code > after)
    return [CollaboratorRow(*row) for row in (await session.execute(query)).all()]


async def collaborator_codes(session: AsyncSession, *, base_id: str) -> dict[str, str]:
    """Codes by id, of the whole base."""
    query = select(Collaborator.id, Collaborator.code).where(Collaborator.base_id == base_id)
    return {row.id: row.code for row in await session.execute(query)}


async def collaborator_addresses(session: AsyncSession, *, base_id: str) -> Sequence[str]:
    query = select(Collaborator.email).where(Collaborator.base_id == base_id, Collaborator.email.is_not(None))
    return [address for address in await session.scalars(query) if address]


async def below(session: AsyncSession, *, base_id: str, collaborator_id: str) -> frozenset[str]:
    """The ids of those whom this collaborator manages, at any depth."""
    found = (
        select(Collaborator.id)
        .where(Collaborator.base_id == base_id, Collaborator.manager_id == collaborator_id)
        .cte("below", recursive=True)
    )
    found = found.union(
        select(Collaborator.id).where(Collaborator.base_id == base_id, Collaborator.manager_id == found.c.id)
    )
    return frozenset(await session.scalars(select(found.c.id)))


async def chain_up(session: AsyncSession, *, base_id: str, collaborator_id: str) -> Sequence[str]:
    """The codes from this collaborator up to the highest manager."""
    climbed = (
        select(Collaborator.code, Collaborator.manager_id, literal(0).label("depth"))
        .where(Collaborator.base_id == base_id, Collaborator.id == collaborator_id)
        .cte("climbed", recursive=True)
    )
    climbed = climbed.union_all(
        select(Collaborator.code, Collaborator.manager_id, climbed.c.depth + 1).where(
            Collaborator.base_id == base_id, Collaborator.id == climbed.c.manager_id, climbed.c.depth < MAX_DEPTH
        )
    )
    return (await session.scalars(select(climbed.c.code).order_by(climbed.c.depth))).all()


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user with the code of its collaborator."""

    user: User
    collaborator: str | None


def _users(base_id: str) -> Select[User, str]:
    return (
        select(User, Collaborator.code)
        .outerjoin(Collaborator, (Collaborator.base_id == User.base_id) & (Collaborator.id == User.collaborator_id))
        .where(User.base_id == base_id)
    )


async def user(session: AsyncSession, *, base_id: str, login: str) -> UserRow | None:
    row = (await session.execute(_users(base_id).where(User.login == login))).one_or_none()
    return None if row is None else UserRow(*row)


async def user_by_id(session: AsyncSession, *, base_id: str, user_id: str) -> UserRow | None:
    row = (await session.execute(_users(base_id).where(User.id == user_id))).one_or_none()
    return None if row is None else UserRow(*row)


async def users(session: AsyncSession, *, base_id: str, after: str | None, limit: int) -> Sequence[UserRow]:
    query = _users(base_id).order_by(User.login).limit(limit)
    if after is not None:
        query = query.where(User.login > after)
    return [UserRow(*row) for row in (await session.execute(query)).all()]


async def other_administrators(session: AsyncSession, *, base_id: str, user_id: str) -> int:
    """How many active administrators there are beside this user."""
    query = select(func.count()).where(
        User.base_id == base_id, User.id != user_id, User.is_admin.is_(True), User.active.is_(True)
    )
    return (await session.scalars(query)).one()


@dataclass(frozen=True, slots=True)
class SessionRow:
    session: Session
    user: User
    base: Base


async def session_by_hash(session: AsyncSession, *, token_hash: str) -> SessionRow | None:
    query = (
        select(Session, User, Base)
        .join(User, (User.base_id == Session.base_id) & (User.id == Session.user_id))
        .join(Base, Base.id == Session.base_id)
        .where(Session.token_hash == token_hash)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else SessionRow(*row)


async def touch_session(
    session: AsyncSession, *, base_id: str, token_hash: str, seen_at: datetime, expires_at: datetime
) -> None:
    await session.execute(
        update(Session)
        .where(Session.base_id == base_id, Session.token_hash == token_hash)
        .values(last_seen_at=seen_at, expires_at=expires_at)
    )


async def delete_session(session: AsyncSession, *, token_hash: str) -> None:
    await session.execute(delete(Session).where(Session.token_hash == token_hash))


async def delete_sessions(
    session: AsyncSession, *, base_id: str, user_id: str, expired_at: datetime | None = None
) -> int:
    """Delete the sessions of a user, only the expired ones when a time is given; how many there were."""
    query = delete(Session).where(Session.base_id == base_id, Session.user_id == user_id)
    if expired_at is not None:
        query = query.where(Session.expires_at <= expired_at)
    return cast("CursorResult[Any]", await session.execute(query)).rowcount


@dataclass(frozen=True, slots=True)
class TokenRow:
    token: ApiToken
    base: Base


async def token_by_id(session: AsyncSession, *, token_id: str) -> TokenRow | None:
    query = select(ApiToken, Base).join(Base, Base.id == ApiToken.base_id).where(ApiToken.id == token_id)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else TokenRow(*row)


async def api_token(session: AsyncSession, *, base_id: str, token_id: str) -> ApiToken | None:
    return await session.scalar(select(ApiToken).where(ApiToken.base_id == base_id, ApiToken.id == token_id))


async def api_tokens(session: AsyncSession, *, base_id: str) -> Sequence[ApiToken]:
    query = select(ApiToken).where(ApiToken.base_id == base_id).order_by(ApiToken.id)
    return (await session.scalars(query)).all()


async def touch_token(session: AsyncSession, *, base_id: str, token_id: str, used_at: datetime) -> None:
    await session.execute(
        update(ApiToken).where(ApiToken.base_id == base_id, ApiToken.id == token_id).values(last_used_at=used_at)
    )


async def audit_entries(session: AsyncSession, *, base_id: str, before: str | None, limit: int) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.base_id == base_id).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return (await session.scalars(query)).all()
