"""All SQL of templates."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from .tables import Template


async def template(session: AsyncSession, *, base_id: str, template_id: str) -> Template | None:
    return await session.scalar(select(Template).where(Template.base_id == base_id, Template.id == template_id))


async def named(session: AsyncSession, *, base_id: str, collaborator_id: str | None, name: str) -> Template | None:
    """By its name among those of the base (None) or of a collaborator."""
    owner = (
        Template.collaborator_id.is_(None) if collaborator_id is None else Template.collaborator_id == collaborator_id
    )
    return await session.scalar(select(Template).where(Template.base_id == base_id, owner, Template.name == name))


async def templates(
    session: AsyncSession, *, base_id: str, of: str | None, everybody: bool, after: str | None, limit: int
) -> Sequence[Template]:
    """Those of the base and those of the collaborator `of`, or of `everybody`; oldest first."""
    own: ColumnElement[bool] = true() if everybody else false() if of is None else Template.collaborator_id == of
    query = select(Template).where(Template.base_id == base_id, or_(Template.collaborator_id.is_(None), own))
    if after is not None:
        query = query.where(Template.id > after)
    return (await session.scalars(query.order_by(Template.id).limit(limit))).all()
